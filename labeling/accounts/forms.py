"""The forms that take a password: each try counts, see `throttle.py`."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import EmailAddress, Login
from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse

from labeling.accounts.models import User
from labeling.accounts.password_tries import counted


class SignInForm(AuthenticationForm):
    """Django's form with the limit of labeling/accounts/throttle.py around it; a confirmed e-mail address will do
    instead of the username."""

    error_messages = {
        "invalid_login": "Wrong username or password. Both are case-sensitive.",
        "inactive": "This account is disabled. Ask your administrator.",
        "throttled": "Too many failed sign-ins. Wait %(time)s, or ask your administrator for a new password.",
    }

    def clean(self) -> dict[str, Any]:
        username = str(self.cleaned_data.get("username", ""))
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        self.cleaned_data["username"] = username = username_of(username)
        with counted(username, self.request, str(self.error_messages["throttled"])):
            return super().clean()

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in, or ask for the second factor first."""
        user = self.get_user()
        login = Login(user=user, redirect_url=redirect_url)
        return perform_password_login(request, {"username": user.get_username()}, login)


def username_of(typed: str) -> str:
    """The username of who typed it, or their confirmed e-mail address; as typed where there is nobody."""
    if "@" not in typed or User.objects.filter(username=typed).exists():
        return typed
    owner = EmailAddress.objects.filter(email__iexact=typed, verified=True).select_related("user").first()
    return owner.user.get_username() if owner else typed


class PasswordForm(AdminPasswordChangeForm):
    """Changing one's own password: who finds an open session must not find out the password by guessing."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        with counted(self.user.get_username(), self._request):
            return str(super().clean_old_password())


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    """The same on the account page."""

    def clean_oldpassword(self) -> str:
        from allauth.core import context

        assert self.user is not None
        with counted(self.user.get_username(), context.request):
            return str(super().clean_oldpassword())


class NameForm(forms.Form):
    """What others see."""

    name = forms.CharField(max_length=150, required=False, strip=True)
