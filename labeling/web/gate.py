"""What stands before Django: whose body is read, how much of it and for how long.

Django keeps a request's whole body (large ones on disk) before any view or sign-in is asked. So here, before the first
byte: a body that is larger than its route takes is refused, and so is one of somebody who is not signed in. What a
request announced is not believed: its bytes are counted, and it may not take for ever.
"""

import asyncio
import codecs
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections
from django.http import Http404, parse_cookie
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve
from django.utils.http import parse_header_parameters

from labeling.web.api import ApiError, Body
from labeling.web.sessions import request_of
from labeling.web.trouble import trouble_of

logger = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

OPEN_BYTES = 64 * 1024
"""What anybody may send to a page that needs no sign-in; and from here on the session is looked up before reading."""

SMALL_BYTES = 2 * 1024**2
FORM_BYTES = 50 * 1024**2
"""Beside the file of an upload: what the form around it, with paths and headers, may need."""

BODY_SECONDS = 30.0
"""For the whole body of a route that is no upload."""

SILENT_SECONDS = 60.0
"""For the next bytes of an upload."""

LINGER_SECONDS = 2.0
"""After a refusal: what still comes is thrown away for so long. A connection that is closed on arriving bytes is reset,
and its client may never see the answer."""

_ask = ThreadPoolExecutor(2, thread_name_prefix="gate")
"""For looking sessions up; a large body waits for it, and nothing else does."""

_ODD_COOKIE = re.compile(rb"\\000|\0")


@dataclass(frozen=True)
class Rule:
    """What a route takes."""

    limit: int
    is_upload: bool = False
    is_open: bool = False
    before_body: Callable[..., Any] | None = None
    kwargs: Mapping[str, Any] | None = None


class Refused(Exception):
    """The rest of a body is not read."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


def rule_of(path: str) -> Rule:
    """What the route at this path takes. A path without one takes as little as any page."""
    try:
        found = resolve(path)
    except Resolver404:
        return Rule(SMALL_BYTES)
    view = found.func
    kind = getattr(view, "takes", Body.SMALL)
    asked_by_django = getattr(view, "login_required", True)
    is_open = not asked_by_django and not getattr(view, "is_api", False)
    if kind == Body.UPLOAD:
        limit = settings.MAX_UPLOAD_BYTES + FORM_BYTES
        return Rule(limit, True, is_open, getattr(view, "before_body", None), found.kwargs)
    if kind == Body.MASKS:
        return Rule(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return Rule(OPEN_BYTES if is_open else SMALL_BYTES, is_open=is_open)


class Gate:
    """The ASGI application around the product's."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        scope = without_odd_cookies(scope)
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        rule, sent = rule_of(scope["path"]), announced(scope)
        refusal = refused_encoding(scope) or await _refused_unread(scope, rule, sent)
        if refusal is not None:
            await answer(scope, refusal, receive, send)
            return
        body, answered = Counted(receive, rule), Answered(send)
        try:
            await self._application(scope, body, answered)
        except Refused as refused:
            if not answered.begun:
                await answer(scope, refused.error, receive, send)


class Counted:
    """A request's body on its way in, with the limits of its route. Raises: Refused from where it is read."""

    def __init__(self, receive: Receive, rule: Rule) -> None:
        self._receive, self._rule = receive, rule
        self._left, self._ended = rule.limit, False
        self._until = asyncio.get_running_loop().time() + BODY_SECONDS

    async def __call__(self) -> Message:
        if self._ended:
            return await self._receive()  # waits for the client to go away
        try:
            message = await asyncio.wait_for(self._receive(), self._patience())
        except TimeoutError:
            text = "The request came too slowly. Nothing was saved; send it again."
            raise Refused(ApiError(408, "too_slow", text)) from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise Refused(too_large(self._rule.limit))
        self._ended = not message.get("more_body", False)
        return message

    def _patience(self) -> float:
        if self._rule.is_upload:
            return SILENT_SECONDS
        return max(0.0, self._until - asyncio.get_running_loop().time())


