"""Label Studio's brush RLE, both ways, against a slow reading of its definition and bytes its own SDK wrote."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling import masks
from labeling.exchange.codecs import CodecError, brush
from labeling.masks import Bits
from tests.exchange.codecs.conftest import ANY_MASKS, at_most, large

pytestmark = pytest.mark.once

# label_studio_sdk.converter.brush.encode_rle of np.repeat([0, 255, 255, 0, 0, 0], 4): a picture of 3 × 2
SDK = [0, 0, 0, 24, 57, 27, 252, 96, 19, 255, 219, 0, 0]

# The SDK's, of one pixel in the corner of 213 × 319, of a full frame of 256 × 185
ONE_PIXEL = [0, 4, 37, 172, 57, 27, 255, 255, 255, 0, 255, 255, 224, 31, 255, 252, 3, 255, 255, 128, 114, 90, 112, 8]
ONE_PIXEL += [255, 192]
FULL = [0, 2, 228, 0, 57, 27, 255, 255, 255, 255, 255, 255, 255, 255, 143, 255, 252]


def written(values: list[tuple[bool, list[int]]], count: int, sizes: tuple[int, ...] = (3, 4, 8, 16)) -> list[int]:
    """By the definition: (repeated, words) blocks, lengths in the largest size."""
    bits = f"{count:032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in sizes)
    for repeated, words in values:
        bits += f"{repeated:b}11{len(words) - 1:0{sizes[3]}b}"
        bits += "".join(f"{word:08b}" for word in (words[:1] if repeated else words))
    bits += "0" * (-len(bits) % 8)
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]


def decoded(data: list[int]) -> list[int]:
    """All values, bit by bit."""
    bits = "".join(f"{byte:08b}" for byte in data)
    at = 0

    def take(size: int) -> int:
        nonlocal at
        at += size
        return int(bits[at - size : at], 2)

    count, word = take(32), take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    found: list[int] = []
    while len(found) < count:
        repeated = take(1)
        length = take(sizes[take(2)]) + 1
        found += [take(word)] * length if repeated else [take(word) for _ in range(length)]
    return found


@given(ANY_MASKS)
@settings(max_examples=200, deadline=None)
def test_there_and_back(bits: Bits) -> None:
    counts = masks.encode(bits)
    data = brush.of(counts, *bits.shape)
    assert brush.counts_of(data, *bits.shape) == (counts, "")
    assert decoded(data) == np.repeat(bits.ravel() * 255, 4).tolist()


def test_a_large_mask() -> None:
    counts = masks.encode(large())
    data = brush.of(counts, 700, 900)
    assert brush.counts_of(data, 700, 900) == (counts, "")
    assert brush.counts_of(bytes(data), 700, 900) == (counts, "")


def test_runs_longer_than_a_block() -> None:
    bits = np.zeros((400, 500), bool)
    bits[100:, :] = True
    counts = masks.encode(bits)
    with at_most(10):  # of the picture's four values a pixel, 0.8 MB, none is made
        data = brush.of(counts, 400, 500)
        assert len(data) < 60
        assert brush.counts_of(data, 400, 500) == (counts, "")


def test_label_studios_own_bytes() -> None:
    bits = np.array([[False, True, True], [False, False, False]])
    assert decoded(SDK) == np.repeat(bits.ravel() * 255, 4).tolist()
    assert brush.counts_of(SDK, 2, 3) == (masks.encode(bits), "")
    assert brush.of(masks.encode(bits), 2, 3) == SDK


def test_label_studios_own_bytes_of_a_corner_and_of_all() -> None:
    corner = np.zeros((319, 213), bool)
    corner[318, 212] = True
    for bits, rle in ((corner, ONE_PIXEL), (np.ones((185, 256), bool), FULL)):
        assert brush.counts_of(rle, *bits.shape) == (masks.encode(bits), "")
        assert brush.of(masks.encode(bits), *bits.shape) == rle


@given(arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(4))), st.data())
@settings(max_examples=200, deadline=None)
def test_any_blocks_over_pixel_borders_only_alpha_counts(pixels: np.ndarray, data: st.DataObject) -> None:
    """Coloured pictures, and blocks that begin and end inside a pixel."""
    pixels[data.draw(arrays(np.bool_, pixels.shape[:2]))] = data.draw(st.sampled_from([0, 255]))
    flat, blocks = pixels.ravel().tolist(), []
    while flat:
        length = data.draw(st.integers(1, min(9, len(flat))))
        blocks.append((len(set(flat[:length])) == 1, flat[:length]))
        flat = flat[length:]
    rle = written(blocks, pixels.size)
    counts, note = brush.counts_of(rle, *pixels.shape[:2])
    assert np.array_equal(masks.decode(counts, *pixels.shape[:2]), pixels[..., 3] > 0)
    assert note == ""


def test_an_alpha_of_one_counts() -> None:
    bits = masks.decode(brush.counts_of(written([(True, [1] * 4), (True, [0] * 4)], 8), 1, 2)[0], 1, 2)
    assert bits.tolist() == [[True, False]]


def test_more_bytes_than_needed_are_noted() -> None:
    assert brush.counts_of([*SDK, 0, 0], 2, 3)[1] == "3 bytes behind the mask were left out"


@pytest.mark.parametrize(
    ("rle", "message"),
    [
        ([], "0 bytes, less than its header"),
        ([0, 0, 0, 24], "less than its header"),
        (SDK[:-3], "ends before the mask does"),
        (written([(False, [1] * 24)], 24)[:20], "ends before"),
        (written([(True, [255] * 25)], 24), "goes on behind its 24 values"),
        (written([(True, [255] * 24)], 4_000_000_000), "4000000000 values; 3 × 2 with 4 each has 24"),
        ([0, 0, 0, 24, 56, *SDK[5:]], "less|ends|behind"),
        ([0, 0, 0, 24, 255, *SDK[5:]], "values of 32 bits"),
        ([0, 0, 0, 256, 57], "not a byte"),
        ([0, 0, 0, -1, 57], "not a byte"),
        ([0.0] * 20, "not a byte"),
        ([True] * 20, "not a byte"),
        ("0004", "not a list of bytes"),
        (10**12, "not a list of bytes"),
        (None, "not a list of bytes"),
    ],
)
def test_what_is_no_mask_of_this_picture_is_refused(rle: object, message: str) -> None:
    with at_most(2), pytest.raises(CodecError, match=message):
        brush.counts_of(rle, 2, 3)  # type: ignore[arg-type]
