"""Signing in and out."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LogoutView, PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy

from labeling.accounts.demo import demo_users
from labeling.accounts.devices import remember_device
from labeling.accounts.forms import PasswordForm, SignInForm
from labeling.accounts.lazy import guarded
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.web.network import is_this_machine


class SignIn(LoginView):
    """The sign-in page. Somebody who is signed in already goes on to their projects."""

    template_name = "account/login.html"
    form_class = SignInForm

    def get_form_class(self) -> Any:
        return SignInForm

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        remember_device(self.request, response, form.get_user().get_username())
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Anybody on the network may open the page; the passwords are for who sits at the machine.
        shown = demo_users() if is_this_machine(self.request.META) else []
        single_sign_on = settings.OIDC_NAME if settings.SOCIALACCOUNT_PROVIDERS else ""
        next_url = self.get_next_url() or ""
        return super().get_context_data(demo_users=shown, single_sign_on=single_sign_on, next=next_url, **kwargs)


sign_in = guarded(SignIn.as_view(), is_open=True)
sign_out = LogoutView.as_view()


class AdminPasswordChange(PasswordChangeView):
    """The admin's page for one's own password, with a limit on guessing the old one."""

    form_class = PasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        record(Action.PASSWORD_CHANGED, request=self.request, about=form.user)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**admin.site.each_context(self.request), **kwargs)


admin_password_change = admin.site.admin_view(AdminPasswordChange.as_view())


def admin_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    """Instead of the admin's own sign-in page, which would have no limit on guessing: the one page to sign in.

    Raises: PermissionDenied for somebody who is signed in and no administrator.
    """
    if request.user.is_authenticated and not (request.user.is_active and request.user.is_staff):
        raise PermissionDenied("Only administrators can open this page.")
    wanted = request.GET.get("next") or reverse("admin:index")
    return redirect(f"{reverse('accounts:sign_in')}?{urlencode({'next': wanted})}")


admin_sign_in.login_required = False  # type: ignore[attr-defined]
