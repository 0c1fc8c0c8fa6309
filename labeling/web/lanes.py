"""How many requests a web process carries out at the same time, and how many may wait.

A request in work has a thread and mostly a database connection, so their number is bounded. Requests go in lanes that
can't take each other's places: signing in hashes a password, half a second of a core, and anybody may ask for it;
health has to answer under load. A lane that is full answers 503 with `Retry-After` at once.
"""

import asyncio
import contextlib
import io
from contextvars import ContextVar
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.urls import reverse

from labeling.web.trouble import BUSY, Trouble, trouble_of

SIGN_IN_WAITING = 40
HASHING = (
    "accounts:sign_in", "admin:login", "admin:password_change", "account_reauthenticate", "account_change_password",
)  # fmt: skip
"""Where passwords are looked at or set, by the names of their addresses: these, and what is below them."""

HEALTH_AT_ONCE, HEALTH_WAITING = 2, 20


class LaneFull(Exception):
    """Too many wait already, or this one waited too long."""


class Lane:
    """At most `at_once` hold a place, at most `waiting` wait for one, each at most `patience` seconds."""

    def __init__(self, at_once: int, waiting: int, patience: float) -> None:
        self.most_waiting, self.patience = waiting, patience
        self.busy = self.waiting = 0
        self._places = asyncio.Semaphore(at_once)

    async def take(self) -> None:
        """Wait for a place and hold it. Raises: LaneFull."""
        if self._places.locked() and self.waiting >= self.most_waiting:
            raise LaneFull
        self.waiting += 1
        try:
            async with asyncio.timeout(self.patience):
                await self._places.acquire()
        except TimeoutError:
            raise LaneFull from None
        finally:
            self.waiting -= 1
        self.busy += 1

    def release(self) -> None:
        """Give the place to the next one."""
        self.busy -= 1
        self._places.release()


class Turn:
    """A request's place in its lane."""

    def __init__(self, lane: Lane) -> None:
        self._lane, self._held = lane, False

    async def take(self) -> None:
        """Raises: LaneFull."""
        await self._lane.take()
        self._held = True

    def release(self) -> None:
        """Give the place back, once."""
        if self._held:
            self._held = False
            self._lane.release()


_turn: ContextVar[Turn] = ContextVar("turn")


class BoundedHandler(ASGIHandler):
    """Django's ASGI handler with lanes.

    A place is taken when the body has been received and given back when the response is made: neither a slow sender
    nor a slow reader holds one. No thread is used before.
    """

    def __init__(self) -> None:
        super().__init__()
        patience = float(settings.REQUESTS_PATIENCE)
        self.general = Lane(settings.REQUESTS_AT_ONCE, settings.REQUESTS_WAITING, patience)
        self.signing_in = Lane(settings.SIGN_INS_AT_ONCE, SIGN_IN_WAITING, patience)
        self.health = Lane(HEALTH_AT_ONCE, HEALTH_WAITING, patience)
        self._sign_in_paths = (*(reverse(name) for name in HASHING), reverse("people:join", args=["x"])[:-1])
        self._health_path = reverse("healthz")

    def lane(self, method: str, path: str) -> Lane:
        """Where a request waits for its turn."""
        if path == self._health_path:
            return self.health
        return self.signing_in if method == "POST" and path.startswith(self._sign_in_paths) else self.general

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """As Django's; a lane that is full is answered 503, a body for which there is no room on the disk 507."""
        turn = Turn(self.lane(scope["method"], scope["path"]))
        token = _turn.set(turn)
        try:
            await super().handle(scope, receive, send)
        except LaneFull:
            await self._refuse(BUSY, scope, send)
        except BodyNotStored as error:
            await self._refuse(error.trouble, scope, send)
        finally:
            turn.release()
            _turn.reset(token)

    async def read_body(self, receive: Any) -> Any:
        """The body in a file, and then the request's turn. Raises: LaneFull, BodyNotStored."""
        try:
            body = await super().read_body(receive)
        except OSError as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            raise BodyNotStored(trouble) from error
        try:
            await _turn.get().take()
        except BaseException:
            body.close()
            raise
        return body

    async def get_response_async(self, request: Any) -> HttpResponseBase:
        """The response. A view that runs in a thread can't be stopped: a client that goes away meanwhile leaves its
        place taken until the view has ended."""
        await asyncio.sleep(0)  # who went away while waiting is noticed here, before anything is done
        work = asyncio.create_task(self._work(request))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([work])
            raise

    async def _work(self, request: Any) -> HttpResponseBase:
        try:
            return await super().get_response_async(request)
        finally:
            # Not when the client has read it all: who reads slowly must not hold a database connection.
            await sync_to_async(close_old_connections, thread_sensitive=True)()
            _turn.get().release()

    async def _refuse(self, trouble: Trouble, scope: Any, send: Any) -> None:
        response = trouble.response(self.request_class(scope, io.BytesIO()))
        response.headers["Connection"] = "close"  # the rest of a body may not have been read
        await self.send_response(response, send)


class BodyNotStored(Exception):
    """A request's body could not be written to the temporary folder."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble
