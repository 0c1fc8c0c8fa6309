"""Every message of the click socket with values that nothing sensible sends: an answer or an error, never a failure."""

import json
import logging
from typing import Any, get_args

import pytest

from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.live import messages, rate_limits
from tests.live.conftest import Connect, Socket, uid
from tests.unit.test_odd_input import changed, leaves

pytestmark = pytest.mark.once

WRONG: list[Any] = [
    None, True, "", "\0", "\ud800", "a" * 5000, "9" * 400, 0, -1, 2**31, 2**53, 2**53 + 1, 2**63, 10**400, -0.0, 1e-320,
    1e308, -1e308, float("nan"), float("inf"), [], [[]], [None] * 1000, {}, {"v": 1}, "😀", "t1-0-0", "t99-9999-9999",
    "00000000-0000-0000-0000-000000000000", [5, 5, 5, 5], [0, 0, 1, 1],
]  # fmt: skip
OBJECT = "11111111-1111-4111-8111-111111111111"
HEAD = {"v": 1, "object": OBJECT, "seq": 1}
SENT: dict[type, dict[str, Any]] = {
    messages.Start: HEAD | {
        "clicks": [[5.5, 5.5, True], [9.5, 9.5, False, "t1-0-0"]], "box": [1.0, 1.0, 9.0, 9.0], "closer": True,
        "previous": {"bbox": [1, 1, 4, 4], "counts": "0@"},
    },
    messages.Click: HEAD | {"x": 7.5, "y": 7.5, "positive": True},
    messages.Undo: HEAD,
    messages.Redo: HEAD,
    messages.Close: {"v": 1, "object": OBJECT},
    messages.Prefetch: {"v": 1, "images": [1, 2]},
    messages.Ping: {"v": 1, "seq": 1},
    messages.Here: {"v": 1, "tab": OBJECT, "take": False},
}  # fmt: skip


def of_type(kind: type) -> dict[str, Any]:
    (name,) = get_args(kind.model_fields["type"].annotation)  # type: ignore[attr-defined]
    return {"type": name, **SENT[kind]}


def test_every_message_is_here() -> None:
    assert set(SENT) == set(get_args(messages.ClientMessage))
    for kind in SENT:
        messages.parse(json.dumps(of_type(kind)).encode())


@pytest.mark.parametrize("kind", SENT, ids=lambda kind: kind.__name__)
async def test_every_value_of_a_message(
    kind: type, bob: User, image: Image, connect: Connect, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(rate_limits.TokenBucket, "take", lambda self: True)
    socket = await connect(bob)
    sent = of_type(kind)
    ways = [*leaves(sent), *((name,) for name, value in sent.items() if isinstance(value, list | dict))]
    with caplog.at_level(logging.ERROR):
        for way in ways:
            await socket.ask("start", object=OBJECT)  # so that a click and an undo mean something
            for wrong in WRONG:
                socket.seq += 2
                right = {**sent, "seq": socket.seq - 1} if "seq" in sent else sent
                await socket.send_raw(json.dumps(changed(right, way, wrong)))
                assert await socket.is_alive(), (way, wrong)
            await socket.send("close", object=OBJECT)
        started = await socket.ask("start", object=uid())
    assert started["type"] == "mask"
    assert not [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("wrong", [*WRONG, b"\xff", "[" * 1000, '{"v":1,"type":"ping","seq":1}' * 2])
async def test_the_progress_socket_takes_pings_alone(wrong: Any, bob: User, image: Image) -> None:
    socket = Socket(bob, f"/ws/projects/{image.project_id}/")
    assert await socket.connect()
    assert (await socket.receive())["type"] == "snapshot"
    for message in ({"v": 1, "type": "ping", "seq": wrong}, {"v": wrong, "type": "ping", "seq": 1}, wrong):
        await socket.send_raw(message if isinstance(message, bytes) else json.dumps(message, default=str))
        answer = await socket.receive()
        assert answer["type"] in ("error", "pong")
        assert answer.get("code") in (None, "bad_message", "too_large")
    assert await socket.is_alive()
    await socket.disconnect()
