"""The sign-in form."""

import math
from datetime import timedelta
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from labeling.accounts import throttle
from labeling.accounts.devices import known_device
from labeling.common.network import client_network


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
        caller = throttle.Caller(username, self._address(), known_device(self.request, username))
        try:
            throttle.begin(caller)
        except throttle.MustWait as error:
            text = _waiting_time(error.wait)
            raise ValidationError(self.error_messages["throttled"], "throttled", {"time": text}) from error
        cleaned = super().clean()
        throttle.succeeded(caller)
        return cleaned

    def _address(self) -> str | None:
        return client_network(self.request.META) if self.request else None


def _waiting_time(wait: timedelta) -> str:
    seconds = math.ceil(wait.total_seconds())
    if seconds < 50:
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    minutes = -(-seconds // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
