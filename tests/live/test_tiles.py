"""Clicks that are answered on tiles: over a real socket, with a real worker's work in between."""

import asyncio
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from inference import Click, ClickPredictor, Features
from labeling import masks
from labeling.accounts.models import User
from labeling.features import tiles
from labeling.features.models import Tile
from labeling.images.models import Image
from labeling.live.decoder import decoder
from labeling.live.lru import FeaturesLru
from labeling.live.objects import OpenObject
from labeling.projects.models import Project
from tests.live.conftest import PATIENCE, Connect, Socket, db, make_image, make_ready, uid

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
WIDE, HIGH = 1280, 960
CLICKS = [(640.5, 480.5, True), (655.25, 490.5, True)]
BESIDE = (640.0, 550.0, False)


def drawn() -> Any:
    """A bright disc of 60 pixels in the middle of dark, noisy ground."""
    y, x = np.mgrid[:HIGH, :WIDE]
    pixels = np.random.default_rng(0).integers(30, 70, (HIGH, WIDE, 3), dtype=np.uint8)
    pixels[(x - 640) ** 2 + (y - 480) ** 2 < 60**2] = (230, 160, 40)
    return pixels


@pytest.fixture(scope="module")
def large(predictor: ClickPredictor) -> Features:
    return predictor.encode(drawn())


@pytest.fixture
def image(transactional_db: None, project: Project, large: Features, monkeypatch: pytest.MonkeyPatch) -> Image:
    """A ready image that is large enough for tiles. Its view is drawn when a worker asks for it."""
    image = make_image(project)
    image.width, image.height = WIDE, HIGH
    image.save()
    make_ready(image, large)
    monkeypatch.setattr("labeling.images.pictures.open_view", lambda _: Pillow.fromarray(drawn()))
    return image


async def encode(count: int = 1) -> None:
    """What a worker does as soon as so many tiles are asked for. They are, a moment after the coarse answer."""
    async with asyncio.timeout(PATIENCE):
        while await db(Tile.objects.count)() < count:
            await asyncio.sleep(0.02)
    await db(tiles.work_off)()


def whole(mask: dict[str, Any]) -> masks.Bits:
    if mask["counts"] == "":
        return np.zeros((HIGH, WIDE), bool)
    box = masks.Box(*mask["bbox"])
    return masks.paste(masks.decode(mask["counts"], box.height, box.width), box, HIGH, WIDE)


async def test_an_answer_is_refined_when_its_tile_is_there(
    connect: Connect, bob: User, image: Image, predictor: ClickPredictor, large: Features
) -> None:
    focus = predictor.tiled_session(large)
    focus.add(Click(*CLICKS[0]))
    focus.add(Click(*CLICKS[1]))
    tile = focus.wanted()
    assert tile is not None
    socket = await connect(bob)
    one = uid()
    first = await socket.ask("start", object=one, clicks=CLICKS[:1])
    assert first["stage"] == "final"
    x, y, positive = CLICKS[1]
    coarse = await socket.ask("click", object=one, x=x, y=y, positive=positive)
    assert coarse["stage"] == "coarse"
    assert "tiles" not in coarse
    assert np.array_equal(whole(coarse), focus.mask())

    await encode()
    refined = await socket.until("mask")
    assert (refined["seq"], refined["clicks"], refined["stage"]) == (coarse["seq"], 2, "final")
    assert refined["tiles"] == [None, tile.name]
    focus.refine(await db(tiles.load)(image.pk, tile.name))
    assert np.array_equal(whole(refined), focus.mask())

    # Later clicks there are answered on it at once; a new socket that is told the tiles makes the same mask.
    later = await socket.ask("click", object=one, x=BESIDE[0], y=BESIDE[1], positive=False)
    assert later["tiles"][:2] == [None, tile.name]
    decoder().lru = FeaturesLru(decoder().lru.limit)  # as in another process
    clicked = zip([*CLICKS, BESIDE], later["tiles"], strict=True)
    told = [[*click, name] if name else click for click, name in clicked]
    again = await (await connect(bob)).ask("start", object=one, clicks=told)
    assert np.array_equal(whole(again), whole(later))
    assert again["tiles"] == later["tiles"]