class Answered:
    """Notes whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send, self.begun = send, False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


def without_odd_cookies(scope: Message) -> Message:
    """The scope without cookies that have a NUL character in them, also an escaped one: no session has such a key, and
    PostgreSQL does not even look for it."""
    headers = scope.get("headers", [])
    if not any(name == b"cookie" and _ODD_COOKIE.search(value) for name, value in headers):
        return scope
    kept = []
    for name, value in headers:
        if name == b"cookie":
            value = b"; ".join(one.strip() for one in value.split(b";") if not _ODD_COOKIE.search(one))
        kept.append((name, value))
    return {**scope, "headers": kept}


def refused_encoding(scope: Message) -> ApiError | None:
    """Why the Content-Type can't be believed: Django decodes queries and forms by the encoding that stands there,
    whatever it is, and some make texts that can't be stored, or are no encodings of texts at all."""
    told = b", ".join(value for name, value in scope.get("headers", []) if name == b"content-type")
    try:
        _, parameters = parse_header_parameters(told.decode("latin1"))
        if codecs.lookup(parameters.get("charset") or "utf-8").name in ("utf-8", "ascii"):
            return None
    except (LookupError, ValueError):  # a name that no encoding has, also that of a parameter (RFC 2231)
        pass
    return ApiError(415, "not_utf8", "Send texts in UTF-8: the Content-Type names another encoding, or is malformed.")


def announced(scope: Message) -> int | None:
    """How many bytes of body the request says it has; None when it does not say."""
    headers = dict(scope.get("headers", []))
    if b"transfer-encoding" in headers:
        return None
    length = headers.get(b"content-length", b"0").strip()
    return int(length) if length.isdigit() and len(length) < 20 else None


def too_large(limit: int) -> ApiError:
    """413 that names the limit."""
    size = f"{limit // 1024**2} MiB" if limit >= 1024**2 else f"{limit // 1024} KiB"
    return ApiError(413, "too_large", f"A request to this address has at most {size} ({limit} bytes).", limit=limit)


async def _refused_unread(scope: Message, rule: Rule, sent: int | None) -> ApiError | None:
    """Why this body is not read at all; None when it may be."""
    if sent == 0:
        return None
    if rule.is_open:
        return too_large(rule.limit) if sent is not None and sent > rule.limit else None
    key = _session_key(scope)
    if not key:
        return ApiError(401, "signed_out", "Sign in first.")
    if sent is None or sent > OPEN_BYTES:  # a smaller one costs less to read than to ask for
        refusal = await asyncio.get_running_loop().run_in_executor(_ask, _refused_sender, key, rule)
        if refusal is not None:
            return refusal
    return too_large(rule.limit) if sent is not None and sent > rule.limit else None


def _session_key(scope: Message) -> str:
    cookies = b"; ".join(value for name, value in scope.get("headers", []) if name == b"cookie")
    return parse_cookie(cookies.decode("latin1")).get(settings.SESSION_COOKIE_NAME, "")


def _refused_sender(key: str, rule: Rule) -> ApiError | None:
    """What the view would say to this person, whatever is in the body."""
    try:
        return _refusal_of(key, rule)
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        logger.warning("the sender of a body can't be looked up: %s", error)
        return ApiError(trouble.status, trouble.code, trouble.message)
    finally:
        close_old_connections()


def _refusal_of(key: str, rule: Rule) -> ApiError | None:
    request = request_of(key)
    if not request.user.is_authenticated:
        return ApiError(401, "signed_out", "Sign in first.")
    try:
        if rule.before_body is not None:
            rule.before_body(request, **(rule.kwargs or {}))
    except Http404 as error:
        return ApiError(404, "not_found", str(error) or "Not found.")
    except PermissionDenied as error:
        return ApiError(403, "forbidden", str(error) or "You may not do this.")
    return None


async def answer(scope: Message, error: ApiError, receive: Receive, send: Send) -> None:
    """Refuse, and close the connection: who asks for a page is sent to the sign-in page, all others get JSON."""
    content = json.dumps({"error": {"code": error.code, "message": error.message, **error.extra}}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), (b"cache-control", b"no-store")]
    status = error.status
    if status == 401 and not scope["path"].startswith("/api/"):
        status, content = 302, b""
        place = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': scope['path']})}"
        headers.append((b"location", place.encode()))
    if status in (503, 507):
        headers.append((b"retry-after", b"5"))
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    if not any(name == b"expect" for name, _ in scope.get("headers", [])):  # who waits for leave sends nothing
        await _throw_away(receive)
    await send({"type": "http.response.body", "body": b""})


async def _throw_away(receive: Receive) -> None:
    """What the client still sends, for a moment."""

    async def drain() -> None:
        while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
            pass

    try:
        await asyncio.wait_for(drain(), LINGER_SECONDS)
    except (TimeoutError, OSError, RuntimeError):
        return
