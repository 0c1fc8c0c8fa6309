"""What can happen to any request and is nobody's mistake: a race with a deletion, a deadlock, a full disk, a database
that is down. One place answers for all routes.

A request that lost a race is carried out again: its own checks then see what the winner did and give the right answer
(404, 400, 409). A service that is out of order is 503, a full disk 507, each with *nothing was saved, try again*.
"""

import errno
import logging
import random
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from labeling.web.api import ApiError
from labeling.web.inputs import refused_value

logger = logging.getLogger(__name__)

TRIES = 6
PAUSE = 0.02
"""Seconds before the second try, at random up to this; doubled each time."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_OUT_OF_ORDER = {
    errno.EIO, errno.EMFILE, errno.ENFILE, errno.EROFS, errno.ESTALE, errno.ETIMEDOUT, errno.EBUSY, errno.ENOMEM,
    errno.EAGAIN, errno.ENODEV, errno.ENXIO, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ECONNREFUSED, errno.ENOTCONN,
}  # fmt: skip
_RETRY_STATES = {"40001", "40P01"}  # serialization failure, deadlock
_MISTAKES = {"23502", "23514"}  # NOT NULL and CHECK: no race makes these
_FULL_STATES = {"53100"}


@dataclass(frozen=True)
class Trouble:
    """How a request ends that is nobody's mistake. `code` is for programs, `message` tells a person what to do."""

    status: int
    code: str
    title: str
    message: str
    retry_after: int | None = None

    def response(self, request: HttpRequest) -> HttpResponse:
        """As JSON below `/api/`, else as a page. Neither asks the database."""
        if request.path.startswith("/api/"):
            response: HttpResponse = ApiError(self.status, self.code, self.message).response()
        else:
            response = render(None, "trouble.html", {"trouble": self}, status=self.status)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        response.headers["Cache-Control"] = "no-store"
        return response


FULL = Trouble(
    507, "disk_full", "The server's disk is full",
    "The server's disk is full. Nothing was saved. Try again once the administrator has made room.", 30,
)  # fmt: skip
DOWN = Trouble(
    503, "unavailable", "The server can't reach its data",
    "The server can't reach its data right now. Nothing was saved; try again in a moment.", 5,
)  # fmt: skip
BUSY = Trouble(
    503, "busy", "The server is busy",
    "The server has more to do than it can right now. Nothing was saved; try again in a moment.", 2,
)  # fmt: skip
CHANGED = Trouble(
    409, "changed", "Somebody was faster",
    "What this refers to was changed or deleted at the same moment. Nothing was saved; load the page again.",
)  # fmt: skip


def is_race(error: BaseException) -> bool:
    """Whether the same request may go well, or be refused for a reason, when it is carried out again."""
    if isinstance(error, ObjectDoesNotExist):
        return True
    state = _state(error)
    if isinstance(error, IntegrityError):  # also Django's own ProtectedError and RestrictedError
        return state not in _MISTAKES and not str(error).startswith(("NOT NULL", "CHECK"))
    if state in _RETRY_STATES:
        return True
    # Django's own, when a row to be saved is gone.
    return type(error) is DatabaseError and "did not affect any rows" in str(error)


def trouble_of(error: BaseException | None) -> Trouble | None:
    """What an exception that no view expects means; None for a mistake in the code."""
    if error is None:
        return None
    if isinstance(error, OSError) and not isinstance(error, redis.RedisError) and error.errno in _FULL:
        return FULL
    if isinstance(error, OSError) and error.errno in _OUT_OF_ORDER:
        return DOWN
    if isinstance(error, redis.RedisError):
        return DOWN
    if is_race(error):
        return BUSY if _state(error) in _RETRY_STATES else CHANGED
    if isinstance(error, OperationalError | InterfaceError):
        return _of_database(error)
    return None


def _of_database(error: DatabaseError | InterfaceError) -> Trouble:
    cause = error.__cause__
    if _state(error) in _FULL_STATES or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return FULL
    if getattr(cause, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BUSY
    return DOWN


def _state(error: BaseException) -> str | None:
    """PostgreSQL's code for it."""
    found = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    return found if isinstance(found, str) else None


class TroubleMiddleware(MiddlewareMixin):
    """Carries a request out again that lost a race. The last of the middlewares, so that all others had their say."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase:
        try:
            return self._carried_out(request, view, args, kwargs)
        except Exception as error:
            refused = refused_value(request, error)
            if refused is None:
                raise
            return refused

    def _carried_out(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase:
        # A multipart body is read once, and its files are moved away: it is told what happened instead.
        tries = 1 if request.content_type == "multipart/form-data" else TRIES
        for number in range(1, tries):
            try:
                return view(request, *args, **kwargs)
            except Exception as error:
                if not is_race(error):
                    raise
                logger.info("%s %s lost a race, try %d: %s", request.method, request.path, number, error)
            time.sleep(random.uniform(0, PAUSE * 2 ** (number - 1)))
        return view(request, *args, **kwargs)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's `handler500`, called while the exception is handled."""
    error = sys.exc_info()[1]
    trouble = trouble_of(error)
    if trouble is not None:
        return trouble.response(request)
    if request.path.startswith("/api/"):
        message = "Something broke on our side; the error is in the server's log. Try again."
        return ApiError(500, "internal", message).response()
    return render(None, "500.html", status=500)  # Django's own view reads the form, which may be what broke
