"""Signing in and out."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy

from labeling.accounts.demo import demo_users
from labeling.accounts.devices import remember_device
from labeling.accounts.forms import PasswordForm, SignInForm
from labeling.web.network import is_this_machine


class SignIn(LoginView):
    """The sign-in page. Somebody who is signed in already goes on to their projects."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        remember_device(self.request, response, form.get_user().get_username())
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Anybody on the network may open the page; the passwords are for who sits at the machine.
        shown = demo_users() if is_this_machine(self.request.META) else []
        return super().get_context_data(demo_users=shown, **kwargs)


sign_in = SignIn.as_view()
sign_out = LogoutView.as_view()


class AdminPasswordChange(PasswordChangeView):
    """The admin's page for one's own password, with a limit on guessing the old one."""

    form_class = PasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

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
