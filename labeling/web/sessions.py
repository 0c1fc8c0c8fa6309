"""Whose session it is, asked of the database and not of a copy."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest


def request_of(session_key: str) -> HttpRequest:
    """A request without anything but its session and its user: nobody when the session is over (signed out, expired),
    the account was switched off, or its password was changed."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    request.user = get_user(request)
    return request


def user_of(session_key: str | None) -> AbstractBaseUser | AnonymousUser:
    """The session's user."""
    return request_of(session_key).user if session_key else AnonymousUser()
