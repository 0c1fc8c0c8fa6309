"""`/ws/projects/<id>/`: the progress socket. It passes on what is published to the project's group, and counts."""

import asyncio
import json
from dataclasses import asdict
from typing import Any, Literal

from channels.db import database_sync_to_async
from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from pydantic import ValidationError

from labeling.accounts.models import User
from labeling.annotations.sets import is_blind
from labeling.exchange.build import news as export_news
from labeling.exchange.models import Export
from labeling.images.ingest import news as upload_news
from labeling.images.models import Image, Upload
from labeling.live.access_check import AccessCheck
from labeling.live.progress_messages import Counts, ImageCounts, ProgressError, ProgressPing, ProgressPong
from labeling.live.rate_limits import TokenBucket
from labeling.live.sockets import sockets
from labeling.projects.access import May, Standing
from labeling.projects.counting import image_tallies
from labeling.web.api import field_errors
from labeling.web.events import News, own_group, project_group, user_group

VERSION = 1
COUNT_EVERY = 0.25
"""Seconds between two `progress` messages on a socket, so at most 4 a second."""

SHOWN_EXPORTS = 10
MESSAGE_BYTES = 4096
PINGS_PER_SECOND = 2
BURST = 20


class ProgressConsumer(AsyncWebsocketConsumer):
    """An open page of a project."""

    project_id: int
    access: AccessCheck
    standing: Standing
    _bucket: TokenBucket
    _counting: asyncio.Task[None] | None = None
    _watching: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.project_id = self.scope["url_route"]["kwargs"]["project_id"]
        self.access = AccessCheck(self.scope, self.project_id, in_bin=True)
        self._bucket = TokenBucket(PINGS_PER_SECOND, BURST)
        if not await self._still_allowed():
            raise DenyConnection
        # Subscribed before the snapshot is taken: a change between the two is told twice rather than never.
        for group in self._groups():
            await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()
        await sockets.enter(self, self.access.user.pk if self.access.user else None)
        self._watching = asyncio.create_task(self.access.watch(self.close))
        await self._tell_counts("snapshot")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # also when the channel layer fails, where `disconnect` is not called
            sockets.leave(self)

    async def disconnect(self, code: int) -> None:
        for task in (self._counting, self._watching):
            if task is not None:
                task.cancel()
        if hasattr(self, "project_id"):
            for group in self._groups():
                await self.channel_layer.group_discard(group, self.channel_name)

    def _groups(self) -> list[str]:
        user = self.access.user
        if user is None:
            return [project_group(self.project_id)]
        return [project_group(self.project_id), own_group(self.project_id, user.pk), user_group(user.pk)]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer a ping; anything else gets an error and the socket stays."""
        if not self._bucket.take():
            await self._error("rate_limited", f"More than {PINGS_PER_SECOND} messages a second. Wait a moment.")
        elif len(text_data or bytes_data or "") > MESSAGE_BYTES:
            await self._error("too_large", f"A message has at most {MESSAGE_BYTES} bytes here.")
        elif text_data is None:
            await self._error("bad_message", "Send JSON in text frames, not binary ones.")
        else:
            try:
                await self._tell(ProgressPong(seq=ProgressPing.model_validate_json(text_data).seq))
            except ValidationError as error:
                await self._error("bad_message", f"This socket only takes a ping: {field_errors(error)}")

    async def event(self, message: dict[str, Any]) -> None:
        """What was published (`labeling.web.events`). Counts follow a little later, once for many events.

        A published `progress` without counts only says that they changed.
        """
        event = {**message["event"]}
        if event["type"] in ("project", "membership"):  # this person's session has ended, or what they may changed
            self.access.expire()
        if not self.access.is_fresh() and not await self._still_allowed():
            await self.close(self.access.code)
            return
        if event["type"] == "export" and not self.standing.can(May.EXPORT):
            return
        if event.pop("golden", False) and not await database_sync_to_async(self._sees)(event):
            return
        if event["type"] not in ("progress", "membership"):
            await self.send(text_data=json.dumps({"v": VERSION, **event}))
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count_soon())

    def _sees(self, event: dict[str, Any]) -> bool:
        """Whether news of a golden image are for this person: it is not hidden from them, and where it is about the
        labels they have no opinion of it."""
        labels = event["type"] == "annotations"
        user, image = self.access.user, Image.objects.filter(pk=event["image" if labels else "id"]).first()
        if user is None or image is None:
            return False
        hidden = Image.objects.filter(Image.hidden_from(user, self.standing.role), pk=image.pk)
        return not hidden.exists() and not (labels and is_blind(image, user, self.standing))

    async def _still_allowed(self) -> bool:
        """Look the standing up; False for somebody who signed out or is no member (any more)."""
        standing = await self.access.check()
        if standing is None:
            return False
        self.standing = standing
        return True

    async def _count_soon(self) -> None:
        await asyncio.sleep(COUNT_EVERY)
        self._counting = None  # an event from here on may not be in these counts, so it asks for new ones
        await self._tell_counts("progress")

    async def _tell_counts(self, kind: Literal["snapshot", "progress"]) -> None:
        await self._tell(await database_sync_to_async(counts)(self.project_id, self.access.user, self.standing, kind))

    async def _error(self, code: Literal["rate_limited", "too_large", "bad_message"], text: str) -> None:
        await self._tell(ProgressError(code=code, message=text[:500]))

    async def _tell(self, message: News) -> None:
        await self.send(text_data=message.model_dump_json())


def counts(
    project_id: int, user: User | None, standing: Standing, kind: Literal["snapshot", "progress"] = "snapshot"
) -> Counts:
    """How far the project is, for somebody who may view it."""
    tally = image_tallies([project_id], user, {project_id: standing.role})[project_id]
    uploads = Upload.objects.filter(project_id=project_id, finished_at=None)
    exports = Export.objects.filter(project_id=project_id)[:SHOWN_EXPORTS] if standing.can(May.EXPORT) else []
    return Counts(
        type=kind,
        images=ImageCounts(**asdict(tally)),
        uploads=[upload_news(upload) for upload in uploads],
        exports=[export_news(export) for export in exports],
    )
