"""JSON views: a validated body in, a dict out, every error as `{"error": {"code", "message", …}}`."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views import defaults
from pydantic import BaseModel, ConfigDict, ValidationError


class Spec(BaseModel):
    """A request body. Unknown fields are refused, so that a typing error in a client is told, not swallowed."""

    model_config = ConfigDict(extra="forbid")


SpecT = TypeVar("SpecT", bound=BaseModel)


class ApiError(Exception):
    """An answer other than 2xx. `code` is for programs, `message` tells a person what to do, `extra` goes beside."""

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.extra = status, code, message, extra

    def response(self) -> JsonResponse:
        body = {"error": {"code": self.code, "message": self.message, **self.extra}}
        return JsonResponse(body, status=self.status)


def body(request: HttpRequest, spec: type[SpecT]) -> SpecT:
    """The request's JSON body as `spec`.

    Raises: ApiError 400 that names each wrong field.
    """
    try:
        sent = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, a number of 5000 digits, nested too deep
        raise ApiError(400, "bad_json", f"The body is not JSON: {error}.") from error
    try:
        return spec.model_validate(sent)
    except ValidationError as error:
        raise ApiError(400, "bad_request", field_errors(error)) from error


def field_errors(error: ValidationError) -> str:
    """Pydantic's findings as one sentence a field."""
    found = []
    for one in error.errors():
        place = ".".join(str(part) for part in one["loc"]) or "the message"
        found.append(f"{place}: {one['msg']}")
    return "; ".join(found) + "."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """What Django refuses before a view is reached (too many files, too large a form), told as an API tells it."""
    if not request.path.startswith("/api/"):
        return defaults.bad_request(request, exception)
    most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
    if isinstance(exception, TooManyFilesSent):
        return ApiError(
            400, "too_many_files", f"One request takes at most {most} files. Send them in several."
        ).response()
    if isinstance(exception, TooManyFieldsSent | RequestDataTooBig):
        return ApiError(413, "too_large", "The request has too many fields, or is too large. Cut it up.").response()
    return ApiError(400, "bad_request", "The request is malformed.").response()


def api(*methods: str) -> Callable[[Callable[..., Any]], Callable[..., HttpResponseBase]]:
    """Make a JSON view: only `methods`; signed in; a dict (or `(status, dict)`) out; errors as JSON.

    Marked `login_required = False` for Django's redirecting middleware: an API answers 401 itself.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if request.method not in methods:
                    raise ApiError(405, "method_not_allowed", f"Use {' or '.join(methods)}.")
                if not request.user.is_authenticated:
                    raise ApiError(401, "signed_out", "Sign in first.")
                answer = view(request, *args, **kwargs)
            except ApiError as error:
                return error.response()
            except Http404 as error:
                return ApiError(404, "not_found", str(error) or "Not found.").response()
            except PermissionDenied as error:
                return ApiError(403, "forbidden", str(error) or "You may not do this.").response()
            if isinstance(answer, HttpResponse | HttpResponseBase):
                return answer
            status, payload = answer if isinstance(answer, tuple) else (200, answer)
            return JsonResponse(payload, status=status)

        wrapped.login_required = False  # type: ignore[attr-defined]
        return wrapped

    return decorate
