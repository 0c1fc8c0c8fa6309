"""Every error code: typed, with what the client needs to tell which message it was, and the socket lives on."""

import asyncio
import json
from typing import Any

import pytest

from inference import ClickPredictor, Features
from labeling.accounts.models import User
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.live import objects
from labeling.live.decoder import decoder
from labeling.projects.models import Project
from labeling.web.events import image_group, publish
from tests.live.conftest import HEIGHT, WIDTH, Connect, Socket, bits, clicks, db, make_image, predicted, uid

pytestmark = pytest.mark.once

ONE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
CLICK = {"v": 1, "type": "click", "object": ONE, "seq": 5, "x": 1.0, "y": 1.0, "positive": True}
START = {"v": 1, "type": "start", "object": ONE, "seq": 5}


def changed(message: dict[str, Any], **fields: Any) -> str:
    """The message with fields changed, or taken away (None)."""
    return json.dumps({name: value for name, value in {**message, **fields}.items() if value is not None})


BAD = {
    "not JSON": "click!",
    "empty": "",
    "unfinished": '{"v": 1',
    "a list": "[]",
    "null": "null",
    "a surrogate": '{"v": 1, "type": "\ud800"}',
    "deep": "[" * 10_000,
    "a long number": "1" * 6000,
    "no version": changed(CLICK, v=None),
    "version 2": changed(CLICK, v=2),
    "version as text": changed(CLICK, v="1"),
    "no type": changed(CLICK, type=None),
    "unknown type": changed(CLICK, type="clack"),
    "a type of the server": changed(CLICK, type="mask"),
    "unknown field": changed(CLICK, colour="red"),
    "no seq": changed(CLICK, seq=None),
    "seq 0": changed(CLICK, seq=0),
    "seq as text": changed(CLICK, seq="5"),
    "seq as float": changed(CLICK, seq=5.5),
    "huge seq": changed(CLICK, seq=10**30),
    "no object": changed(CLICK, object=None),
    "object not a UUID": changed(CLICK, object="me"),
    "x as text": changed(CLICK, x="1"),
    "x as yes": changed(CLICK, x=True),
    "x NaN": changed(CLICK, x=float("nan")),
    "x infinite": changed(CLICK, x=float("inf")),
    "x too large for a float": changed(CLICK).replace("1.0", "1e999", 1),
    "positive as number": changed(CLICK, positive=1),
    "clicks not triples": changed(START, clicks=[[1, 2]]),
    "501 clicks": changed(START, clicks=[[1, 1, True]] * 501),
    "box of three": changed(START, box=[1, 2, 3]),
    "box without area": changed(START, box=[5, 5, 5, 9]),
    "negative bbox": changed(START, previous={"bbox": [-1, 0, 2, 2], "counts": "04"}),
    "9 images to prefetch": json.dumps({"v": 1, "type": "prefetch", "images": list(range(1, 10))}),
    "image 0 to prefetch": json.dumps({"v": 1, "type": "prefetch", "images": [0]}),
    "a huge image id": json.dumps({"v": 1, "type": "prefetch", "images": [10**30]}),
}


async def test_bad_messages(bob: User, connect: Connect) -> None:
    socket = await connect(bob)
    for name, frame in BAD.items():
        await socket.send_raw(frame)
        error = await socket.receive()
        assert (error["type"], error["code"]) == ("error", "bad_message"), name
        assert error["message"], name
        assert "Traceback" not in error["message"], name
        assert len(error["message"]) <= 500, name


async def test_a_binary_frame(bob: User, connect: Connect) -> None:
    socket = await connect(bob)
    await socket.send_raw(json.dumps(CLICK).encode())
    assert (await socket.receive())["code"] == "bad_message"
    assert await socket.is_alive()


@pytest.mark.parametrize(
    ("frame", "seq", "object"),
    [
        (changed(CLICK, x="left"), 5, ONE),
        (changed(CLICK, object="me"), 5, None),
        (changed(CLICK, seq=-1), None, ONE),
        (changed(CLICK, seq="5", object=7), None, None),
    ],
)
async def test_an_error_tells_which_message(
    frame: str, seq: int | None, object: str | None, bob: User, connect: Connect
) -> None:
    socket = await connect(bob)
    await socket.send_raw(frame)
    error = await socket.receive()
    assert (error.get("seq"), error.get("object")) == (seq, object)


