"""A click socket's part in who has its image open: it speaks for one editor, from `here` until it ends."""

import asyncio
from collections.abc import Awaitable, Callable

from channels.db import database_sync_to_async

from labeling.annotations import presence
from labeling.images.models import Image
from labeling.live import messages as say
from labeling.live.access_check import AccessCheck
from labeling.live.messages import Refused
from labeling.projects.access import May
from labeling.web.api import ApiError

LEFT_FOR_GOOD = frozenset({1000, 1001, 1005})
"""Close codes of an editor that was closed. Anything else is a lost connection: it may come back."""


class ImagePresence:
    """One editor's. Client programs that never say `here` are not shown to anybody, and are told of nobody."""

    def __init__(
        self, image: Image, access: AccessCheck, channel: str, tell: Callable[[say.ServerMessage], Awaitable[None]]
    ) -> None:
        self._image, self._access, self._channel, self._tell = image, access, channel, tell
        self._here: say.Here | None = None

    async def here(self, message: say.Here) -> bool:
        """Show the editor. Returns whether it is new on this socket. Raises: Refused."""
        await self._arrive(message)
        new, self._here = self._here is None, message
        return new

    async def changed(self) -> None:
        """Somebody came, went, or took the lease."""
        if self._here is None:
            return
        people = await database_sync_to_async(presence.present)(self._image)
        await self._tell(say.People(you=self._here.tab, people=[say.Person(**one) for one in people]))

    async def keep_up(self) -> None:
        """Until cancelled: stay there."""
        while self._here is not None:
            await asyncio.sleep(presence.RENEW_SECONDS)
            renew = database_sync_to_async(presence.renew)
            if not await renew(self._image, self._here.tab, self._channel):
                return  # another socket speaks for the editor; this one only has not ended yet

    async def leave(self, code: int) -> None:
        """The socket has ended."""
        if self._here is not None:
            leave = database_sync_to_async(presence.leave)
            await leave(self._image, self._here.tab, self._channel, for_good=code in LEFT_FOR_GOOD)

    async def _arrive(self, message: say.Here) -> None:
        user = self._access.user
        assert user is not None  # the handshake looked
        may_hold = self._access.can(May.LABEL)
        arrive = database_sync_to_async(presence.arrive)
        try:
            await arrive(
                self._image, user, message.tab, self._channel, may_hold=may_hold, take=message.take
            )  # fmt: skip
        except ApiError as error:
            raise Refused("bad_message", error.message) from error
