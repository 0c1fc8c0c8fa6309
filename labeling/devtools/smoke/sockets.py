"""The two sockets of docs/reference/protocol.md from a client's side."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from labeling import masks
from labeling.devtools.smoke.client import Client
from labeling.devtools.smoke.report import SmokeFailed, check

Message = dict[str, Any]


class Socket:
    """A connected socket. Raises SmokeFailed when it ends or stays silent too long."""

    def __init__(self, client: Client, path: str) -> None:
        address = client.url.replace("http", "ws", 1) + path
        self.path = path
        try:
            self._connecting = connect(
                address,
                origin=Origin(client.url),
                additional_headers={"Cookie": client.cookies},
                max_size=None,
                proxy=None,
                ping_timeout=None,  # a busy machine answers late; how long is waited is up to `receive`
            )
            self._connection: ClientConnection = self._connecting.__enter__()
        except (InvalidHandshake, OSError) as error:
            raise SmokeFailed(f"The socket {path} opens; it did not: {error}") from error

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *error: object) -> None:
        self._connecting.__exit__(None, None, None)

    def send(self, type: str, **fields: Any) -> None:
        """Send a message of this type."""
        self._connection.send(json.dumps({"v": 1, "type": type, **fields}))

    def receive(self, seconds: float = 30) -> Message:
        """The next message."""
        try:
            message = json.loads(self._connection.recv(timeout=seconds))
        except TimeoutError as error:
            raise SmokeFailed(f"The socket {self.path} says something within {seconds:.0f} s; it did not.") from error
        except ConnectionClosed as error:
            raise SmokeFailed(f"The socket {self.path} stays open; it was closed: {error}") from error
        check(message.get("v") == 1, f"Every message has v 1; this had not: {message}")
        return dict(message)

    def wait_for(self, what: str, wanted: Callable[[Message], bool], seconds: float) -> Message:
        """Read until a message is `wanted`; `what` says in a failure what was awaited."""
        deadline = time.monotonic() + seconds
        last: Message = {}
        while (left := deadline - time.monotonic()) > 0:
            try:
                last = self.receive(left)
            except SmokeFailed as failed:
                raise SmokeFailed(f"While waiting for {what}: {failed} The last message was {last}") from failed
            if wanted(last):
                return last
        raise SmokeFailed(f"{what} within {seconds:.0f} s; the last message was {last}")


@dataclass(frozen=True)
class Answer:
    """A mask as it came."""

    bbox: list[int]
    counts: str
    clicks: int
    decode_ms: float

    def bits(self, width: int, height: int) -> masks.Bits:
        """The mask over the whole view, `height×width`."""
        box = masks.Box(*self.bbox)
        if box.width == 0:
            return np.zeros((height, width), bool)
        return masks.paste(masks.decode(self.counts, box.height, box.width), box, height, width)


@dataclass
class ClickSocket:
    """The click socket of one image, with one open object at a time."""

    client: Client
    image: int
    seq: int = 0
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __enter__(self) -> "ClickSocket":
        self.socket = Socket(self.client, f"/ws/images/{self.image}/")
        self.hello = self.socket.receive()
        check(self.hello["type"] == "hello", f"The first message is hello, not {self.hello}")
        state = self.hello["state"]
        while state != "ready":
            message = self.socket.wait_for("state", lambda one: one["type"] == "state", 60)
            state = message["state"]
            check(state != "failed", f"Image {self.image} can be encoded; it failed: {message.get('reason')}")
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.__exit__(*error)

    def open(self, clicks: list[list[Any]] | None = None) -> Answer:
        """Open a new object, or re-open one by its clicks."""
        if clicks is None:
            self.uid = str(uuid.uuid4())
        return self._ask("start", clicks=clicks or [])

    def click(self, x: float, y: float, positive: bool) -> Answer:
        return self._ask("click", x=x, y=y, positive=positive)

    def undo(self) -> Answer:
        return self._ask("undo")

    def redo(self) -> Answer:
        return self._ask("redo")

    def refused(self, type: str, **fields: Any) -> str:
        """Send something that must be refused; the error's code."""
        self.seq += 1
        self.socket.send(type, object=self.uid, seq=self.seq, **fields)
        answer = self.socket.wait_for(f"the answer to {type}", lambda one: one["type"] in ("mask", "error"), 30)
        check(answer["type"] == "error", f"{type} {fields} is refused; the answer was {answer}")
        return str(answer["code"])

    def ping(self) -> None:
        """Ask whether the server still listens."""
        self.seq += 1
        self.socket.send("ping", seq=self.seq)
        self.socket.wait_for("pong", lambda one: one["type"] == "pong" and one["seq"] == self.seq, 30)

    def _ask(self, type: str, **fields: Any) -> Answer:
        self.seq += 1
        self.socket.send(type, object=self.uid, seq=self.seq, **fields)
        answer = self.socket.wait_for(f"the answer to {type}", lambda one: one["type"] in ("mask", "error"), 30)
        check(
            answer["type"] == "mask" and answer["seq"] == self.seq and answer["object"] == self.uid,
            f"{type} is answered by the mask of its object and seq {self.seq}, not by {answer}",
        )
        return Answer(answer["bbox"], answer["counts"], answer["clicks"], answer["ms"]["decode"])
