"""An annotator's editor without a screen: one click socket, one object after the other."""

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from labeling.devtools.bench.ledger import Ledger
from labeling.devtools.smoke.labeling import Picture
from labeling.devtools.smoke.report import SmokeFailed
from labeling.devtools.smoke.targets import Place, Target

PATIENCE = 60.0
"""Seconds after which an answer counts as lost. Many times what a person would wait."""

Click = tuple[float, float, bool]
Tiles = tuple[str | None, ...]
Shape = tuple[tuple[int, ...], str]
"""A mask as it came: its box and its run lengths."""


@dataclass(frozen=True)
class Pace:
    """How an annotator works. `clicks`: at most so many each; `seconds`: at most so long; `think`: mean seconds between
    an answer and the next click; `overlap`: the next click does not wait for the answer."""

    clicks: int = 30
    seconds: float = 30.0
    think: float = 0.0
    overlap: bool = False


@dataclass(frozen=True)
class Job:
    """An object to click: where it is, and on which image."""

    picture: Picture
    target: Target

    def clicks(self) -> list[Click]:
        """Five clicks in view pixels: on it, beside it (negative), on it again, and twice between those two."""
        on, beside, other = self.target.on, self.target.beside, self.target.also_on
        places = [(on, True), (beside, False), (other, True), (_between(on, other), True)]
        places.append((_between(_between(on, other), other), True))
        return [(x * self.picture.width, y * self.picture.height, positive) for (x, y), positive in places]


def _between(one: Place, other: Place) -> Place:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


class Reference:
    """The mask of each object after each number of clicks, each answered on such a tile (or the overview: None), as it
    first came. Everybody else has to get the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[Job, int, Tiles], Shape] = {}

    def is_same(self, job: Job, clicks: int, tiles: Tiles, shape: Shape) -> bool:
        return self._known.setdefault((job, clicks, tiles), shape) == shape


@dataclass
class Samples:
    """Milliseconds of every answered click: as the client saw it, and what the server says of it."""

    round_trip: list[float] = field(default_factory=list)
    queue: list[float] = field(default_factory=list)
    decode: list[float] = field(default_factory=list)


class Annotator:
    """One socket on one image. Enter it, then `work`. Raises SmokeFailed when the socket can't be opened or ends."""

    def __init__(self, url: str, cookies: str, jobs: list[Job], reference: Reference, seed: int) -> None:
        self.ledger = Ledger()
        self.samples = Samples()
        self._url, self._cookies, self._jobs, self._reference = url, cookies, jobs, reference
        self._random = random.Random(seed)
        self._job = jobs[0]
        self._tiles: Tiles = ()
        self._seq = 0
        self._uid = ""
        self._begun: dict[str, Job] = {}
        self._clicks: set[int] = set()
        self._changed = asyncio.Event()
        self._failed = ""
        self._gap, self._due = 0.0, 0.0

    async def __aenter__(self) -> "Annotator":
        path = f"/ws/images/{self._job.picture.id}/"
        headers = {"Cookie": self._cookies}
        address = self._url.replace("http", "ws", 1) + path
        try:
            self._socket: ClientConnection = await connect(
                address, origin=Origin(self._url), additional_headers=headers, max_size=None, proxy=None,
                open_timeout=PATIENCE, ping_timeout=None,
            )  # fmt: skip
            hello = json.loads(await asyncio.wait_for(self._socket.recv(), PATIENCE))
        except (InvalidHandshake, ConnectionClosed, TimeoutError, OSError) as error:
            raise SmokeFailed(f"The socket {path} opens and says hello; it did not: {error!r}") from error
        self._gap = 1.05 / hello["limits"]["clicks_per_second"]
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        await self._socket.close()

    async def work(self, pace: Pace) -> None:
        """Click one object after the other until the clicks or the seconds are used up."""
        deadline = time.monotonic() + pace.seconds
        left = pace.clicks
        await asyncio.sleep(self._random.uniform(0, pace.think))
        while left > 0 and time.monotonic() < deadline:
            self._job = self._jobs[(pace.clicks - left) // 5 % len(self._jobs)]
            done = await self._label(self._job.clicks()[:left], pace, deadline)
            left -= max(1, done)

    async def repeat(self) -> None:
        """Open the last object anew by all its clicks, each with its tile, as after a lost connection: the same mask
        has to come."""
        places = zip(self._job.clicks(), self._tiles, strict=False)
        await self._open([(*click, tile) if tile else click for click, tile in places])

    async def _label(self, clicks: list[Click], pace: Pace, deadline: float) -> int:
        """Open an object, click, forget it. Returns: how many clicks were sent."""
        await self._open([])
        sent = 0
        for x, y, positive in clicks:
            if sent and time.monotonic() > deadline:
                break
            if pace.think:
                await asyncio.sleep(pace.think * self._random.uniform(0.5, 1.5))
            self._clicks.add(self._seq + 1)
            self.ledger.tally.clicks += 1
            await self._ask("click", x=x, y=y, positive=positive)
            sent += 1
            if not pace.overlap:
                await self._settled()
        await self._settled()
        await self._send({"v": 1, "type": "close", "object": self._uid})
        return sent

    async def _open(self, clicks: Sequence[Click | tuple[float, float, bool, str]]) -> None:
        self._uid = str(uuid.uuid4())
        self._begun[self._uid] = self._job
        await self._ask("start", clicks=clicks)
        await self._settled()

    async def _ask(self, type: str, **more: Any) -> None:
        self._seq += 1
        await self._send({"v": 1, "type": type, "object": self._uid, "seq": self._seq, **more}, self._seq)

    async def _send(self, message: dict[str, Any], seq: int = 0) -> None:
        """Send within the server's limit on messages. The time begins when the message is handed to the socket."""
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        self._due = max(self._due, time.monotonic() - self._gap) + self._gap
        text = json.dumps(message)
        if seq:
            self.ledger.ask(seq, time.perf_counter())
        try:
            await self._socket.send(text)
        except ConnectionClosed as error:
            raise SmokeFailed(f"The socket stays open; it was closed: {error}") from error

    async def _settled(self) -> None:
        """Wait until every request is answered; what does not come in time is lost."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not self.ledger.is_settled():
                    self._changed.clear()
                    await self._changed.wait()
                    if self._failed:
                        raise SmokeFailed(self._failed)
        except TimeoutError:
            self.ledger.give_up()

    async def _read(self) -> None:
        """Take down what comes, with its time."""
        try:
            while True:
                text = await self._socket.recv()
                self._take_down(json.loads(text), time.perf_counter())
                self._changed.set()
        except ConnectionClosed as error:
            self._failed = f"The socket stays open; it was closed: {error}"
            self._changed.set()

    def _take_down(self, message: dict[str, Any], at: float) -> None:
        if message["type"] == "error":
            self.ledger.refuse(message.get("seq"))
        if message["type"] != "mask":
            return
        job = self._begun.get(message["object"])  # perhaps one before: a closer look that was on its way
        if job is None:
            self.ledger.tally.errors += 1
            return
        seconds = self.ledger.answer(message["seq"], at, message["stage"] == "coarse")
        if seconds is not None and message["seq"] in self._clicks:
            self.samples.round_trip.append(seconds * 1000)
            self.samples.queue.append(message["ms"]["queue"])
            self.samples.decode.append(message["ms"]["decode"])
        tiles = tuple(message.get("tiles") or [None] * message["clicks"])
        if message["object"] == self._uid:
            self._tiles = tiles
        shape = (tuple(message["bbox"]), message["counts"])
        if not self._reference.is_same(job, message["clicks"], tiles, shape):
            self.ledger.tally.different += 1
