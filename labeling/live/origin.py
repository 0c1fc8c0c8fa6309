"""Which pages may open a socket: those of this site. A browser sends its cookies along from any page.

The page's scheme, host and port have to be the ones at which the request arrived, or one of `CSRF_TRUSTED_ORIGINS`:
the same rule that Django has for a form.
"""

from typing import Any
from urllib.parse import SplitResult, urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

_PORTS = {"http": 80, "https": 443}


class SameOrigin:
    """ASGI middleware that refuses the handshake of every other page, and of programs that name none."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        application = self._application if is_same_origin(scope) else WebsocketDenier.as_asgi()
        return await application(scope, receive, send)


def is_same_origin(scope: Any) -> bool:
    """Whether the handshake comes from a page of this site."""
    headers = {name: value.decode("latin1") for name, value in scope["headers"]}
    origin = _split(headers.get(b"origin", ""))
    if origin is None:
        return False
    return _place(origin) == _own_place(scope, headers) or any(
        _is_trusted(origin, one) for one in settings.CSRF_TRUSTED_ORIGINS
    )


def _own_place(scope: Any, headers: dict[bytes, str]) -> tuple[str, str, int] | None:
    """Scheme, host and port at which the request arrived; None for a host that is not allowed here.

    The scheme that a proxy tells is believed where there is one.
    """
    host = headers.get(b"host", "")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return None
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    if settings.BEHIND_TLS or settings.TRUSTED_PROXIES > 0:
        told = headers.get(b"x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        scheme = told if told in _PORTS else scheme
    own = _split(f"{scheme}://{host}")
    return _place(own) if own else None


def _split(text: str) -> SplitResult | None:
    """An origin's parts; None unless it has a scheme that we serve, a host and a port that can be."""
    try:
        found = urlsplit(text)
        known = found.scheme in _PORTS and bool(found.hostname) and found.port != 0
    except ValueError:
        return None
    return found if known and not found.path and not found.query else None


def _place(origin: SplitResult) -> tuple[str, str, int]:
    return origin.scheme, origin.hostname or "", origin.port or _PORTS[origin.scheme]


def _is_trusted(origin: SplitResult, trusted: str) -> bool:
    """Whether `origin` is `trusted`, which may be `https://*.example.org`."""
    wanted = _split(trusted)
    if wanted is None:
        return False
    scheme, host, port = _place(wanted)
    found = _place(origin)
    return (scheme, port) == (found[0], found[2]) and is_same_domain(found[1], host.removeprefix("*"))
