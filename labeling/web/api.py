"""JSON in and errors out: strict parsing, and every error as `{"error": {"code", "message", …}}`."""

import json
import math
import re
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views import csrf, defaults
from pydantic import BaseModel, ConfigDict, ValidationError


class Spec(BaseModel):
    """A request body. Unknown fields are refused, so that a typing error in a client is told, not swallowed."""

    model_config = ConfigDict(extra="forbid")


FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_MAY_BE_ODD = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""How JSON writes a character that no database takes, or one half of a character that they do."""

_NEVER_STORED = re.compile("[\0\ud800-\udfff]")

MAX_VALUES = 200_000
"""Values in one JSON text. Two characters of it can be a list of a hundred bytes in memory, or an error with a text."""

TOLD_ERRORS, MAX_ERRORS = 20, 1000
"""Wrong fields that one answer names; from how many on it only counts them."""

_TEXT = re.compile(rb'"[^"\\]*+(?:\\(?:.|\Z)[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
"""A text in JSON, also one without an end: so that looking for them takes one pass."""


class ApiError(Exception):
    """An answer other than 2xx. `code` is for programs, `message` tells a person what to do, `extra` goes beside."""

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.extra = status, code, message, extra

    def response(self) -> JsonResponse:
        body = {"error": {"code": self.code, "message": self.message, **self.extra}}
        return JsonResponse(body, status=self.status)


def json_of(request: HttpRequest) -> Any:
    """The request's JSON body; `{}` without one.

    Raises: ApiError 415 for a body of another type, 400 for one that is not JSON or has what can't be stored.
    """
    kind = request.content_type or ""
    is_json = kind == "application/json" or kind.endswith("+json")
    if kind in FORMS or (not is_json and request.body):
        raise ApiError(415, "not_json", f"Send JSON with the Content-Type application/json, not {kind or 'none'}.")
    return parse_json(request.body) if request.body else {}


def parse_json(raw: bytes) -> Any:
    """Strict JSON: UTF-8, finite numbers, texts that can be stored. Raises: ApiError 400 that says what is wrong."""
    beyond: list[str] = []  # numbers that are none, in the order of their finding

    def number(digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value):
            beyond.append(digits)
        return value

    if has_too_many_values(raw):
        message = f"The body has more than {MAX_VALUES} values. Cut it up."
        raise ApiError(413, "too_large", message, limit=MAX_VALUES)
    try:
        text = raw.decode("utf-8-sig")
        sent = json.loads(text, parse_constant=number, parse_float=number)
    except UnicodeDecodeError as error:
        raise ApiError(400, "bad_json", f"The body is not UTF-8: byte {error.start} is wrong.") from error
    except RecursionError as error:
        raise ApiError(400, "bad_json", "The body is nested too deep.") from error
    except ValueError as error:  # also a number of 5000 digits
        raise ApiError(400, "bad_json", f"The body is not JSON: {error}.") from error
    if beyond or _MAY_BE_ODD.search(text):
        _check_values(sent)
    return sent


def has_too_many_values(raw: bytes) -> bool:
    """Whether a JSON text has more than `MAX_VALUES` values, told before any of them is made."""
    if len(raw) <= MAX_VALUES:
        return False
    if raw.count(b",") > MAX_VALUES:  # also those in texts: masks, which are most of a large body, have none
        return True
    if sum(map(raw.count, (b",", b"[", b"{"))) <= MAX_VALUES:
        return False
    bare = _TEXT.sub(b"", raw)  # masks have brackets
    return sum(map(bare.count, (b",", b"[", b"{"))) > MAX_VALUES


def _check_values(sent: Any) -> None:
    """Raises: ApiError 400 for the first value or key that can't be stored. (No recursion: it may be deep.)"""
    left: list[tuple[str, Any]] = [("", sent)]
    while left:
        place, value = left.pop()
        if isinstance(value, str):
            if _NEVER_STORED.search(value):
                raise refused_text(place or "the message")
        elif isinstance(value, float):
            if not math.isfinite(value):
                field = place or "the message"
                raise ApiError(400, "bad_request", f"{field}: send a finite number.", field=field)
        elif isinstance(value, list):
            left.extend((f"{place}.{index}".lstrip("."), one) for index, one in enumerate(value))
        elif isinstance(value, dict):
            for key, one in value.items():
                inner = f"{place}.{key}".lstrip(".")
                if _NEVER_STORED.search(key):
                    raise refused_text(ascii(inner)[1:-1])
                left.append((inner, one))


def refused_text(field: str) -> ApiError:
    """A text that no database takes, named by its field."""
    message = f"{field}: the text has a NUL character or half of a surrogate pair. Take it out."
    return ApiError(400, "bad_request", message, field=field)


def field_errors(error: ValidationError) -> str:
    """Pydantic's findings as one sentence a field; the first `TOLD_ERRORS`, with names that are cut when they are long.

    An answer to nonsense stays small.
    """
    if error.error_count() > MAX_ERRORS:  # to write them all takes seconds
        return f"{error.error_count()} fields are wrong or unknown."
    found = []
    for one in error.errors(include_url=False, include_context=False, include_input=False)[:TOLD_ERRORS]:
        place = ".".join(str(part)[:100] for part in one["loc"]) or "the message"
        reason = "there is no such field" if one["type"] == "extra_forbidden" else one["msg"][:500]
        found.append(f"{place}: {reason}")
    more = error.error_count() - TOLD_ERRORS
    return "; ".join([*found, *([f"and {more} more"] if more > 0 else [])]) + "."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """What Django refuses before a view is reached (too many files, too large a form), told as an API tells it."""
    if not request.path.startswith("/api/"):
        # Not Django's own view, nor with the request: both read the form, which is what may be malformed.
        return render(None, "400.html", status=400)
    most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
    if isinstance(exception, TooManyFilesSent):
        return ApiError(
            400, "too_many_files", f"One request takes at most {most} files. Send them in several requests."
        ).response()
    if isinstance(exception, TooManyFieldsSent | RequestDataTooBig):
        return ApiError(413, "too_large", "The request has too many fields or is too large. Split it.").response()
    return ApiError(400, "bad_request", "The request is malformed.").response()


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's `handler404`: an address that leads nowhere, told to programs as an API tells it."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    return ApiError(404, "not_found", "There is nothing at this address.").response()


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Django's `CSRF_FAILURE_VIEW`."""
    if not request.path.startswith("/api/"):
        return csrf.csrf_failure(request, reason)
    message = "Nothing was changed: the security token is missing or out of date. Load the page again."
    return ApiError(403, "csrf", message).response()


class Body(StrEnum):
    """How large a body a view takes (labeling/web/gate.py has the bytes)."""

    SMALL = "small"
    MASKS = "masks"
    UPLOAD = "upload"
