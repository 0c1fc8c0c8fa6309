"""Signing in by OpenID Connect: who gets in, and as whom."""

import time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest

_INVITED = "invited_until"
INVITED_SECONDS = 3600


def open_for(request: HttpRequest) -> None:
    """Somebody has opened an invitation that works: for an hour they get an account if the provider lets them in."""
    if settings.SOCIALACCOUNT_PROVIDERS:
        request.session[_INVITED] = time.time() + INVITED_SECONDS


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Hooks of allauth.socialaccount."""

    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "connected_other": "Another account is connected to this sign-in already.",
        "no_password": "Set a password first: without one you could not sign in any more.",
        "disconnect_last": "Set a password first: without one you could not sign in any more.",
    }

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Whether somebody without an account gets one."""
        return bool(settings.OIDC_CREATE_ACCOUNTS) or time.time() < request.session.get(_INVITED, 0)

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Whether the account with this address may be signed in to: only where the address was confirmed here, too.

        The provider's word that it is confirmed there is asked for before.
        """
        return EmailAddress.objects.filter(email__iexact=email, verified=True).exists()
