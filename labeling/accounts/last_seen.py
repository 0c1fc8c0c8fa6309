"""When somebody was last here, and with which browser: written at most every few minutes."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from labeling.accounts.models import User

logger = logging.getLogger(__name__)

REMEMBERED = 10_000
_noted: OrderedDict[str, float] = OrderedDict()
"""Session keys, and when this process last wrote; the oldest are dropped."""


class LastSeenMiddleware:
    """Notes who asked for something, after the answer is made. Whom nobody asked for is not looked up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        user = getattr(request, "_cached_user", None)
        if settings.LAST_SEEN_SECONDS and isinstance(user, User) and request.session.session_key:
            note(user, request)
        return response


def note(user: User, request: HttpRequest) -> None:
    """Write it down, unless that was done a moment ago. What fails is only logged: the request has been answered."""
    key = request.session.session_key or ""
    now = time.monotonic()
    if now - _noted.get(key, float("-inf")) < settings.LAST_SEEN_SECONDS:
        return
    _noted[key] = now
    _noted.move_to_end(key)
    while len(_noted) > REMEMBERED:
        _noted.popitem(last=False)
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(last_seen_at=timezone.now())
            if not UserSession.objects.filter(session_key=key, user=user).update(last_seen_at=timezone.now()):
                UserSession.objects.create_from_request(request)  # it began before sessions were listed
    except DatabaseError as error:
        logger.warning("when %s was last here was not written: %s", user.get_username(), error)
