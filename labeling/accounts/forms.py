"""The forms that take a password: each try counts, see `throttle.py`."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from labeling.accounts import throttle
from labeling.accounts.devices import known_device
from labeling.web.network import client_network


class SignInForm(AuthenticationForm):
    """Django's form with the limit of labeling/accounts/throttle.py around it."""

    error_messages = {
        "invalid_login": "Wrong username or password. Both are case-sensitive.",
        "inactive": "This account is disabled. Ask your administrator.",
        "throttled": "Too many failed sign-ins. Wait %(time)s, or ask your administrator for a new password.",
    }

    def clean(self) -> dict[str, Any]:
        username = str(self.cleaned_data.get("username", ""))
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        with _counted(username, self.request, self.error_messages["throttled"]):
            return super().clean()


class PasswordForm(AdminPasswordChangeForm):
    """Changing one's own password: who finds an open session must not find out the password by guessing."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        message = "Too many wrong passwords. Wait %(time)s, or ask your administrator for a new one."
        with _counted(self.user.get_username(), self._request, message):
            return str(super().clean_old_password())


@contextmanager
def _counted(username: str, request: HttpRequest | None, message: Any) -> Iterator[None]:
    """Look at a password inside it. Raises: ValidationError when a limit is reached."""
    address = client_network(request.META) if request else None
    caller = throttle.Caller(username, address, known_device(request, username))
    try:
        throttle.begin(caller)
    except throttle.MustWait as error:
        raise ValidationError(message, "throttled", {"time": _waiting_time(error.wait)}) from error
    yield
    throttle.succeeded(caller)


def _waiting_time(wait: timedelta) -> str:
    seconds = math.ceil(wait.total_seconds())
    if seconds < 50:
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    minutes = -(-seconds // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
