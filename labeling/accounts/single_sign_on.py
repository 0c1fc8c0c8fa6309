"""Signing in by OpenID Connect: who gets in, and as whom."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Hooks of allauth.socialaccount."""

    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "connected_other": "Another account is connected to this sign-in already.",
        "no_password": "Set a password first: without one you could not sign in any more.",
        "disconnect_last": "Set a password first: without one you could not sign in any more.",
    }

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Whether somebody without an account gets one."""
        return bool(settings.OIDC_CREATE_ACCOUNTS)

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Whether the account with this address may be signed in to: only where the address was confirmed here, too.

        The provider's word that it is confirmed there is asked for before.
        """
        return EmailAddress.objects.filter(email__iexact=email, verified=True).exists()
