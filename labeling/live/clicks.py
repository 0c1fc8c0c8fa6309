"""`/ws/images/<id>/`: the click socket. It checks and passes on; what a click means is the decoder's business."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any, cast

from channels.db import database_sync_to_async
from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from pydantic import ValidationError

from inference import Features
from labeling.annotations.services import touch_open
from labeling.annotations.sets import corrects, is_blind
from labeling.features import queue
from labeling.features.models import Encoding
from labeling.features.services import open_image
from labeling.features.store import FeaturesLost
from labeling.images.models import Image
from labeling.live import messages as say
from labeling.live import rate_limits
from labeling.live.access_check import NO_LONGER_THERE, AccessCheck
from labeling.live.decoder import decoder
from labeling.live.memory import memory
from labeling.live.messages import Refused
from labeling.live.objects import OpenObjects, Surroundings
from labeling.live.presence import ImagePresence
from labeling.live.sockets import sockets
from labeling.projects.access import May, archived_message, who_may
from labeling.web.api import field_errors
from labeling.web.events import editors_group, image_group, labels_group, opinion_group, user_group

logger = logging.getLogger(__name__)


NOTE_WORK_SECONDS = 60.0


class ClickConsumer(AsyncWebsocketConsumer):
    """An open editor: one image, one member, up to `limits.OPEN_OBJECTS` open objects."""

    image: Image
    state: say.State
    access: AccessCheck
    objects: OpenObjects
    presence: ImagePresence

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bucket = rate_limits.TokenBucket()
        self._background: set[asyncio.Task[None]] = set()
        self._closed = False
        self._noted_at = float("-inf")
        self._groups: list[str] = []

    # The socket's life

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # also when the channel layer fails, where `disconnect` is not called
            self._stop()

    async def connect(self) -> None:
        wanted = Image.objects.filter(pk=self.scope["url_route"]["kwargs"]["image_id"])
        image = await database_sync_to_async(wanted.first)()
        if image is None:
            raise DenyConnection
        self.image, self.access = image, AccessCheck(self.scope, image.project_id)
        decoder().see(image.pk, image.rendering)
        if await self.access.check() is None or await database_sync_to_async(self._is_hidden)():
            raise DenyConnection
        owner = self.access.user.pk if self.access.user else None
        around = Surroundings(
            image.pk, image.width, image.height, decoder(), self._features, self.tell, memory(), owner
        )
        self.objects = OpenObjects(around)
        self.presence = ImagePresence(image, self.access, self.channel_name, self.tell)
        # Subscribed before the state is read: a change between the two is told twice rather than never.
        self._groups = await database_sync_to_async(self._find_groups)()
        for group in self._groups:
            await self.channel_layer.group_add(group, self.channel_name)
        encoding = await database_sync_to_async(open_image)(image.pk)
        await self.accept()
        await sockets.enter(self, owner)
        self._soon(self.access.watch(self._shut_out))
        await self.tell(_hello(image, encoding))
        if encoding.state != Encoding.State.READY:
            ahead = None
            if encoding.state == Encoding.State.QUEUED:
                ahead = await database_sync_to_async(queue.ahead)(encoding)
            await self.tell(say.ImageState(state=_state(encoding), reason=encoding.reason or None, ahead=ahead))
        self._see(_state(encoding))

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "presence"):
            await self.presence.leave(code)
        if hasattr(self, "image"):
            for group in self._groups:
                await self.channel_layer.group_discard(group, self.channel_name)

    def _is_hidden(self) -> bool:
        """Whether the image is one that the role must not see (`Image.hidden_from`)."""
        user, standing = self.access.user, self.access.standing
        if user is None or standing is None:
            return True
        return Image.objects.filter(Image.hidden_from(user, standing.role), pk=self.image.pk).exists()

    def _find_groups(self) -> list[str]:
        groups = [image_group(self.image.pk), editors_group(self.image.project_id)]
        user, standing = self.access.user, self.access.standing
        if user is None or standing is None:
            return groups
        if not is_blind(self.image, user, standing):
            groups.append(labels_group(self.image.pk))
        return [*groups, opinion_group(self.image.pk, user.pk), user_group(user.pk)]

    def _stop(self) -> None:
        """Forget the open objects and end what runs in the background."""
        self._closed = True
        sockets.leave(self)
        if hasattr(self, "objects"):
            self.objects.close_all()
        for task in self._background:
            if task is not asyncio.current_task():  # the access check's own watch goes on to close the socket
                task.cancel()

    async def dispatch(self, message: Any) -> None:
        """As in Channels, but a click does not first go to the database thread to close old connections."""
        if message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        else:
            await super().dispatch(message)

    # Client → server

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Whatever comes, an answer or an error goes back and the socket stays; only who may not stay is closed out."""
        try:
            if await self._still_allowed():
                await self._handle(text_data)
        except Refused as refused:
            await self._refuse(text_data, refused)
        except Exception:
            logger.exception("a message on the socket of image %d failed", self.image.pk)
            await self._refuse(text_data, Refused("internal", "Something went wrong on the server. Try it again."))

    async def _handle(self, text: str | None) -> None:
        """Raises: Refused."""
        if not self._bucket.take():
            per_second = rate_limits.CLICKS_PER_SECOND
            raise Refused("rate_limited", f"More than {per_second} messages a second. Wait a moment and send it again.")
        message = await _read(text)
        if not isinstance(message, say.Ping):
            sockets.use(self)
        match message:
            case say.Ping():
                await self.tell(say.Pong(seq=message.seq))
            case say.Prefetch():
                if self.access.can(May.LABEL):
                    self._soon(self._prefetch(list(message.images)))
            case say.Close():
                self.objects.close(message.object)
            case say.Here():
                if await self.presence.here(message):
                    self._soon(self.presence.keep_up())
            case _:
                await self._require_labeler()
                if isinstance(message, say.Start):
                    await self._require_ready()
                self._note_work()
                self.objects.submit(message)

    async def _require_labeler(self) -> None:
        """Raises: Refused for a member who may only look, and for everybody in an archived project."""
        if self.access.can(May.LABEL) or await self._corrects():
            return
        if self.access.standing is not None and self.access.standing.archived:
            raise Refused("not_allowed", archived_message())
        roles = " or ".join(sorted(role.label.lower() for role in who_may(May.LABEL)))
        raise Refused("not_allowed", f"You can only look at objects; clicking needs the role {roles}.")

    async def _corrects(self) -> bool:
        """Whether a reviewer has the image now and may change its labels."""
        user = self.access.user
        if user is None or not self.access.can(May.REVIEW):
            return False
        return await database_sync_to_async(corrects)(self.image, user)

    async def _require_ready(self) -> None:
        """Raises: Refused unless the image has features."""
        if self.state != "ready":  # ask, in case the event that said so was lost
            self._see(await self._read_state())
        if self.state != "ready":
            raise Refused("not_ready", "The image is still being prepared. You can click as soon as it is ready.")

    async def _still_allowed(self) -> bool:
        """Close the socket of somebody who signed out or left the project since the last look."""
        if self._closed or self.access.is_fresh():
            return not self._closed
        if await self.access.check() is None:
            await self._shut_out(self.access.code)
            return False
        return True

    async def _shut_out(self, code: int) -> None:
        self._stop()
        await self.close(code)

    async def _refuse(self, text: str | None, refused: Refused) -> None:
        head = await _head(text)
        await self.tell(say.Error(code=refused.code, message=refused.message, seq=head.seq, object=head.object))

    # Server → client

    async def tell(self, message: say.ServerMessage) -> None:
        """Send a message; without an error when the peer is already gone, as `disconnect` is then on its way."""
        try:
            await self.send(text_data=message.frame())
        except (OSError, RuntimeError) as error:
            logger.debug("a %s was not sent: %s", type(message).__name__, error)

    async def event(self, message: dict[str, Any]) -> None:
        """What was published to the image's group, or to all editors of the project (`labeling.web.events`)."""
        try:
            event = say.EVENT.validate_python(message["event"])
        except ValidationError as error:
            logger.error("an event for image %d is not in the protocol: %s", self.image.pk, field_errors(error))
            return
        if isinstance(event, say.Gone):
            await self._end(event)
            return
        if isinstance(event, say.MembershipChanged):
            await self._meet_member(event.user)
            return
        if not await self._still_allowed():
            return
        if isinstance(event, say.TileReady):
            self.objects.tile_ready(event.tile)
            return
        if isinstance(event, say.PresenceChanged):
            await self.presence.changed()
            return
        await self.tell(event)
        if isinstance(event, say.ImageState):
            self._see(event.state)

    async def _end(self, gone: say.Gone) -> None:
        """The image is deleted, perhaps with its project: so nobody is a member to be asked any more."""
        if not self._closed:
            await self.tell(gone)
            self._stop()
            await self.close(NO_LONGER_THERE)

    async def _meet_member(self, user_id: int | None) -> None:
        """What somebody may changed, or everybody (None): if it is this socket's person, they go at once, or learn what
        they may now. Whose project went into the bin is told that it is gone."""
        if self.access.user is None or user_id not in (None, self.access.user.pk):
            return
        before = self.access.standing
        self.access.expire()
        if user_id is None and await self.access.check() is None and self.access.user is not None:
            await self._end(say.Gone(what="project"))
        elif await self._still_allowed() and self.access.standing != before:
            await self.tell(say.ProjectChanged())

    # The image and its features

    def _see(self, state: say.State) -> None:
        """Note how far the image is; when it is ready, bring its features to memory before the first click."""
        self.state = state
        if state != "ready":
            decoder().forget(self.image.pk)
        if state == "ready" and self.access.can(May.LABEL):
            self._soon(decoder().prefetch(self.image.pk))

    async def _features(self) -> Features:
        """The image's features. Raises: Refused when the store lost them; the editor is told how far they are."""
        try:
            return await decoder().features(self.image.pk)
        except FeaturesLost as error:
            self.state = await self._read_state()
            await self.tell(say.ImageState(state=self.state))
            message = "The image has to be prepared again. You can go on as soon as it is ready; your clicks are kept."
            raise Refused("not_ready", message) from error

    async def _prefetch(self, image_ids: list[int]) -> None:
        """Bring the features of images of this project to memory, one after the other."""
        here = Image.objects.filter(project_id=self.image.project_id, encoding__state=Encoding.State.READY)
        known = await database_sync_to_async(here.in_bulk)(image_ids)
        for pk in image_ids:
            if pk in known:
                await decoder().prefetch(pk)

    def _note_work(self) -> None:
        """While somebody works on the image, others are offered another one. A page left open does not hold it."""
        if time.monotonic() - self._noted_at > NOTE_WORK_SECONDS and self.access.user is not None:
            self._noted_at = time.monotonic()
            self._soon(database_sync_to_async(touch_open)(self.image, self.access.user))

    async def _read_state(self) -> say.State:
        encoding = await database_sync_to_async(Encoding.objects.filter(image_id=self.image.pk).first)()
        return _state(encoding) if encoding else "queued"

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background for as long as the socket lives."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _state(encoding: Encoding) -> say.State:
    return cast(say.State, encoding.state)


