"""How the answers of overview and tiles make one mask. Made-up logits: a straight border, seen in two ways."""

import cv2
import numpy as np
import pytest

from inference.clicks.layered_logits import ZERO_RADIUS, LayeredLogits, Place, Places, window
from inference.clicks.tiles import TILE, Grid, Tile
from inference.core.arrays import Floats, Half
from inference.core.geometry import Frame

HEIGHT, WIDTH = 3000, 4000
GRID = Grid(HEIGHT, WIDTH)
OVERVIEW = Place((0, 0, WIDTH, HEIGHT), Frame.of(HEIGHT, WIDTH))


def place_of(tile: Tile) -> Place:
    x0, y0, x1, y1 = GRID.box(tile)
    return Place((x0, y0, x1, y1), Frame.of(y1 - y0, x1 - x0, TILE))


def border_at(place: Place, x: float) -> Half:
    """Logits of "everything left of x", as steep at every scale as the model's are: 1 for a model pixel."""
    ys, xs = place.cells()
    across = np.clip((x - xs) * place.frame.scale_x, -8, 8)
    return np.repeat(across[None], len(ys), 0).astype(np.float16)


def whole(place: Place, click: tuple[float, float] | None = None) -> Floats:
    return window(place, HEIGHT, WIDTH, click)


def edge_of(mask: np.ndarray) -> np.ndarray:
    """Where each row of a mask ends."""
    return np.asarray(mask.sum(1))


@pytest.mark.parametrize("click", [None, (2003.0, 1500.0)])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_straight_border_crosses_a_seam_without_a_step(level: int, click: tuple[float, float] | None) -> None:
    """The overview saw it 5 pixels beside where the tile sees it."""
    tile = GRID.nearest(level, 2000, 1500)
    place = place_of(tile)
    before = LayeredLogits(OVERVIEW, border_at(OVERVIEW, 2005.0))
    after = before.answered(tile, place, border_at(place, 2000.0), whole(place, click), before.cells(place))
    edge = edge_of(after.region((0, 0, WIDTH, HEIGHT)))
    assert np.abs(np.diff(edge)).max() <= 1
    assert edge[1500] == 2000  # inside the tile its own answer
    assert edge[0] == edge[-1] == 2005  # outside the overview's


def test_a_part_of_the_mask_is_the_part_of_the_whole() -> None:
    rng = np.random.default_rng(0)
    field = LayeredLogits(OVERVIEW, rng.normal(-1, 1, border_at(OVERVIEW, 0).shape).astype(np.float16))
    for tile in (GRID.nearest(1, 2000, 1500), GRID.nearest(3, 1700, 1400), GRID.nearest(3, 4000, 3000)):
        place = place_of(tile)
        cells = field.cells(place)
        field = field.answered(tile, place, rng.normal(-1, 1, cells.shape).astype(np.float16), whole(place), cells)
    mask = field.region((0, 0, WIDTH, HEIGHT))
    for x0, y0, x1, y1 in ((1600, 1300, 1801, 1502), (3990, 2990, 4000, 3000), (0, 0, 1, 1), (1234, 700, 2345, 701)):
        assert np.array_equal(field.region((x0, y0, x1, y1)), mask[y0:y1, x0:x1])
    x0, y0, x1, y1 = field.bounds()
    assert mask[y0:y1, x0:x1].sum() == mask.sum()


def test_blocks_that_say_the_same_are_filled_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)

    def smooth(shape: tuple[int, ...], width: float) -> Floats:
        noise = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), width)
        return np.asarray(3 * noise / noise.std(), np.float32)

    field = LayeredLogits(OVERVIEW, smooth(border_at(OVERVIEW, 0).shape, 25).astype(np.float16))
    for tile in (GRID.nearest(1, 2000, 1500), GRID.nearest(3, 1700, 1400), GRID.nearest(2, 900, 600)):
        place = place_of(tile)
        cells = field.cells(place)
        logits = (cells.astype(np.float32) + smooth(cells.shape, 9)).astype(np.float16)
        field = field.answered(tile, place, logits, whole(place), cells)
    everything = (0, 0, WIDTH, HEIGHT)
    looked_at: list[int] = []
    at = LayeredLogits.at

    def counted(self: LayeredLogits, ys: Places, xs: Places) -> Floats:
        looked_at.append(len(ys) * len(xs))
        return at(self, ys, xs)

    monkeypatch.setattr(LayeredLogits, "at", counted)
    by_blocks = field.region(everything)
    assert sum(looked_at) < 0.7 * WIDTH * HEIGHT
    monkeypatch.setattr("inference.clicks.layered_logits.MAX_WHOLE_PIXELS", WIDTH * HEIGHT)
    assert np.array_equal(field.region(everything), by_blocks)


