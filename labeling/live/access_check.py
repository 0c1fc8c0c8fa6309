"""Who is on a socket. A socket lives for hours: what was checked at the handshake is checked again while it is open."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from labeling.accounts.models import User
from labeling.projects.access import May, Standing, standing_of
from labeling.web.sessions import user_of

RECHECK_SECONDS = 10.0
WATCH_SECONDS = 30.0
"""How often also a socket is looked at on which nothing happens."""

SIGNED_OUT = 4401
"""Close code: signed out, the session is over, or the account is switched off. Signing in again helps."""

NO_LONGER_ALLOWED = 4403
"""Close code: not a member any more."""

NO_LONGER_THERE = 4404
"""Close code: the image was deleted."""


class AccessCheck:
    """The signed-in user of a socket and their standing in a project, never older than `RECHECK_SECONDS` where it is
    used. in_bin: who may restore a project may stay when it is in the bin."""

    def __init__(self, scope: Any, project_id: int, *, in_bin: bool = False) -> None:
        self._scope, self._project_id, self._in_bin = scope, project_id, in_bin
        self._checked_at = float("-inf")
        self.user: User | None = None
        self.standing: Standing | None = None

    def can(self, what: May) -> bool:
        """Whether the user may, as of the last look."""
        return self.standing is not None and self.standing.can(what)

    @property
    def code(self) -> int:
        """With which code a socket is closed whose check was None."""
        return SIGNED_OUT if self.user is None else NO_LONGER_ALLOWED

    def is_fresh(self) -> bool:
        return time.monotonic() - self._checked_at < RECHECK_SECONDS

    def expire(self) -> None:
        """Something about the person's membership or the project changed: ask anew."""
        self._checked_at = float("-inf")

    async def check(self) -> Standing | None:
        """Ask the database. None when the session is over, the user was deactivated, or may not look (any more)."""
        self.user, self.standing = await database_sync_to_async(self._look_up)()
        self._checked_at = time.monotonic()
        return self.standing

    async def watch(self, close: Callable[[int], Awaitable[None]]) -> None:
        """Until cancelled: look also when nothing is sent, and `close` with a code when the look-up says so."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                allowed = self.is_fresh() or await self.check() is not None
            except DatabaseError:
                continue  # nobody knows; the next look will
            if not allowed:
                await close(self.code)
                return

    def _look_up(self) -> tuple[User | None, Standing | None]:
        """By the session as it is in the database now: the scope keeps a copy from the handshake, which no sign-out and
        no expiry reaches."""
        user = user_of(self._scope["session"].session_key)
        if not isinstance(user, User):
            return None, None
        standing = standing_of(user, self._project_id)
        if standing is None or not (standing.can(May.VIEW) or (self._in_bin and standing.can(May.ARCHIVE))):
            return user, None
        return user, standing
