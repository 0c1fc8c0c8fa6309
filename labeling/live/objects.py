"""The open objects of one socket. Each carries out its requests one after another and answers only the newest.

State after k clicks is exactly that of a fresh session given the k clicks: every click is decoded, in order, because
each decode starts from the mask before it. What a newer request saves is the answer, not the click.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar
from uuid import UUID

import inference
from inference import Features
from inference.clicks.tiled_session import TiledSession
from inference.clicks.tiles import Grid, Tile, TileFeatures
from inference.core.masks import PackedPatch
from labeling import masks
from labeling.features.store import FeaturesLost
from labeling.live.decoder import Decoder
from labeling.live.memory import Memory
from labeling.live.messages import Click, Error, Mask, Patch, Redo, Refused, ServerMessage, Start, Took, Undo
from labeling.live.rate_limits import CLICKS_PER_OBJECT, OPEN_OBJECTS, PENDING_REQUESTS, TILE_PATIENCE, TILE_POLL

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)

NO_ROOM = (
    "The server has no memory for one more open object of yours. Keep or cancel some of those that are open, or close "
    "other tabs, then click again."
)
STARTED, CLICKED = 5 * 1024**2, 512 * 1024
"""Bytes that are charged for a `start` (with the image's features) and for a click before their work begins."""

Request = Start | Click | Undo | Redo
Send = Callable[[ServerMessage], Awaitable[None]]


@dataclass(frozen=True)
class Surroundings:
    """What every open object of a socket shares."""

    image: int
    width: int
    height: int
    decoder: Decoder
    features: Callable[[], Awaitable[Features]]
    """The image's features. Raises: Refused `not_ready`."""
    send: Send
    memory: Memory
    """What open objects hold is charged for here."""

    owner: Hashable = None
    """Whose objects they are. Decode threads serve owners in turn, and each has a share of the memory."""

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(...)` in a decode thread."""
        return await self.decoder.run(self.owner, work, *args, **kwargs)


@dataclass
class _Turn:
    """A request on its way; times are `perf_counter` seconds."""

    request: Request
    received: float = field(default_factory=time.perf_counter)
    began: float | None = None

    tile: str | None = None
    """For a second look at an answer that was given: the tile."""

    def took(self) -> Took:
        began, now = self.began or self.received, time.perf_counter()
        return Took(queue=round((began - self.received) * 1e3, 1), decode=round((now - began) * 1e3, 1))


class OpenObject:
    """One object that is being clicked."""

    def __init__(self, around: Surroundings, end: Callable[["OpenObject"], None]) -> None:
        self.seq = 0
        self._around = around
        self._end = end
        self._pending: deque[_Turn] = deque()
        self._task: asyncio.Task[None] | None = None
        self._session: TiledSession | None = None
        self._unanswered: _Turn | None = None
        self._look: asyncio.Task[None] | None = None
        self._hoped: _Turn | None = None
        """A second look that waits for its tile to be encoded."""
        self._missed: str | None = None
        """The tile that would have answered the newest click better, had it been here."""

        self._features_bytes = 0
        self._holds = 0
        """Bytes of the session and its features."""

        self._closed = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being done with it."""
        return self._task is None

    def drop(self) -> None:
        """Others need the memory. The next click is told `unknown_object`, and the editor starts it again."""
        self.close()
        self._end(self)

    def _charge(self, more: int = 0) -> bool:
        """Whether there is room for what it holds and `more`; noted then."""
        return self._around.memory.charge(self, self._around.owner, self._holds + more)

    def submit(self, request: Request) -> None:
        """Put a request last in line. Raises: Refused."""
        if request.seq <= self.seq:
            raise Refused("bad_message", f"seq must rise: {request.seq} came after {self.seq}.")
        if len(self._pending) >= PENDING_REQUESTS:
            raise Refused("rate_limited", "The server is behind with this object. Wait for its mask, then go on.")
        if not self._charge(_needs(request)):
            raise Refused("too_many_objects", NO_ROOM)
        self.seq = request.seq
        self._line_up(_Turn(request))

    def tile_ready(self, name: str) -> None:
        """A tile that somebody asked for is encoded now."""
        if self._hoped is not None and self._hoped.tile == name:
            self._look = asyncio.create_task(self._look_at(self._hoped))

    def _line_up(self, turn: _Turn) -> None:
        self._pending.append(turn)
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    def close(self) -> None:
        """Forget the object; what is on its way is not answered."""
        self._closed = True
        self._around.memory.release(self)
        self._pending.clear()
        self._hoped = None
        if self._look is not None:
            self._look.cancel()
        if self._task is not None:
            self._task.cancel()

    async def _work(self) -> None:
        while self._pending:
            turn = self._pending.popleft()
            try:
                await (self._refine(turn, turn.tile) if turn.tile else self._serve(turn))
            except Exception:
                logger.exception("%s of object %s failed", turn.request.type, turn.request.object)
                self._session = self._unanswered = None
                message = "Something went wrong on the server. Start the object again with its clicks; nothing is lost."
                await self._tell_error(turn, Refused("internal", message))
        self._task = None
        if self._session is None:
            self._around.memory.release(self)
            self._end(self)

    async def _serve(self, turn: _Turn) -> None:
        """Carry a request out, and send what there is to say about it."""
        try:
            answer = await self._carry_out(turn)
        except Refused as refused:
            if self._unanswered is not None:  # an earlier request left its answer to this one
                await self._around.send(await self._around.run(self._answer, self._unanswered))
            await self._tell_error(turn, refused)
        else:
            if answer is not None:
                await self._around.send(answer)
                if self._missed is not None:
                    self._look = asyncio.create_task(
                        self._look_at(_Turn(_without_mask(turn.request), tile=self._missed))
                    )

    async def _look_at(self, turn: _Turn) -> None:
        """Bring a tile to memory for the next click, and answer the newest one on it: now, or when it is encoded.
        A `start` is answered again only when that was asked for: it may be an object that was kept as it is."""
        assert turn.tile is not None
        self._hoped = turn  # before it is asked for: what is said in between is not missed
        try:
            await self._around.decoder.tile(self._around.image, turn.tile)
        except FeaturesLost:
            return
        except Exception:
            logger.exception("tile %s of image %d was not read", turn.tile, self._around.image)
            return
        newest = self._hoped is turn and turn.request.seq == self.seq
        self._hoped = None if self._hoped is turn else self._hoped
        if newest and _may_look_closer(turn.request):
            self._line_up(turn)

    async def _refine(self, turn: _Turn, tile: str) -> None:
        """Answer the newest click again on a tile, unless something newer came."""
        features = self._around.decoder.tile_in_memory(self._around.image, tile)
        if self._session is not None and features is not None and not self._pending:
            await self._around.send(await self._around.run(self._refined, turn, features))

    async def _tell_error(self, turn: _Turn, refused: Refused) -> None:
        request = turn.request
        error = Error(code=refused.code, message=refused.message, seq=request.seq, object=request.object)
        await self._around.send(error)

    async def _carry_out(self, turn: _Turn) -> Mask | None:
        """The answer; None when a newer request will give it. A long replay lets others decode between its clicks."""
        steps = await self._steps(turn.request)
        run = self._around.run
        for step in steps[:-1]:
            await run(self._begin, turn, step)
            self._account()
        answer = await run(self._finish, turn, steps[-1])
        self._account()
        return answer

    def _account(self) -> None:
        """Charge for what it holds now. Raises: Refused when there is no room; the object is forgotten then."""
        if not self._closed and not self._charge():
            self._session = self._unanswered = None
            raise Refused("too_many_objects", NO_ROOM)

    async def _steps(self, request: Request) -> list[Callable[[], object]]:
        """What there is to do in decode threads. Raises: Refused when it can't be done now."""
        if isinstance(request, Start):
            features = await self._around.features()
            known = await self._tiles({name for _, _, _, *rest in request.clicks for name in rest})
            clicks = [partial(self._replay, known, *click) for click in request.clicks]
            return [partial(self._open, request, features, *clicks[:1]), *clicks[1:]]
        if self._session is None:
            raise Refused("unknown_object", "This object is not open. Start it with its clicks.")
        if isinstance(request, Click):
            if len(self._session.clicks) >= CLICKS_PER_OBJECT:
                raise Refused("too_many_clicks", f"An object has at most {CLICKS_PER_OBJECT} clicks. Keep it, or undo.")
            return [partial(self._click, request.x, request.y, request.positive)]
        if isinstance(request, Undo):
            if not self._session.clicks:
                raise Refused("nothing_to_undo", "There is no click to undo.")
            return [self._session.undo]
        if not self._session.can_redo:
            raise Refused("nothing_to_redo", "There is no undone click to redo.")
        return [self._session.redo]

    async def _tiles(self, names: set[str]) -> dict[str, TileFeatures]:
        """The tiles of clicks that are replayed. Those that were lost are all asked for and then waited for a while, as
        they are made anew."""
        found: dict[str, TileFeatures] = {}
        until = time.perf_counter() + TILE_PATIENCE
        while True:
            for name in sorted(names - found.keys()):
                with suppress(FeaturesLost):
                    found[name] = await self._around.decoder.tile(self._around.image, name)
            if len(found) == len(names) or time.perf_counter() > until:
                return found
            await asyncio.sleep(TILE_POLL)

    # From here on: in a decode thread. One at a time for an object, as `_work` waits for each.

    def _begin(self, turn: _Turn, step: Callable[[], object]) -> None:
        if turn.began is None:
            turn.began = time.perf_counter()
        step()
        if self._session is not None:
            self._holds = self._session.nbytes + self._features_bytes

    def _finish(self, turn: _Turn, step: Callable[[], object]) -> Mask | None:
        self._begin(turn, step)
        self._unanswered = turn
        return None if self._pending else self._answer(turn)

    def _open(self, start: Start, features: Features, *first: Callable[[], None]) -> None:
        """A session with the first click, if any."""
        previous = self._mask_of(start.previous) if start.previous else None
        self._session = self._around.decoder.predictor.tiled_session(features, previous=previous, box=start.box)
        self._features_bytes = features.nbytes
        for click in first:
            click()

    def _mask_of(self, patch: Patch) -> PackedPatch | None:
        """The mask of a patch; None for an empty one. Raises: Refused `bad_message`."""
        x, y, width, height = patch.bbox
        if width == 0 or height == 0:
            return None
        try:
            box, rows = masks.packed(patch.counts, height, width)
        except masks.MaskError as error:
            raise Refused("bad_message", f"previous: {error}") from error
        return PackedPatch(x + box.x, y + box.y, box.width, box.height, rows)

    def _click(self, x: float, y: float, positive: bool) -> None:
        """A new click: on the tile that answers it best, if that is here."""
        assert self._session is not None
        click = inference.Click(x, y, positive)
        wanted = self._session.wanted(click)
        tile = self._around.decoder.tile_in_memory(self._around.image, wanted.name) if wanted else None
        self._session.add(click, tile)
        self._missed = None if tile else self._missing(self._session.wanted())

    def _missing(self, wanted: Tile | None) -> str | None:
        """The tile's name if it has to be brought here first."""
        if wanted is None or self._around.decoder.tile_in_memory(self._around.image, wanted.name):
            return None
        return wanted.name

    def _replay(self, tiles: dict[str, TileFeatures], x: float, y: float, positive: bool, tile: str = "") -> None:
        """A click as it was answered before; on the overview if its tile can't be had any more."""
        assert self._session is not None
        self._session.add(inference.Click(x, y, positive), tiles.get(tile))

    def _refined(self, turn: _Turn, features: TileFeatures) -> Mask:
        assert self._session is not None
        turn.began = time.perf_counter()
        self._session.refine(features)
        self._missed = None
        return self._answer(turn)

    def _answer(self, turn: _Turn) -> Mask:
        """The object's mask as it is now, in answer to `turn` and all before it."""
        assert self._session is not None
        self._unanswered = None
        patch = self._session.patch()
        empty = patch.width == 0 or patch.height == 0
        tiles = self._session.tiles
        if isinstance(turn.request, Start) and turn.tile is None:
            self._missed = self._missing(self._session.wanted())
        return Mask(
            object=turn.request.object,
            seq=turn.request.seq,
            clicks=len(self._session.clicks),
            can_redo=self._session.can_redo,
            bbox=(0, 0, 0, 0) if empty else (patch.x, patch.y, patch.width, patch.height),
            counts="" if empty else masks.encode(patch.bits),
            tiles=[tile.name if tile else None for tile in tiles] if any(tiles) else None,
            stage="coarse" if self._missed and _may_look_closer(turn.request) else "final",
            ms=turn.took(),
        )


def _needs(request: Request) -> int:
    """Bytes that a request may come to hold, as far as it says."""
    if not isinstance(request, Start):
        return CLICKED
    given = request.previous
    return STARTED + (len(given.counts) + given.bbox[2] * given.bbox[3] // 8 if given else 0)


def _without_mask(request: Request) -> Request:
    """What is remembered of an answered request: not the megabytes that it may have carried."""
    return request.model_copy(update={"previous": None}) if isinstance(request, Start) else request


def _may_look_closer(request: Request) -> bool:
    """May the newest click be answered once more, on a tile?"""
    return isinstance(request, Click) or (isinstance(request, Start) and request.closer)


class OpenObjects:
    """The table of a socket's open objects."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._open: dict[UUID, OpenObject] = {}

    def submit(self, request: Request) -> None:
        """Hand a request to its object; a `start` opens it, or opens it anew. Raises: Refused; nothing was changed."""
        self._check_inside(request)
        known = self._open.get(request.object)
        if not isinstance(request, Start):
            if known is None:
                raise Refused("unknown_object", "This object is not open. Start it with its clicks.")
            known.submit(request)
            return
        if known is None and len(self._open) >= OPEN_OBJECTS:
            raise Refused("too_many_objects", f"{OPEN_OBJECTS} objects are open. Keep or cancel one of them first.")
        opened = OpenObject(self._around, partial(self._forget, request.object))
        opened.seq = known.seq if known else 0
        opened.submit(request)
        if known is not None:
            known.close()
        self._open[request.object] = opened

    def close(self, uid: UUID) -> None:
        """Forget an object. One that is not open is forgotten already."""
        known = self._open.pop(uid, None)
        if known is not None:
            known.close()

    def tile_ready(self, name: str) -> None:
        """A tile of the image is encoded now."""
        for one in self._open.values():
            one.tile_ready(name)

    def close_all(self) -> None:
        for uid in list(self._open):
            self.close(uid)

    def _forget(self, uid: UUID, ended: OpenObject) -> None:
        """An object without a session has ended; a newer one of the same name stays."""
        if self._open.get(uid) is ended:
            del self._open[uid]

    def _check_inside(self, request: Request) -> None:
        """Raises: Refused `out_of_image` for a coordinate outside the view."""
        width, height = self._around.width, self._around.height
        points = []
        if isinstance(request, Click):
            points = [(request.x, request.y)]
        elif isinstance(request, Start):
            points = [(x, y) for x, y, *_ in request.clicks]
            self._check_boxes(request)
            self._check_tiles(request)
        for x, y in points:
            if not (0 <= x < width and 0 <= y < height):
                raise Refused("out_of_image", f"({x}, {y}) is outside the {width} × {height} image.")

    def _check_tiles(self, start: Start) -> None:
        """Raises: Refused for a tile that there is not, or that does not show its click."""
        grid = Grid(self._around.height, self._around.width)
        for x, y, _, *rest in start.clicks:
            for name in rest:
                tile = Tile.of(name)
                x0, y0, x1, y1 = grid.box(tile) if grid.has(tile) else (0, 0, 0, 0)
                if not (x0 <= x < x1 and y0 <= y < y1):
                    raise Refused("bad_message", f"clicks: ({x}, {y}) is not in a tile {name} of this image.")

    def _check_boxes(self, start: Start) -> None:
        width, height = self._around.width, self._around.height
        if start.box is not None:
            x0, y0, x1, y1 = start.box
            if x0 >= x1 or y0 >= y1:
                raise Refused("bad_message", "box: must be [x0, y0, x1, y1] with x0 < x1 and y0 < y1.")
            if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
                raise Refused("out_of_image", f"The box is not inside the {width} × {height} image.")
        if start.previous is not None:
            x, y, w, h = start.previous.bbox
            if x + w > width or y + h > height:
                raise Refused("out_of_image", f"The previous mask is not inside the {width} × {height} image.")
