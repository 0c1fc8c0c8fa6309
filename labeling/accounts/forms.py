"""The sign-in form."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from labeling.accounts import throttle


class SignInForm(AuthenticationForm):
    """Django's form with the limit of labeling/accounts/throttle.py around it."""

    error_messages = {
        "invalid_login": "Wrong username or password. Both are case-sensitive.",
        "inactive": "This account is switched off. Ask your administrator.",
        "throttled": "Too many tries. Wait %(minutes)s and try again, or ask your administrator for a new password.",
    }

    def clean(self) -> dict[str, Any]:
        username = str(self.cleaned_data.get("username", ""))
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        address = self.request.META.get("REMOTE_ADDR") or None if self.request else None
        wait = throttle.wait_for(username, address)
        if wait:
            minutes = -int(-wait.total_seconds() // 60)
            text = "a minute" if minutes <= 1 else f"{minutes} minutes"
            raise ValidationError(self.error_messages["throttled"], "throttled", {"minutes": text})
        try:
            cleaned = super().clean()
        except ValidationError:
            throttle.failed(username, address)
            raise
        throttle.succeeded(username, address)
        return cleaned
