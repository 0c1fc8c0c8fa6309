"""How many connections a web process holds, and for how long it waits for what a client wants.

uvicorn waits for a request's head for ever, and takes connections until the process has no file descriptor left; then
nobody gets in, and its log grows by thousands of lines a second. It has no setting for either, and its command line
takes no protocol of ours, so `bound_connections` adds both to the methods of its own.
"""

import asyncio
import resource
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 30.0
"""A connection that has not sent a whole head from one look to the next one is closed: after once to twice as long."""

MOST_CONNECTIONS = 4096
RESERVED = 256
"""File descriptors for all but connections: the database, Redis, files, sockets of the decoding process."""

MOST_DESCRIPTORS = 65_536


class Waiting:
    """The connections of which no request has come yet, the oldest first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._looks: dict[H11Protocol, asyncio.TimerHandle] = {}

    def made(self, protocol: H11Protocol) -> None:
        """A new connection. When there are too many, the one that has waited longest without a request goes."""
        self._look_later(protocol)
        if len(protocol.connections) > self.most:
            oldest = next((one for one in self._looks if one.cycle is None), protocol)
            self.lost(oldest)
            oldest.transport.abort()

    def lost(self, protocol: H11Protocol) -> None:
        """A connection is gone, or is a WebSocket now."""
        look = self._looks.pop(protocol, None)
        if look is not None:
            look.cancel()

    def _look_later(self, protocol: H11Protocol) -> None:
        self._looks[protocol] = protocol.loop.call_later(HEAD_SECONDS, self._look, protocol, protocol.cycle)

    def _look(self, protocol: H11Protocol, before: Any) -> None:
        """`before`: the request that it was at the last time."""
        if protocol.transport.is_closing() or protocol.transport.get_protocol() is not protocol:
            self.lost(protocol)
        elif protocol.conn.their_state is h11.IDLE and protocol.cycle is before and _is_answered(protocol):
            self.lost(protocol)
            protocol.transport.abort()
        else:
            self._look_later(protocol)


def _is_answered(protocol: H11Protocol) -> bool:
    """Whether nothing is in work for the connection."""
    return protocol.cycle is None or bool(protocol.cycle.response_complete)


def bound_connections() -> None:
    """Bound the connections of this process. Called once, before any is made."""
    waiting = Waiting(_room())
    made, lost = H11Protocol.connection_made, H11Protocol.connection_lost

    def connection_made(self: H11Protocol, transport: Any) -> None:
        made(self, transport)
        waiting.made(self)

    def connection_lost(self: H11Protocol, exc: Exception | None) -> None:
        waiting.lost(self)
        lost(self, exc)

    H11Protocol.connection_made = connection_made  # type: ignore[method-assign]
    H11Protocol.connection_lost = connection_lost  # type: ignore[method-assign]


def _room() -> int:
    """How many connections the process has descriptors for. Many systems give 1,024 and allow more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    free = MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else soft - RESERVED
    return max(16, min(MOST_CONNECTIONS, free))
