"""A ready image with real features of the real model, and click sockets on the real ASGI application."""

import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.layers import channel_layers
from django.conf import settings
from django.test import Client

from inference import Click, ClickPredictor, Features
from labeling import masks
from labeling.accounts.models import User
from labeling.asgi import application
from labeling.features import store
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.live.decoder import decoder
from labeling.live.lru import FeaturesLru
from labeling.projects.models import Project
from tests.conftest import picture
from tests.patience import PATIENCE

WIDTH, HEIGHT = 320, 240
ORIGIN = "http://localhost"

db = database_sync_to_async
"""For the database in async tests: Django gives a coroutine a connection of its own, which nobody would close."""


@pytest.fixture(scope="session")
def predictor() -> ClickPredictor:
    return ClickPredictor(threads=1)


@pytest.fixture(scope="session")
def features(predictor: ClickPredictor) -> Features:
    """Features of `picture()`, made once."""
    return predictor.encode(picture(WIDTH, HEIGHT))


@pytest.fixture(autouse=True)
def memory() -> Iterator[FeaturesLru]:
    """The decoder's features; every test begins with none."""
    decoder().lru = FeaturesLru(settings.FEATURES_MEMORY_BYTES)
    yield decoder().lru
    decoder().lru = FeaturesLru(settings.FEATURES_MEMORY_BYTES)


@pytest.fixture(autouse=True)
def own_channel_layer() -> None:
    """A layer of this test's own. Redis' layer shares locks and buffers between a process' receivers, for one event
    loop; every test has another loop, and would wait for receivers that ended with theirs."""
    channel_layers.backends.clear()


def make_image(project: Project, name: str = "a.png") -> Image:
    """An accepted image that waits in the encode queue."""
    image = Image.objects.create(project=project, name=name, sha256=uuid.uuid4().hex * 2, width=WIDTH, height=HEIGHT)
    Encoding.objects.create(image=image)
    return image


def make_ready(image: Image, features: Features) -> Encoding:
    """What a worker leaves behind: features in the store and the row that names them."""
    stored = store.save(image.project_id, image.pk, features)
    Encoding.objects.filter(image=image).update(
        state="ready", features_version=stored.version, storage_key=stored.key,
        sha256=stored.sha256, nbytes=stored.nbytes,
    )  # fmt: skip
    return Encoding.objects.get(image=image)


@pytest.fixture
def image(transactional_db: None, project: Project, features: Features) -> Image:
    """A ready image of `project`."""
    image = make_image(project)
    make_ready(image, features)
    return image


class Socket:
    """A click socket as a browser opens it. (`channels.testing` would need daphne, which nothing else here does.)"""

    def __init__(self, user: User | None, path: str, origin: str | None = ORIGIN, cookie: bytes = b"") -> None:
        self._user, self._path, self._origin, self._cookie = user, path, origin, cookie
        self.seq = 0
        self._gone = False

    def _scope(self) -> dict[str, Any]:
        headers = [(b"host", b"localhost"), *([(b"origin", self._origin.encode())] if self._origin else [])]
        if self._cookie:
            headers.append((b"cookie", settings.SESSION_COOKIE_NAME.encode() + b"=" + self._cookie))
        if self._user is not None:
            client = Client()
            client.force_login(self._user)
            self.session = client.session
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
        return {
            "type": "websocket",
            "path": self._path,
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }

    async def connect(self) -> bool:
        """Whether the handshake was accepted."""
        self._wire = ApplicationCommunicator(application, await db(self._scope)())
        await self._wire.send_input({"type": "websocket.connect"})
        accepted = (await self._wire.receive_output(PATIENCE))["type"] == "websocket.accept"
        if not accepted:
            await self.disconnect()
        return accepted

    async def send(self, type: str, **fields: Any) -> int:
        """Send a message; returns its seq (raised for each message that has one)."""
        if type not in {"close", "prefetch"}:
            self.seq = fields.setdefault("seq", self.seq + 1)
        await self.send_raw(json.dumps({"v": 1, "type": type, **fields}))
        return self.seq

    async def send_raw(self, frame: str | bytes) -> None:
        key = "text" if isinstance(frame, str) else "bytes"
        await self._wire.send_input({"type": "websocket.receive", key: frame})

    async def receive(self) -> dict[str, Any]:
        output = await self._wire.receive_output(PATIENCE)
        assert output["type"] == "websocket.send", output
        return json.loads(output["text"])

    async def until(self, type: str) -> dict[str, Any]:
        """The next message of that type."""
        while (message := await self.receive())["type"] != type:
            pass
        return message

    async def ask(self, type: str, **fields: Any) -> dict[str, Any]:
        """Send a message and wait for its answer or error."""
        seq = await self.send(type, **fields)
        while (message := await self.receive()).get("seq") != seq:
            pass
        return message

    async def is_alive(self) -> bool:
        """Whether a ping is answered."""
        return (await self.ask("ping"))["type"] == "pong"

    async def closed(self) -> int:
        """The code with which the server closes the socket."""
        while (message := await self._wire.receive_output(PATIENCE))["type"] != "websocket.close":
            pass
        return message["code"]

    async def disconnect(self) -> None:
        if not self._gone:
            self._gone = True
            if self._wire.future.cancelled():
                return  # it gave no answer in time: told there; pytest does not clean up after a CancelledError
            began = time.monotonic()
            await self._wire.send_input({"type": "websocket.disconnect", "code": 1000})
            await self._wire.wait(PATIENCE)
            assert time.monotonic() - began < PATIENCE, "the application went on after the socket had ended"


Connect = Callable[..., Awaitable[Socket]]


@pytest_asyncio.fixture
async def connect(image: Image) -> AsyncIterator[Connect]:
    """`await connect(bob)`: an open socket on `image` after its hello. They are closed after the test."""
    sockets: list[Socket] = []

    async def make(user: User, on: Image = image) -> Socket:
        socket = Socket(user, f"/ws/images/{on.pk}/")
        sockets.append(socket)
        assert await socket.connect()
        assert (await socket.receive())["type"] == "hello"
        return socket

    yield make
    for socket in sockets:
        await socket.disconnect()


def clicks(count: int, seed: int = 0) -> list[tuple[float, float, bool]]:
    """Clicks all over the view, the first one positive."""
    random = np.random.default_rng(seed)
    points = zip(random.uniform(0, WIDTH, count), random.uniform(0, HEIGHT, count), random.random(count), strict=True)
    return [
        (round(float(x), 2), round(float(y), 2), bool(index == 0 or chance > 0.4))
        for index, (x, y, chance) in enumerate(points)
    ]


def bits(mask: dict[str, Any]) -> masks.Bits:
    """The whole view's mask of a `mask` message."""
    box = masks.Box(*mask["bbox"])
    if box.width == 0:
        return np.zeros((HEIGHT, WIDTH), bool)
    return masks.paste(masks.decode(mask["counts"], box.height, box.width), box, HEIGHT, WIDTH)


def predicted(predictor: ClickPredictor, features: Features, given: list[Any], **more: Any) -> masks.Bits:
    """What the library says to the same clicks."""
    return predictor.predict(features, [Click(*click) for click in given], **more)


def uid() -> str:
    return str(uuid.uuid4())
