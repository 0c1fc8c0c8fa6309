"""What strangers send, before anything else looks at it: one rule for ids, one for texts, one for JSON, on all routes.

No database takes every value: PostgreSQL has no NUL character in a text, SQLite no integer above 2⁶³, and neither has
half a surrogate pair. What can't be stored is refused here with the field's name.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import register_converter
from django.urls.converters import IntConverter

from labeling.web.api import FORMS, ApiError, refused_text

logger = logging.getLogger(__name__)

LARGEST_ID = 2**63 - 1
NUL = "\0"


class IdConverter(IntConverter):
    """`<id:name>`: an id or another number in an address. One that no row can have leads nowhere: 404."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number > LARGEST_ID:
            raise ValueError(f"{value} is no id")
        return number


def register() -> None:
    """Make `<id:…>` known, before any address is read."""
    register_converter(IdConverter, "id")


class InputMiddleware:
    """Refuses what no view could use: NUL in an address, a query or a form; and tells what a database refused.

    It stands before everything that reads a query or a cookie.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if NUL in request.path_info:
            return refusal(request, ApiError(404, "not_found", "There is nothing at this address."))
        odd = _odd_field(request.GET)
        return refusal(request, refused_text(odd)) if odd else self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """A form is read only now: what has no address is not read at all."""
        if request.method != "POST" or request.content_type not in FORMS:
            return None
        odd = _odd_field(request.POST)
        return refusal(request, refused_text(odd)) if odd else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """The net below all rules: Django's admin has rules of its own."""
        return refused_value(request, exception)


def refused_value(request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
    """400 when a value was refused that no database stores: that is no fault of the server's. None for the others."""
    if not _is_refused_value(exception):
        return None
    logger.warning("%s %s had a value that can't be stored", request.method, request.path, exc_info=exception)
    message = "A number or a text in the request is outside of what can be stored."
    return refusal(request, ApiError(400, "bad_value", message))


def refusal(request: HttpRequest, error: ApiError) -> HttpResponseBase:
    """The error as JSON under `/api/`, else as a line of text."""
    if request.path_info.startswith("/api/"):
        return error.response()
    return HttpResponse(error.message, status=error.status, content_type="text/plain; charset=utf-8")


def _odd_field(sent: QueryDict) -> str | None:
    """The name of the first field with NUL in it. (Half a surrogate pair can't come from percent-encoded UTF-8.)"""
    for name, values in sent.lists():
        if NUL in name or any(isinstance(value, str) and NUL in value for value in values):
            return name.replace(NUL, "␀") or "a field without a name"
    return None


def _is_refused_value(exception: Exception) -> bool:
    match exception:
        case DataError():
            return True
        case OverflowError():
            return "SQLite INTEGER" in str(exception)
        case UnicodeEncodeError():
            return exception.reason == "surrogates not allowed"
        case ValueError():
            return any(words in str(exception) for words in ("NUL (0x00)", "expected a number but got", "digits) for"))
    return False
