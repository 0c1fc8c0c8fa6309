"""A socket whose services are out of order is closed with *try again later*; editors and pages come back by
themselves. An exception out of a consumer would be a 500 at the handshake, or a connection torn."""

import contextlib
import logging
from typing import Any

from labeling.web.trouble import trouble_of

logger = logging.getLogger(__name__)

TRY_AGAIN_LATER = 1013


class Steady:
    """ASGI: `inner` for sockets, with trouble of Redis and of the database told in the protocol's own way."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        sent: set[str] = set()

        async def watched(message: Any) -> None:
            sent.add(message["type"])
            await send(message)

        try:
            await self._inner(scope, receive, watched)
        except Exception as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            logger.warning("the socket %s ends: %s", scope["path"], error)
            if "websocket.close" in sent:
                return
            with contextlib.suppress(OSError, RuntimeError):  # the peer is gone
                if "websocket.accept" not in sent:  # a refused handshake has no code that a browser could read
                    await send({"type": "websocket.accept"})
                await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": trouble.title})
