"""The messages themselves: their size on the wire, and that no text whatever kills a socket."""

import json
import uuid
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.live import messages as say
from labeling.live.messages import Refused
from labeling.live.rate_limits import TokenBucket
from tests.live.conftest import Connect, Socket, clicks, uid

ONE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def test_a_click_is_one_small_message() -> None:
    click = {"v": 1, "type": "click", "object": ONE, "seq": 123456, "x": 1234.5678, "y": 2345.6789, "positive": False}
    frame = json.dumps(click)
    assert len(frame) < 200
    message = say.parse(frame.encode())
    assert isinstance(message, say.Ping | say.ObjectRequest)
    assert message.seq == 123456


async def test_clicks_and_answers_do_not_grow_with_the_history(bob: User, connect: Connect) -> None:
    socket, one = await connect(bob), uid()
    await socket.ask("start", object=one, clicks=clicks(20))
    mask = await socket.ask("click", object=one, x=5.5, y=5.5, positive=True)
    mask.pop("counts")
    assert len(json.dumps(mask)) < 300


def test_what_is_not_set_is_not_sent() -> None:
    assert json.loads(say.ImageState(state="ready").frame()) == {"v": 1, "type": "state", "state": "ready"}
    assert json.loads(say.Error(code="internal", message="m").frame()).keys() == {"v", "type", "code", "message"}


@pytest.mark.parametrize(
    "message",
    [
        {"type": "start", "object": ONE, "seq": 1},
        {"type": "start", "object": ONE, "seq": 1, "clicks": [[1, 2.5, True]], "box": [0, 0, 5, 5.5]},
        {"type": "start", "object": ONE, "seq": 1, "previous": {"bbox": [0, 0, 1, 1], "counts": "01"}},
        {"type": "start", "object": ONE, "seq": 1, "clicks": [], "previous": None, "box": None},
        {"type": "click", "object": ONE, "seq": 2, "x": 0, "y": 0.0, "positive": False},
        {"type": "undo", "object": ONE, "seq": 3},
        {"type": "redo", "object": ONE, "seq": 2**53},
        {"type": "close", "object": ONE.upper()},
        {"type": "prefetch", "images": []},
        {"type": "prefetch", "images": [1, 2, 3, 4, 5, 6, 7, 8]},
        {"type": "ping", "seq": 1},
    ],
)
def test_every_documented_message_is_read(message: dict[str, Any]) -> None:
    assert say.parse(json.dumps({"v": 1, **message}).encode()).type == message["type"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NUMBER = st.integers(-5, 400) | st.floats(width=32) | st.just(10**30)
LIKELY = st.fixed_dictionaries(
    {"v": st.sampled_from([1, 1, 1, 2, "1"])},
    optional={
        "type": st.sampled_from(["start", "click", "undo", "redo", "close", "prefetch", "ping", "mask"]),
        "object": st.sampled_from([ONE, ONE, str(uuid.UUID(int=5)), "me"]),
        "seq": st.integers(1, 10**6) | JSON,
        "x": NUMBER,
        "y": NUMBER,
        "positive": st.booleans() | JSON,
        "clicks": st.lists(st.tuples(NUMBER, NUMBER, st.booleans()), max_size=3) | JSON,
        "box": st.tuples(NUMBER, NUMBER, NUMBER, NUMBER) | JSON,
        "previous": st.fixed_dictionaries(
            {"bbox": st.tuples(*[st.integers(0, 400)] * 4) | JSON, "counts": st.text(max_size=12) | JSON}
        ),
        "images": st.lists(st.integers(-1, 10**20), max_size=9) | JSON,
    },
)
FRAMES = LIKELY.map(json.dumps) | JSON.map(json.dumps) | st.text(max_size=60) | st.binary(max_size=60)


@given(st.binary(max_size=200) | FRAMES.map(lambda frame: frame if isinstance(frame, bytes) else _bytes(frame)))
@settings(deadline=None)
def test_reading_gives_a_message_or_a_refusal(raw: bytes) -> None:
    refused = _refusal(raw)
    if refused is not None:
        assert refused.code == "bad_message"
        assert 0 < len(refused.message) <= 500
    say.head_of(raw)


def _refusal(raw: bytes) -> Refused | None:
    try:
        say.parse(raw)
    except Refused as refused:
        return refused
    return None


def _bytes(frame: str) -> bytes:
    return frame.encode("utf-8", "surrogatepass")


@given(st.lists(FRAMES, min_size=1, max_size=12))
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_no_frames_kill_a_socket(bob: User, image: Image, frames: list[str | bytes]) -> None:
    """Each is answered or silently done; no traceback; then a ping still is answered."""

    async def talk() -> None:
        socket = Socket(bob, f"/ws/images/{image.pk}/")
        assert await socket.connect()
        for frame in frames:
            await socket.send_raw(frame)
        await socket.send("ping", seq=10**7)
        while True:
            message = await socket.receive()
            assert message["type"] in {"hello", "state", "mask", "pong", "error"}
            assert message.get("code") != "internal"
            if message.get("seq") == 10**7:
                break
        await socket.disconnect()

    async_to_sync(talk)()


def test_the_bucket_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("labeling.live.rate_limits.time.monotonic", lambda: now)
    bucket = TokenBucket(rate=30, burst=60)
    assert [bucket.take() for _ in range(61)] == [True] * 60 + [False]
    now += 0.125
    assert [bucket.take() for _ in range(4)] == [True] * 3 + [False]
    now += 3600
    assert sum(bucket.take() for _ in range(100)) == 60