async def test_a_first_click_is_refined_where_it_was_asked_for(
    connect: Connect, bob: User, image: Image, predictor: ClickPredictor, large: Features
) -> None:
    focus = predictor.tiled_session(large)
    focus.add(Click(*CLICKS[0]))
    tile = focus.wanted()
    assert tile is not None
    socket = await connect(bob)
    coarse = await socket.ask("start", object=uid(), clicks=CLICKS[:1], closer=True)
    assert coarse["stage"] == "coarse"
    assert np.array_equal(whole(coarse), focus.mask())
    await encode()
    refined = await socket.until("mask")
    assert (refined["seq"], refined["stage"], refined["tiles"]) == (coarse["seq"], "final", [tile.name])
    focus.refine(await db(tiles.load)(image.pk, tile.name))
    assert np.array_equal(whole(refined), focus.mask())


async def test_a_refined_answer_is_final_also_where_another_tile_would_be_better_now(
    connect: Connect, bob: User, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next click is answered on that one. Who is told of a coarse answer waits for another."""
    monkeypatch.setattr(OpenObject, "_missing", lambda _, wanted: wanted.name if wanted else None)
    socket = await connect(bob)
    assert (await socket.ask("start", object=uid(), clicks=CLICKS[:1], closer=True))["stage"] == "coarse"
    await encode()
    assert (await socket.until("mask"))["stage"] == "final"


async def test_all_lost_tiles_of_a_replay_are_asked_for_at_once(connect: Connect, bob: User, image: Image) -> None:
    socket = await connect(bob)
    names = ["t1-0-0", "t1-0-1", "t1-1-0"]
    await socket.send("start", object=uid(), clicks=[[300.0, 300.0, True, name] for name in names])
    await encode(len(names))
    assert (await socket.until("mask"))["tiles"] == names


async def test_who_may_not_click_does_not_have_tiles_encoded(
    connect: Connect, rita: User, charlie: User, image: Image
) -> None:
    answer = await (await connect(rita)).ask("start", object=uid(), clicks=[[300.0, 300.0, True, "t1-0-0"]])
    assert (answer["type"], answer["code"]) == ("error", "not_allowed")
    assert not await Socket(charlie, f"/ws/images/{image.pk}/").connect()
    assert not await db(Tile.objects.exists)()


async def test_a_newer_click_is_not_answered_with_an_older_refinement(
    connect: Connect, bob: User, image: Image
) -> None:
    socket = await connect(bob)
    one = uid()
    await socket.ask("start", object=one, clicks=CLICKS[:1])
    x, y, positive = CLICKS[1]
    await socket.ask("click", object=one, x=x, y=y, positive=positive)
    undone = await socket.ask("undo", object=one)
    assert undone["clicks"] == 1
    await encode()
    assert await socket.is_alive()
    redone = await socket.ask("redo", object=one)
    assert (redone["clicks"], redone["stage"]) == (2, "final")
    assert "tiles" not in redone


@pytest.mark.parametrize("tile", ["t1-0-0", "t8-0-0", "t0-0-0", "nonsense"])
async def test_a_tile_that_is_not_where_the_click_is_is_refused(
    connect: Connect, bob: User, image: Image, tile: str
) -> None:
    socket = await connect(bob)
    answer = await socket.ask("start", object=uid(), clicks=[[1200.0, 900.0, True, tile]])
    assert (answer["type"], answer["code"]) == ("error", "bad_message")


async def test_a_tile_that_can_not_be_had_is_not_waited_for_long(
    connect: Connect, bob: User, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labeling.live.objects.TILE_PATIENCE", 0.0)
    socket = await connect(bob)
    answer = await socket.ask("start", object=uid(), clicks=[[10.0, 10.0, True, "t1-0-0"]])
    assert answer["clicks"] == 1
    assert "tiles" not in answer
    assert await db(tiles.is_waiting)()
