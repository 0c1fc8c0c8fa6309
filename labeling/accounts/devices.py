"""Browsers that somebody has signed in with, known by a signed cookie that is worth nothing but tries to sign in."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

KNOWN_FOR = timedelta(days=90)
_SALT = "labeling.accounts.devices"


def known_device(request: HttpRequest | None, username: str) -> str:
    """The name of the browser, if `username` has signed in with it; else ""."""
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "") if request is not None else ""
    try:
        device, owner = signing.loads(cookie, salt=_SALT, max_age=KNOWN_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(device) if owner == username.lower() else ""


def remember_device(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Give the browser a name, for the next time that `username` signs in."""
    device = known_device(request, username) or secrets.token_hex(16)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([device, username.lower()], salt=_SALT),
        max_age=KNOWN_FOR,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
