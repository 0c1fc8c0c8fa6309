"""The bilinear sampler, against its definition written out for one value, and against itself in parts."""

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from inference.clicks.layered_logits import LayeredLogits, Place
from inference.core import bilinear
from inference.core.arrays import Floats
from inference.core.bilinear import Taps, bands, positive, sample, taps
from inference.core.geometry import Frame
from inference.core.upsample import Upsampler

SIZES = [(50, 71), (480, 640), (900, 1300), (6, 640), (641, 9), (1, 1)]


def at_one(source: Floats, y: float, x: float, rows: int, columns: int) -> float:
    """The value at a place in cells; only `rows` x `columns` cells are the picture's."""
    y, x = min(max(y - 0.5, 0.0), rows - 1.0), min(max(x - 0.5, 0.0), columns - 1.0)
    top, left = int(y), int(x)
    down, across = min(top + 1, rows - 1), min(left + 1, columns - 1)
    first = source[top, left] * (1 - (x - left)) + source[top, across] * (x - left)
    second = source[down, left] * (1 - (x - left)) + source[down, across] * (x - left)
    return float(first * (1 - (y - top)) + second * (y - top))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_values_are_those_of_the_definition(dtype: type) -> None:
    rng = np.random.default_rng(0)
    source: Floats = rng.normal(0, 3, (40, 48)).astype(dtype)
    size, inner = (117, 200), (75, 90)  # pixels, and model pixels: 38 x 45 cells
    ys, xs = np.sort(rng.uniform(-5, 122, 30)), np.sort(rng.uniform(-5, 205, 40))
    found = sample(source, taps(ys, size[0], inner[0]), taps(xs, size[1], inner[1]))
    assert found.dtype == np.float32
    scale_y, scale_x = inner[0] / size[0] / 2, inner[1] / size[1] / 2
    wanted = [[at_one(source, y * scale_y, x * scale_x, 38, 45) for x in xs] for y in ys]
    assert np.abs(found - np.array(wanted)).max() < 1e-5


def test_twice_the_size_is_what_pytorch_makes_of_it() -> None:
    """Cells two model pixels apart, at the middles of model pixels: what a network's up-sampling layer does."""
    source = np.random.default_rng(1).normal(0, 1, (24, 32)).astype(np.float32)
    here = taps(np.arange(48) + 0.5, 48, 48), taps(np.arange(64) + 0.5, 64, 64)
    wanted = interpolate(torch.from_numpy(source)[None, None], scale_factor=2.0, mode="bilinear", align_corners=False)
    assert np.abs(sample(source, *here) - wanted[0, 0].numpy()).max() < 1e-5


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_all_that_sample_a_map_agree_bit_for_bit(height: int, width: int) -> None:
    """The session on the overview, and the layers of one on tiles without a tile."""
    frame = Frame.of(height, width)
    logits = np.random.default_rng(2).normal(0, 1, (frame.padded_height // 2, frame.padded_width // 2))
    kept = logits.astype(np.float16)
    box = (width // 5, height // 5, width, height)
    upsampler, layers = Upsampler(frame), LayeredLogits(Place((0, 0, width, height), frame), kept)
    mask = upsampler.region(kept, box)
    assert np.array_equal(layers.region(box), mask)
    assert np.array_equal(upsampler.region(kept.astype(np.float32), box), mask)
    values = layers.at(np.arange(height) + 0.5, np.arange(width) + 0.5)
    for y, x in ((0, 0), (height - 1, width - 1), (height // 2, width // 3)):
        assert sample(kept, *upsampler.pixel(x, y))[0, 0] == values[y, x]


def test_a_large_mask_is_made_in_bands_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    source = rng.normal(0, 1, (60, 80)).astype(np.float32)
    rows, columns = taps(np.arange(230) + 0.5, 230, 115), taps(np.arange(300) + 0.5, 300, 150)
    whole = positive(source, rows, columns)
    made: list[int] = []
    down = bilinear._down

    def counted(across: Floats, part: Taps, first: int) -> Floats:
        made.append(len(part.low))
        return down(across, part, first)

    monkeypatch.setattr(bilinear, "_down", counted)
    monkeypatch.setattr(bilinear, "BAND", 7 * 300)
    assert np.array_equal(positive(source, rows, columns), whole)
    assert max(made) == 7
    assert sum(made) == 230
    assert np.array_equal(whole, sample(source, rows, columns) > 0)


def test_bands_are_all_rows_once_however_wide() -> None:
    for rows, columns in ((1000, 700), (3, 10**9), (1, 1), (0, 5)):
        found = list(bands(rows, columns))
        assert [y for band in found for y in range(band.start, band.stop)] == list(range(rows))
        assert all((band.stop - band.start) * columns <= bilinear.BAND or band.stop - band.start == 1 for band in found)


def test_nothing_is_sampled_where_nothing_is_asked_for() -> None:
    source = np.ones((4, 4), np.float16)
    some, none = taps(np.arange(3) + 0.5, 8, 8), taps(np.arange(0) + 0.5, 8, 8)
    assert sample(source, none, some).shape == (0, 3)
    assert sample(source, some, none).shape == (3, 0)
    assert positive(source, none, none).shape == (0, 0)


def test_places_that_read_a_cell() -> None:
    columns = taps(np.arange(16) + 0.5, 16, 8)  # 4 cells of 4 pixels
    assert columns.reading(0, 0) == (0, 6)
    assert columns.reading(2, 2) == (6, 14)
    assert columns.reading(9, 9) == (0, 0)
