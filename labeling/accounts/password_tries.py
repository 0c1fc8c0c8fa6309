"""Every look at a password is counted, see `throttle.py`."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from labeling.accounts import throttle
from labeling.accounts.devices import known_device
from labeling.web.network import client_network

TOO_MANY = "Too many wrong passwords. Wait %(time)s, or ask your administrator for a new one."


@dataclass
class Tried:
    """Whether the password was right; so it is unless somebody says otherwise or an exception ends the try."""

    succeeded: bool = True


@contextmanager
def counted(username: str, request: HttpRequest | None, message: str = TOO_MANY) -> Iterator[Tried]:
    """Look at a password inside it. Raises: ValidationError when a limit is reached."""
    address = client_network(request.META) if request else None
    caller = throttle.Caller(username, address, known_device(request, username))
    try:
        throttle.begin(caller)
    except throttle.MustWait as error:
        raise ValidationError(message, "throttled", {"time": _waiting_time(error.wait)}) from error
    tried = Tried()
    yield tried
    if tried.succeeded:
        throttle.succeeded(caller)


def _waiting_time(wait: timedelta) -> str:
    seconds = math.ceil(wait.total_seconds())
    if seconds < 50:
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    minutes = -(-seconds // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