def _hello(image: Image, encoding: Encoding) -> say.Hello:
    return say.Hello(
        image=image.pk,
        width=image.width,
        height=image.height,
        state=_state(encoding),
        features_version=encoding.features_version or None,
        limits=say.Limits(
            message_bytes=rate_limits.MESSAGE_BYTES,
            clicks_per_second=rate_limits.CLICKS_PER_SECOND,
            clicks_per_object=rate_limits.CLICKS_PER_OBJECT,
        ),
    )


async def _read(text: str | None) -> say.ClientMessage:
    """The message in a text frame. A large one is parsed off the event loop. Raises: Refused."""
    if text is None:
        raise Refused("bad_message", "Send JSON in text frames, not binary ones.")
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= rate_limits.MESSAGE_BYTES:
        return say.parse(raw)
    if len(raw) <= rate_limits.START_BYTES and (await asyncio.to_thread(say.head_of, raw)).type == "start":
        return await asyncio.to_thread(say.parse, raw)
    fit = f"{rate_limits.MESSAGE_BYTES} fit ({rate_limits.START_BYTES} for a start)"
    raise Refused("too_large", f"The message has {len(raw)} bytes; at most {fit}.")


async def _head(text: str | None) -> say.Head:
    """What can be told of a refused message."""
    raw = (text or "").encode("utf-8", "surrogatepass")
    if len(raw) > rate_limits.START_BYTES:
        return say.Head()
    return say.head_of(raw) if len(raw) <= rate_limits.MESSAGE_BYTES else await asyncio.to_thread(say.head_of, raw)
