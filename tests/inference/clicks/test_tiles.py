"""The grid of tiles, and the features of one."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inference import ClickPredictor, FeaturesError
from inference.clicks.tiles import MARGIN, MAX_ENLARGED_SCALE, MAX_SCALE, TILE, Grid, Tile, TileFeatures
from tests.inference.conftest import draw

sizes = st.integers(1, 20_000)


@settings(deadline=None, max_examples=50)
@given(sizes, sizes, st.data())
def test_tiles_lie_in_the_image_and_show_it_at_their_level(height: int, width: int, data: st.DataObject) -> None:
    grid = Grid(height, width)
    assume(grid.levels)
    level = data.draw(st.integers(1, grid.levels))
    rows, columns = grid.counts(level)
    tile = Tile(level, data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1)))
    x0, y0, x1, y1 = grid.box(tile)
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    assert TILE / max(x1 - x0, y1 - y0) == pytest.approx(grid.scale(level), rel=0.01)
    assert grid.scale(level) <= MAX_ENLARGED_SCALE
    assert (grid.scale(level) <= MAX_SCALE) == (level <= grid.detailed_levels)
    assert Tile.of(tile.name) == tile


@settings(deadline=None, max_examples=50)
@given(sizes, sizes, st.data())
def test_whatever_is_half_a_tile_lies_whole_in_the_nearest_one(height: int, width: int, data: st.DataObject) -> None:
    grid = Grid(height, width)
    assume(grid.levels)
    level = data.draw(st.integers(1, grid.levels))
    scale = grid.scale(level)
    side = data.draw(st.floats(1, max(1.0, (TILE / 2 - 4) / scale)))
    x0, y0 = data.draw(st.floats(0, width)), data.draw(st.floats(0, height))
    x1, y1 = min(x0 + side, float(width)), min(y0 + side, float(height))
    tile = grid.nearest(level, (x0 + x1) / 2, (y0 + y1) / 2)
    left, top, right, bottom = grid.box(tile)
    margin = max(MARGIN / scale, max(x1 - x0, y1 - y0) / 4)
    assert left <= max(0, x0 - margin)
    assert top <= max(0, y0 - margin)
    assert right >= min(width, x1 + margin)
    assert bottom >= min(height, y1 + margin)
    assert grid.shows(tile, (x0, y0, x1, y1))


@settings(deadline=None, max_examples=50)
@given(sizes, sizes, st.data())
def test_every_pixel_is_in_a_tile(height: int, width: int, data: st.DataObject) -> None:
    grid = Grid(height, width)
    assume(grid.levels)
    level = data.draw(st.integers(1, grid.levels))
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    x0, y0, x1, y1 = grid.box(grid.nearest(level, x, y))
    assert x0 <= x < x1
    assert y0 <= y < y1


def test_the_finest_tile_that_shows_an_object_is_chosen() -> None:
    grid = Grid(6000, 8000)
    assert grid.levels == 4
    assert grid.finest_showing((4000, 3000, 4060, 3060)) == grid.nearest(4, 4030, 3030)
    larger = grid.finest_showing((3500, 2500, 4100, 3100))
    assert larger is not None
    assert larger.level == 2
    assert grid.finest_showing((100, 100, 7900, 5900)) is None


def test_an_image_is_enlarged_only_for_small_objects() -> None:
    grid = Grid(480, 640)
    assert (grid.levels, grid.detailed_levels) == (1, 0)
    assert grid.finest_showing((300, 200, 400, 300)) == grid.nearest(1, 350, 250)
    assert grid.finest_showing((300, 200, 420, 300)) is None


def test_a_small_image_has_no_tiles() -> None:
    assert Grid(300, 400).levels == 0
    assert Grid(300, 400).finest_showing((0, 0, 20, 20)) is None
    assert not Grid(300, 400).has(Tile(1, 0, 0))


@pytest.mark.parametrize("name", ["", "t0-0-0", "t1-0", "t1-0-0x", "t1--1-0", "t100-0-0", "1-0-0"])
def test_names_of_no_tile_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no tile"):
        Tile.of(name)


def test_a_tile_that_there_is_not_is_refused() -> None:
    grid = Grid(1200, 1600)
    rows, columns = grid.counts(1)
    for tile in (Tile(0, 0, 0), Tile(1, rows, 0), Tile(1, 0, columns), Tile(grid.levels + 1, 0, 0)):
        with pytest.raises(ValueError, match="has no tile"):
            grid.box(tile)


def test_features_of_a_tile_come_back_from_bytes(predictor: ClickPredictor) -> None:
    image, _ = draw(300, 1600)
    tile = Tile(1, 0, 1)
    features = predictor.encode_tile(image, tile)
    assert features.box == Grid(300, 1600).box(tile)
    assert features.nbytes < 2 * 2**20
    again = TileFeatures.from_bytes(features.to_bytes())
    assert (again.tile, again.box, again.frame) == (tile, features.box, features.frame)
    assert all(np.array_equal(again.maps[name], features.maps[name]) for name in features.maps)
    x0, y0, x1, y1 = features.box
    cut = predictor.encode_cut(image[y0:y1, x0:x1], features.grid, tile)
    assert all(np.array_equal(cut.maps[name], features.maps[name]) for name in features.maps)


def test_features_of_another_tile_or_of_none_are_refused(predictor: ClickPredictor) -> None:
    image, _ = draw(300, 1600)
    features = predictor.encode_tile(image, Tile(1, 0, 1))
    moved = TileFeatures(features.version, features.height - 2, features.width, features.maps, features.tile, 300, 1600)
    with pytest.raises(FeaturesError, match="t1-0-1"):
        TileFeatures.from_bytes(moved.to_bytes())
    with pytest.raises(FeaturesError, match="damaged"):
        TileFeatures.from_bytes(predictor.encode(image).to_bytes())
