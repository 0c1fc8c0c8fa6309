"""Signing in and out."""

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView

from labeling.accounts.demo import demo_users
from labeling.accounts.forms import SignInForm


class SignIn(LoginView):
    """The sign-in page. Somebody who is signed in already goes on to their projects."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demo_users=demo_users(), **kwargs)


sign_in = SignIn.as_view()
sign_out = LogoutView.as_view()