@pytest.mark.parametrize("runs", ["", "0", "zzzz", "o", "\u00e9", "9" * 100])
async def test_a_previous_mask_that_is_no_rle(runs: str, bob: User, connect: Connect) -> None:
    socket, one = await connect(bob), uid()
    error = await socket.ask("start", object=one, previous={"bbox": [1, 1, 4, 4], "counts": runs})
    assert (error["code"], error["object"]) == ("bad_message", one)
    assert (await socket.ask("undo", object=one))["code"] == "unknown_object"


async def test_seq_must_rise(bob: User, connect: Connect) -> None:
    socket, one = await connect(bob), uid()
    await socket.ask("start", object=one, seq=10)
    error = await socket.ask("click", object=one, seq=10, x=1, y=1, positive=True)
    assert error["code"] == "bad_message"
    assert (await socket.ask("start", object=one, seq=9))["code"] == "bad_message"
    assert (await socket.ask("click", object=one, seq=11, x=1, y=1, positive=True))["clicks"] == 1


async def test_too_large(bob: User, connect: Connect) -> None:
    socket = await connect(bob)
    for frame in (
        changed(CLICK) + " " * 65536,
        changed(START, type="begin", previous={"bbox": [0, 0, 1, 1], "counts": "0" * 70_000}),
        "x" * 70_000,
        "\u00e9" * 40_000,
        changed(START) + " " * 8 * 1024**2,
    ):
        await socket.send_raw(frame)
        error = await socket.receive()
        assert (error["type"], error["code"]) == ("error", "too_large")
    assert await socket.is_alive()


OUTSIDE = [(-0.01, 0), (0, -0.01), (WIDTH, 0), (0, HEIGHT), (1e300, 0), (-1e300, 5)]


async def test_out_of_image(bob: User, connect: Connect) -> None:
    socket, one = await connect(bob), uid()
    await socket.ask("start", object=one)
    for x, y in OUTSIDE:
        error = await socket.ask("click", object=one, x=x, y=y, positive=True)
        assert (error["code"], error["object"]) == ("out_of_image", one)
        assert (await socket.ask("start", object=uid(), clicks=[[x, y, True]]))["code"] == "out_of_image"
    for more in (
        {"box": [0, 0, WIDTH + 1, 5]},
        {"box": [-1, 0, 5, 5]},
        {"previous": {"bbox": [WIDTH - 1, 0, 2, 1], "counts": "02"}},
        {"previous": {"bbox": [0, 2**31 - 1, 2**31 - 1, 2**31 - 1], "counts": "02"}},
    ):
        assert (await socket.ask("start", object=uid(), **more))["code"] == "out_of_image"
    edge = await socket.ask("click", object=one, x=WIDTH - 0.001, y=HEIGHT - 0.001, positive=True)
    assert edge["clicks"] == 1  # what was refused was not counted


async def test_unknown_object(bob: User, connect: Connect) -> None:
    socket, one = await connect(bob), uid()
    for type, more in (("click", {"x": 1, "y": 1, "positive": True}), ("undo", {}), ("redo", {})):
        error = await socket.ask(type, object=one, **more)
        assert (error["code"], error["object"]) == ("unknown_object", one)


async def test_too_many_objects(bob: User, connect: Connect) -> None:
    socket, names = await connect(bob), [uid() for _ in range(17)]
    for name in names[:16]:
        assert (await socket.ask("start", object=name))["type"] == "mask"
    assert (await socket.ask("start", object=names[16]))["code"] == "too_many_objects"
    assert (await socket.ask("start", object=names[0]))["type"] == "mask"  # it is open already
    await socket.send("close", object=names[3])
    assert (await socket.ask("start", object=names[16]))["type"] == "mask"


async def test_too_many_clicks(bob: User, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "CLICKS_PER_OBJECT", 3)
    socket, one = await connect(bob), uid()
    await socket.ask("start", object=one, clicks=clicks(3))
    error = await socket.ask("click", object=one, x=1, y=1, positive=True)
    assert (error["code"], error["object"]) == ("too_many_clicks", one)
    assert (await socket.ask("undo", object=one))["clicks"] == 2
    assert (await socket.ask("click", object=one, x=1, y=1, positive=True))["clicks"] == 3


async def test_nothing_to_undo_or_redo(bob: User, connect: Connect) -> None:
    socket, one = await connect(bob), uid()
    await socket.ask("start", object=one)
    assert (await socket.ask("undo", object=one))["code"] == "nothing_to_undo"
    assert (await socket.ask("redo", object=one))["code"] == "nothing_to_redo"
    assert (await socket.ask("click", object=one, x=9, y=9, positive=True))["clicks"] == 1