def test_a_layer_that_loses_nothing_is_not_copied() -> None:
    """Memory: an object with many layers and many clicks keeps each layer once."""
    tile = GRID.nearest(3, 2000, 1500)
    place = place_of(tile)
    field = LayeredLogits(OVERVIEW, border_at(OVERVIEW, 2005.0))
    field = field.answered(tile, place, border_at(place, 2000.0), whole(place), field.cells(place))
    before = field.cells(OVERVIEW)
    far = before.copy()
    far[:20, :20] = -5
    after = field.answered(None, OVERVIEW, far, np.ones(before.shape, np.float32), before)
    assert after.layers[0] is field.layers[0]


def test_the_overview_takes_back_from_a_tile_only_what_it_changes() -> None:
    tile = GRID.nearest(3, 2000, 1500)
    place = place_of(tile)
    field = LayeredLogits(OVERVIEW, border_at(OVERVIEW, 2005.0))
    field = field.answered(tile, place, border_at(place, 2000.0), whole(place), field.cells(place))
    fine = field.region((1900, 1400, 2100, 1600))

    before = field.cells(OVERVIEW)
    same = field.answered(None, OVERVIEW, before, np.ones(before.shape, np.float32), before)
    assert np.array_equal(same.region((1900, 1400, 2100, 1600)), fine)

    cut = before.copy()  # a corner far from the tile, and a strip through it
    cut[:20, :20] = -5
    cut[:, 150:] = -5  # cells of 6.25 pixels, the tile reaches from 1812
    other = field.answered(None, OVERVIEW, cut, np.ones(before.shape, np.float32), before)
    assert not other.region((0, 0, 60, 60)).any()
    assert not other.region((1900, 1400, 2100, 1600)).any()
    gone = field.answered(None, OVERVIEW, np.full_like(cut, -5), np.ones(before.shape, np.float32), before)
    assert gone.bounds() == (0, 0, 0, 0)


def test_a_layer_that_weighs_nothing_any_more_is_dropped() -> None:
    tile = GRID.nearest(3, 2000, 1500)
    place = place_of(tile)
    field = LayeredLogits(OVERVIEW, border_at(OVERVIEW, WIDTH))
    field = field.answered(tile, place, border_at(place, WIDTH), whole(place), field.cells(place))
    before = field.cells(OVERVIEW)
    assert not field.answered(None, OVERVIEW, -before, np.ones(before.shape, np.float32), before).layers


def test_a_tile_that_answers_again_keeps_one_layer() -> None:
    tile = GRID.nearest(2, 2000, 1500)
    place = place_of(tile)
    field = LayeredLogits(OVERVIEW, border_at(OVERVIEW, 2005.0))
    for x in (1990.0, 2000.0, 1995.0):
        field = field.answered(tile, place, border_at(place, x), whole(place), field.cells(place))
    assert len(field.layers) == 1
    assert field.region((1900, 1500, 2100, 1501)).sum() == 95


def test_coarse_layers_lie_under_fine_ones() -> None:
    coarse, fine = GRID.nearest(1, 2000, 1500), GRID.nearest(3, 2000, 1500)
    field = LayeredLogits(OVERVIEW, border_at(OVERVIEW, 2005.0))
    for tile in (fine, coarse):
        place = place_of(tile)
        field = field.answered(tile, place, border_at(place, 2000.0), whole(place), field.cells(place))
    assert [layer.tile.level for layer in field.layers] == [1, 3]


def test_a_window_fades_out_at_edges_but_not_where_the_image_ends() -> None:
    inner = whole(place_of(GRID.nearest(2, 2000, 1500)))
    assert inner[0].max() == inner[-1].max() == inner[:, 0].max() == inner[:, -1].max() == 0
    assert inner[112, 112] == 1
    corner = whole(place_of(Tile(2, 0, 0)))
    assert corner[0, 0] == 1
    assert corner[-1].max() == corner[:, -1].max() == 0
    x0, y0, _, _ = GRID.box(Tile(2, 3, 3))
    around = whole(place_of(Tile(2, 3, 3)), (x0 + 200.0, y0 + 200.0))
    ys, xs = place_of(Tile(2, 3, 3)).cells()
    far = np.hypot(ys[:, None] - y0 - 200, xs[None] - x0 - 200) * GRID.scale(2) > ZERO_RADIUS
    assert around[far].max() == 0
    assert around.max() == 1
