"""Clicking objects: masks, undo, redo, replay, overtaking. The model is the real one."""

import asyncio
import json
from typing import Any

import numpy as np
import pytest

from inference import ClickPredictor, Features
from labeling import masks
from labeling.accounts.models import User
from labeling.images.models import Image
from tests.live.conftest import HEIGHT, WIDTH, Connect, bits, clicks, predicted, uid

pytestmark = pytest.mark.once


def click(at: tuple[float, float, bool]) -> dict[str, Any]:
    return {"x": at[0], "y": at[1], "positive": at[2]}


@pytest.fixture
def expect(predictor: ClickPredictor, features: Features) -> Any:
    """`expect(clicks)`: the library's mask."""
    return lambda given, **more: predicted(predictor, features, given, **more)


async def test_each_click_moves_the_mask(bob: User, connect: Connect, expect: Any) -> None:
    socket, one, given = await connect(bob), uid(), clicks(5)
    empty = await socket.ask("start", object=one)
    assert (empty["clicks"], empty["bbox"], empty["counts"]) == (0, [0, 0, 0, 0], "")
    for count, at in enumerate(given, start=1):
        mask = await socket.ask("click", object=one, **click(at))
        assert (mask["type"], mask["object"], mask["clicks"], mask["stage"]) == ("mask", one, count, "final")
        assert np.array_equal(bits(mask), expect(given[:count]))
        x, y, w, h = mask["bbox"]
        assert bits(mask)[:, x].any()
        assert bits(mask)[y, :].any()
        assert bits(mask)[:, x + w - 1].any()
        assert bits(mask)[y + h - 1, :].any()
        assert mask["ms"]["queue"] >= 0
        assert mask["ms"]["decode"] > 0


async def test_undo_and_redo(bob: User, connect: Connect, expect: Any) -> None:
    socket, one, given = await connect(bob), uid(), clicks(3)
    await socket.ask("start", object=one, clicks=given)
    for left in (2, 1, 0):
        mask = await socket.ask("undo", object=one)
        assert (mask["clicks"], mask["can_redo"]) == (left, True)
        assert np.array_equal(bits(mask), expect(given[:left]))
    for there in (1, 2, 3):
        mask = await socket.ask("redo", object=one)
        assert (mask["clicks"], mask["can_redo"]) == (there, there < 3)
        assert np.array_equal(bits(mask), expect(given[:there]))


async def test_a_click_after_undo_forgets_what_was_undone(bob: User, connect: Connect, expect: Any) -> None:
    socket, one, given = await connect(bob), uid(), clicks(4)
    await socket.ask("start", object=one, clicks=given[:3])
    await socket.ask("undo", object=one)
    mask = await socket.ask("click", object=one, **click(given[3]))
    assert (mask["clicks"], mask["can_redo"]) == (3, False)
    assert np.array_equal(bits(mask), expect([*given[:2], given[3]]))


async def test_a_reconnect_replays_bit_for_bit(bob: User, connect: Connect) -> None:
    first, one, given = await connect(bob), uid(), clicks(6)
    await first.ask("start", object=one)
    for at in given:
        seen = await first.ask("click", object=one, **click(at))
    await first.disconnect()
    again = await (await connect(bob)).ask("start", object=one, clicks=given)
    assert (again["clicks"], again["bbox"], again["counts"]) == (6, seen["bbox"], seen["counts"])


async def test_a_newer_click_overtakes(bob: User, connect: Connect, expect: Any) -> None:
    """Ten clicks at once: fewer answers than clicks, in rising order, and the last is of exactly the ten."""
    socket, one, given = await connect(bob), uid(), clicks(10, seed=1)
    await socket.send("start", object=one)
    for at in given:
        last = await socket.send("click", object=one, **click(at))
    answers = [await socket.receive()]
    while answers[-1]["seq"] != last:
        answers.append(await socket.receive())
    assert {one["type"] for one in answers} == {"mask"}
    assert len(answers) < 11
    seqs = [answer["seq"] for answer in answers]
    assert seqs == sorted(set(seqs))
    assert answers[-1]["clicks"] == 10
    assert np.array_equal(bits(answers[-1]), expect(given))


async def test_what_is_refused_in_a_burst_does_not_swallow_an_answer(bob: User, connect: Connect, expect: Any) -> None:
    """The click before it was left to be answered by the refused one; it is answered first."""
    socket, one, at = await connect(bob), uid(), clicks(1)[0]
    await socket.ask("start", object=one)
    clicked = await socket.send("click", object=one, **click(at))
    refused = await socket.send("redo", object=one)
    answer, error = await socket.receive(), await socket.receive()
    assert (answer["type"], answer["seq"]) == ("mask", clicked)
    assert np.array_equal(bits(answer), expect([at]))
    assert (error["type"], error["seq"], error["code"]) == ("error", refused, "nothing_to_redo")