@pytest.mark.parametrize("state", ["queued", "encoding", "failed"])
async def test_not_ready(state: str, bob: User, project: Project, connect: Connect) -> None:
    waiting = await db(make_image)(project, "waiting")
    await db(Encoding.objects.filter(image=waiting).update)(state=state)
    socket = await connect(bob, waiting)
    error = await socket.ask("start", object=uid(), clicks=clicks(1))
    assert error["code"] == "not_ready"
    assert await socket.is_alive()


async def test_rate_limited(bob: User, connect: Connect) -> None:
    """Sixty at once go through; of the rest each one is refused by name, and after a pause all is well."""
    socket = await connect(bob)
    seqs = [await socket.send("ping") for _ in range(100)]
    answers = [await socket.receive() for _ in seqs]
    assert [one["seq"] for one in answers] == seqs
    assert {one["type"] for one in answers[:60]} == {"pong"}
    refused = [one for one in answers if one["type"] == "error"]
    assert 20 < len(refused) <= 40
    assert {one["code"] for one in refused} == {"rate_limited"}
    await asyncio.sleep(0.2)
    assert await socket.is_alive()


async def test_a_decoder_that_is_far_behind(bob: User, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PENDING_REQUESTS", 4)
    socket, one = await connect(bob), uid()
    await socket.send("start", object=one)
    seqs = [await socket.send("click", object=one, x=5, y=5, positive=True) for _ in range(20)]
    errors: list[Any] = []
    mask: Any = None
    while len(errors) + (mask["clicks"] if mask else 0) < len(seqs):
        message = await socket.receive()
        if message["type"] == "error":
            errors.append(message)
        else:
            mask = message
    assert errors
    assert {error["code"] for error in errors} == {"rate_limited"}
    assert await socket.is_alive()


async def test_a_reviewer_may_not_click(rita: User, connect: Connect) -> None:
    socket, one = await connect(rita), uid()
    for type, more in (
        ("start", {}),
        ("click", {"x": 1, "y": 1, "positive": True}),
        ("undo", {}),
        ("redo", {}),
    ):
        error = await socket.ask(type, object=one, **more)
        assert (error["code"], error["object"]) == ("not_allowed", one)
    await socket.send("close", object=one)
    assert await socket.is_alive()


async def test_a_fault_of_ours(
    bob: User, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with its traceback, told without, and the object can be started again."""
    socket, one = await connect(bob), uid()
    await socket.ask("start", object=one)

    def fail(_: object) -> None:
        raise ZeroDivisionError("a secret of the server")

    with monkeypatch.context() as broken:
        broken.setattr(decoder().predictor, "_decode", fail)
        await socket.send("start", object=(two := uid()))
        error = await socket.ask("click", object=two, x=1, y=1, positive=True)
    assert (error["code"], error["object"]) == ("internal", two)
    assert "secret" not in json.dumps(error)
    assert "ZeroDivisionError" in caplog.text
    assert (await socket.ask("undo", object=two))["code"] == "unknown_object"
    assert (await socket.ask("start", object=two, clicks=clicks(1)))["clicks"] == 1
    assert (await socket.ask("click", object=one, x=1, y=1, positive=True))["clicks"] == 1


async def test_a_fault_outside_of_decoding(
    bob: User, image: Image, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """The channel layer brings an event that is not in the protocol: logged, not passed on, the socket lives."""
    socket = await connect(bob)
    await db(publish)(image_group(image.pk), {"type": "state", "state": "melted"})
    await db(publish)(image_group(image.pk), {"type": "state", "state": "ready"})
    assert (await socket.receive())["state"] == "ready"
    assert "not in the protocol" in caplog.text


async def test_refusals_do_not_touch_the_state(
    bob: User, connect: Connect, predictor: ClickPredictor, features: Features
) -> None:
    socket, one, given = await connect(bob), uid(), clicks(3)
    await socket.ask("start", object=one)
    for x, y, positive in given:
        await _every_refusal(socket, one)
        mask = await socket.ask("click", object=one, x=x, y=y, positive=positive)
    assert (bits(mask) == predicted(predictor, features, given)).all()


async def _every_refusal(socket: Socket, one: str) -> None:
    for type, fields in (
        ("click", {"x": -1, "y": 1, "positive": True}),
        ("click", {"x": 1, "y": None, "positive": True}),
        ("redo", {}),
        ("start", {"clicks": [[1, 1]]}),
        ("start", {"box": [0, 0, 1e9, 1]}),
    ):
        assert (await socket.ask(type, object=one, **fields))["type"] == "error"
