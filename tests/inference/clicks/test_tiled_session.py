"""Clicks on an object, answered on the overview or on tiles."""

import numpy as np
import pytest

from inference import Click, ClickPredictor, Features
from inference.clicks.given_mask import shrunk
from inference.clicks.tiled_session import TiledSession
from inference.clicks.tiles import Tile, TileFeatures
from inference.core.masks import MaskPatch
from tests.inference.conftest import Image, Mask

HEIGHT, WIDTH = 900, 1200
CLICKS = (Click(600.5, 450.5, True), Click(700.2, 430.9, False), Click(560, 470, True), Click(20, 20, False))


@pytest.fixture(scope="module")
def scene() -> tuple[Image, Mask]:
    """A disc of 120 pixels on noisy ground, and a long bar that fits no tile."""
    rng = np.random.default_rng(1)
    image = rng.integers(30, 70, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    disc = (xs - 600) ** 2 + (ys - 450) ** 2 <= 60**2
    image[disc] = (230, 160, 40)
    image[800:860, 50:1150] = (40, 90, 220)
    return image, disc


@pytest.fixture(scope="module")
def overview(predictor: ClickPredictor, scene: tuple[Image, Mask]) -> Features:
    return predictor.encode(scene[0])


@pytest.fixture(scope="module")
def near(predictor: ClickPredictor, scene: tuple[Image, Mask], overview: Features) -> TileFeatures:
    """The finest tile around the disc."""
    grid = predictor.tiled_session(overview).grid
    tile = grid.finest_showing((540, 390, 660, 510))
    assert tile is not None
    return predictor.encode_tile(scene[0], tile)


@pytest.fixture(scope="module")
def aside(predictor: ClickPredictor, scene: tuple[Image, Mask], overview: Features) -> TileFeatures:
    """Another one that overlaps with it."""
    return predictor.encode_tile(scene[0], predictor.tiled_session(overview).grid.nearest(1, 720, 450))


def played(
    predictor: ClickPredictor, overview: Features, clicks: tuple[Click, ...], *tiles: TileFeatures | None
) -> TiledSession:
    session = predictor.tiled_session(overview)
    for click, tile in zip(clicks, tiles, strict=True):
        session.add(click, tile)
    return session


def test_without_tiles_it_is_a_click_session(predictor: ClickPredictor, overview: Features) -> None:
    plain, tiled = predictor.session(overview), predictor.tiled_session(overview)
    for click in CLICKS:
        plain.add(click)
        tiled.add(click)
        assert np.array_equal(tiled.mask(), plain.mask())
    tiled.undo()
    assert np.array_equal(tiled.mask(), plain.undo())


def test_beginning_with_a_mask_or_a_box(predictor: ClickPredictor, overview: Features, near: TileFeatures) -> None:
    given = np.zeros((HEIGHT, WIDTH), bool)
    given[400:500, 560:640] = True
    for begin in ({"previous": given}, {"box": (540.0, 390.0, 660.0, 510.0)}):
        plain, tiled = predictor.session(overview, **begin), predictor.tiled_session(overview, **begin)
        first = plain.mask()
        assert np.array_equal(tiled.mask(), first)
        assert np.array_equal(tiled.patch().bits.sum(), first.sum())
        tiled.add(CLICKS[0])
        assert np.array_equal(tiled.mask(), plain.click(*CLICKS[0]))
        tiled.undo()
        tiled.add(CLICKS[0], near)
        tiled.undo()
        assert np.array_equal(tiled.mask(), first)


def test_a_given_mask_can_be_a_patch(
    predictor: ClickPredictor, overview: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large image nobody ever makes the whole mask; shrinking it in strips gives the same cells."""
    given = np.zeros((HEIGHT, WIDTH), bool)
    given[403:507, 561:640] = True
    patch = MaskPatch(560, 400, 81, 110, given[400:510, 560:641])
    one, other = predictor.tiled_session(overview, given), predictor.tiled_session(overview, patch)
    assert one.patch().width == other.patch().width == 79
    frame = overview.frame
    at_once = shrunk(other.patch(), frame)
    monkeypatch.setattr("inference.clicks.given_mask.MAX_PIXELS", 40 * WIDTH)
    assert np.abs(shrunk(other.patch(), frame) - at_once).max() < 1e-5
    for session in (one, other):
        session.add(CLICKS[0])
    assert np.array_equal(one.mask(), other.mask())
    other.undo()
    assert np.array_equal(other.mask(), given)
    with pytest.raises(ValueError, match="leaves the image"):
        predictor.tiled_session(overview, MaskPatch(WIDTH - 3, 0, 4, 1, np.ones((1, 4), bool)))


def test_the_same_clicks_on_the_same_tiles_give_the_same_mask(
    predictor: ClickPredictor, overview: Features, near: TileFeatures, aside: TileFeatures
) -> None:
    tiles = (None, aside, near, None)
    one = played(predictor, overview, CLICKS, *tiles)
    assert one.clicks == CLICKS
    assert one.tiles == (None, aside.tile, near.tile, None)
    # Tiles that were stored in between, another order of doing things, an undone detour: the same bits.
    stored = TileFeatures.from_bytes(near.to_bytes())
    other = predictor.tiled_session(overview)
    other.add(CLICKS[0], near)
    other.undo()
    other.add(CLICKS[0])
    other.add(CLICKS[1])
    other.refine(aside)
    other.add(CLICKS[2], stored)
    other.add(CLICKS[3])
    assert other.tiles == one.tiles
    assert np.array_equal(other.mask(), one.mask())


def test_a_refined_click_is_a_click_on_the_tile(
    predictor: ClickPredictor, overview: Features, near: TileFeatures
) -> None:
    at_once = played(predictor, overview, CLICKS[:1], near)
    refined = played(predictor, overview, CLICKS[:1], None)
    refined.refine(near)
    assert refined.tiles == (near.tile,)
    assert np.array_equal(refined.mask(), at_once.mask())


def test_undo_and_redo_come_from_kept_states(
    predictor: ClickPredictor, overview: Features, near: TileFeatures, aside: TileFeatures
) -> None:
    session = predictor.tiled_session(overview)
    masks = [session.mask()]
    for click, tile in zip(CLICKS, (None, near, aside, None), strict=True):
        session.add(click, tile)
        masks.append(session.mask())
    session._open = None  # type: ignore[assignment]  # a decode now would fail
    for expected in reversed(masks[:-1]):
        session.undo()
        assert np.array_equal(session.mask(), expected)
    session.undo()
    for expected in masks[1:]:
        session.redo()
        assert np.array_equal(session.mask(), expected)
    assert not session.can_redo


def test_a_closer_look_is_asked_for_where_it_helps(
    predictor: ClickPredictor, overview: Features, near: TileFeatures
) -> None:
    session = predictor.tiled_session(overview)
    assert session.wanted() is None
    assert session.wanted(CLICKS[0]) is None  # nothing is known of the object yet
    session.add(CLICKS[0])
    wanted = session.wanted()
    assert wanted is not None
    x0, y0, x1, y1 = session.grid.box(wanted)
    assert x0 <= 600 < x1
    assert y0 <= 450 < y1
    patch = session.patch()
    if session.grid.shows(wanted, (patch.x, patch.y, patch.x + patch.width, patch.y + patch.height)):
        session.refine(predictor_tile := near)
        assert predictor_tile.tile == session.tiles[0]


def test_a_clicked_pixel_is_where_the_click_says(
    predictor: ClickPredictor, overview: Features, near: TileFeatures, aside: TileFeatures
) -> None:
    rng = np.random.default_rng(5)
    tiles = (None, near, aside)
    session = predictor.tiled_session(overview)
    said: dict[tuple[int, int], bool] = {}
    for k in range(9):
        x, y = rng.uniform(600, 660), rng.uniform(400, 500)  # in both tiles
        click = Click(float(x), float(y), bool(rng.integers(2)))
        session.add(click, tiles[k % 3])
        said[int(x), int(y)] = click.positive
        mask = session.mask()
        assert all(mask[j, i] == positive for (i, j), positive in said.items())
        patch = session.patch()
        full = np.zeros_like(mask)
        full[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width] = patch.bits
        assert np.array_equal(full, mask)


def test_outside_of_the_tile_the_mask_stays(
    predictor: ClickPredictor, overview: Features, scene: tuple[Image, Mask]
) -> None:
    """The bar fits no tile: a click at its border changes what is near the click."""
    session = predictor.tiled_session(overview)
    session.add(Click(600, 830, True))
    session.add(Click(300, 830, True))
    before = session.mask()
    ys = np.flatnonzero(before[:, 600])
    assert len(ys)
    click = Click(600.0, min(float(ys[-1]) + 3, 899.0), False)
    field = session._state()
    assert field is not None
    tile = session._tile_at_border(field, click)
    assert tile is not None
    session.add(click, predictor.encode_tile(scene[0], tile))
    changed = session.mask() ^ before
    x0, y0, x1, y1 = session.grid.box(tile)
    changed[y0:y1, x0:x1] = False
    assert not changed.any()


def test_wrong_input_is_refused(predictor: ClickPredictor, overview: Features, near: TileFeatures) -> None:
    session = predictor.tiled_session(overview)
    with pytest.raises(ValueError, match="newest"):
        session.refine(near)
    with pytest.raises(ValueError, match="outside"):
        session.add(Click(WIDTH, 3, True))
    with pytest.raises(ValueError, match=near.tile.name):
        session.add(Click(3, 3, True), near)
    other = TileFeatures(near.version, near.height, near.width, near.maps, Tile(1, 0, 0), 900, 1300)
    with pytest.raises(ValueError, match="1300x900"):
        session.add(CLICKS[0], other)
    session.add(CLICKS[0])
    session.add(CLICKS[1])
    session.undo()
    with pytest.raises(ValueError, match="newest"):
        session.refine(near)
    with pytest.raises(ValueError, match="uint8"):
        predictor.encode_cut(np.zeros((4, 4), np.uint8), session.grid, near.tile)
