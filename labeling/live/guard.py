"""Who is on a socket. A socket lives for hours: what was checked at the handshake is checked again while it is used."""

import time
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async

from labeling.accounts.models import User
from labeling.projects.access import role_of
from labeling.projects.models import Role

RECHECK_SECONDS = 10.0
NO_LONGER_ALLOWED = 4403
"""Close code: signed out, or not a member any more."""
NO_LONGER_THERE = 4404
"""Close code: the image was deleted."""


class Guard:
    """The signed-in user of a socket and the role in a project, never older than `RECHECK_SECONDS`."""

    def __init__(self, scope: Any, project_id: int) -> None:
        self._scope, self._project_id = scope, project_id
        self._checked_at = float("-inf")
        self.user: User | None = None
        self.role: Role | None = None

    def is_fresh(self) -> bool:
        return time.monotonic() - self._checked_at < RECHECK_SECONDS

    def expire(self) -> None:
        """Something about the person's membership changed: ask anew."""
        self._checked_at = float("-inf")

    async def check(self) -> Role | None:
        """Ask the database. None when the user signed out, was deactivated, or is no member (any more)."""
        self.user, self.role = await self._look_up()
        self._checked_at = time.monotonic()
        return self.role

    async def _look_up(self) -> tuple[User | None, Role | None]:
        if not await database_sync_to_async(self._session_exists)():
            return None, None
        user = await get_user(self._scope)  # looks at is_active and at a changed password
        if not isinstance(user, User):
            return None, None
        return user, await database_sync_to_async(role_of)(user, self._project_id)

    def _session_exists(self) -> bool:
        """Signing out deletes the session, but the scope keeps a copy of what was in it."""
        session = self._scope["session"]
        return bool(session.session_key) and session.exists(session.session_key)
