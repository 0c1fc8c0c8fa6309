"""How django-allauth does things here: accounts by invitation only, our limit on passwords, our place of a request."""

import logging
import smtplib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.shortcuts import render

from labeling.accounts.password_tries import counted
from labeling.web.network import client_address

logger = logging.getLogger(__name__)

SILENT = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}
"""What the page that follows says by itself."""


class AccountAdapter(DefaultAccountAdapter):
    """Hooks of allauth.account."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is deactivated. Ask your administrator.",
        "duplicate_email": "This address belongs to your account already.",
        "email_taken": "Another account has this address.",
        "enter_current_password": "Wrong password.",
        "incorrect_code": "Wrong code. Enter the newest one.",
        "incorrect_password": "Wrong password.",
        "max_email_addresses": "An account has at most %d addresses. Remove one first.",
        "too_many_login_attempts": "Too many wrong codes. Wait five minutes.",
        "rate_limited": "Too many tries. Wait a few minutes.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: accounts come by invitation or from an administrator."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Look at a password, within the limit. Raises: ValidationError when the limit is reached."""
        username = str(credentials.get("username", ""))
        with counted(username, request) as tried:
            user = authenticate(request, username=username, password=credentials.get("password"))
            tried.succeeded = user is not None
        return user

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether somebody has to show a password or second factor again: not right after signing in or showing it."""
        request = context.request
        shown = [one["at"] for one in get_authentication_records(request, request.user)]
        return not shown or time.time() - max(shown) > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address of who asks, told by the connection and by the configured proxies alone."""
        return str(client_address(request.META) or "0.0.0.0")

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Tell something, unless the page tells it anyway."""
        if message_template not in SILENT:
            super().add_message(request, level, message_template, *args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send, or answer with a page that says that it failed."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            logger.error("e-mail %s was not sent: %s", template_prefix, error)
            page = render(None, "accounts/mail_failed.html", status=503)
            raise ImmediateHttpResponse(page) from error

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Tell somebody of a change of their account. The change is made already: what fails is only logged."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except ImmediateHttpResponse:
            logger.error("the notice of a change of an account was not sent")