async def test_a_box_gives_a_first_mask(bob: User, connect: Connect, expect: Any) -> None:
    socket, box, given = await connect(bob), [40.0, 30.5, 220.0, 200.0], clicks(2)
    mask = await socket.ask("start", object=uid(), box=box)
    assert mask["clicks"] == 0
    assert np.array_equal(bits(mask), expect([], box=tuple(box)))
    mask = await socket.ask("start", object=uid(), box=box, clicks=given)
    assert np.array_equal(bits(mask), expect(given, box=tuple(box)))


async def test_a_kept_mask_can_be_refined(bob: User, connect: Connect, expect: Any) -> None:
    socket, one, given = await connect(bob), uid(), clicks(2)
    kept = np.zeros((HEIGHT, WIDTH), bool)
    kept[50:120, 60:200] = True
    kept[80:90, 100:140] = False
    box, patch = masks.crop(kept)
    previous = {"bbox": box.as_list(), "counts": masks.encode(patch)}
    mask = await socket.ask("start", object=one, previous=previous)
    assert np.array_equal(bits(mask), kept)
    mask = await socket.ask("click", object=one, **click(given[0]))
    assert np.array_equal(bits(mask), expect(given[:1], previous=kept))


async def test_an_empty_previous_mask_is_no_mask(bob: User, connect: Connect) -> None:
    socket = await connect(bob)
    mask = await socket.ask("start", object=uid(), previous={"bbox": [0, 0, 0, 0], "counts": ""})
    assert mask["counts"] == ""


async def test_a_long_previous_mask_fits(bob: User, connect: Connect) -> None:
    """More than any other message may have."""
    socket = await connect(bob)
    noise = np.random.default_rng(0).random((HEIGHT, WIDTH)) < 0.5
    counts = masks.encode(noise)
    assert len(counts) < 65536
    box = {"bbox": [0, 0, WIDTH, HEIGHT], "counts": counts}
    spaces = " " * 100_000
    socket.seq += 1
    start = f'{{"v":1,"type":"start","object":"{uid()}","seq":{socket.seq},{spaces}"previous":{json.dumps(box)}}}'
    await socket.send_raw(start)
    assert np.array_equal(bits(await socket.until("mask")), noise)


async def test_starting_again_begins_anew(bob: User, connect: Connect, expect: Any) -> None:
    socket, one, given = await connect(bob), uid(), clicks(4)
    await socket.ask("start", object=one, clicks=given[:2])
    mask = await socket.ask("start", object=one, clicks=given[2:3])
    assert np.array_equal(bits(mask), expect(given[2:3]))
    mask = await socket.ask("undo", object=one)
    assert mask["clicks"] == 0


async def test_objects_do_not_mix(bob: User, connect: Connect, expect: Any) -> None:
    socket, one, two, given = await connect(bob), uid(), uid(), clicks(6)
    await socket.ask("start", object=one, clicks=given[:1])
    await socket.ask("start", object=two, clicks=given[3:4])
    await socket.ask("click", object=one, **click(given[1]))
    of_two = await socket.ask("click", object=two, **click(given[4]))
    of_one = await socket.ask("click", object=one, **click(given[2]))
    assert np.array_equal(bits(of_one), expect(given[:3]))
    assert np.array_equal(bits(of_two), expect(given[3:5]))


async def test_a_closed_object_is_forgotten(bob: User, connect: Connect) -> None:
    socket, one = await connect(bob), uid()
    await socket.ask("start", object=one, clicks=clicks(1))
    await socket.send("close", object=one)
    await socket.send("close", object=one)
    assert (await socket.ask("undo", object=one))["code"] == "unknown_object"
    assert (await socket.ask("start", object=one, clicks=clicks(1)))["type"] == "mask"


async def test_two_sockets_at_once(bob: User, alice: User, image: Image, connect: Connect, expect: Any) -> None:
    """The same object name on two sockets is two objects."""
    sockets, one = [await connect(bob), await connect(alice), await connect(bob)], uid()

    async def label(index: int) -> None:
        socket, given = sockets[index], clicks(4, seed=index)
        await socket.ask("start", object=one)
        for count, at in enumerate(given, start=1):
            mask = await socket.ask("click", object=one, **click(at))
            assert np.array_equal(bits(mask), expect(given[:count]))

    await asyncio.gather(*(label(index) for index in range(3)))


async def test_leaving_in_the_middle_of_a_replay(bob: User, connect: Connect) -> None:
    socket = await connect(bob)
    await socket.send("start", object=uid(), clicks=clicks(200))
    await socket.disconnect()
    assert await (await connect(bob)).is_alive()
