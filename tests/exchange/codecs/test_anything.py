"""Whatever a file has where a mask should be: a mask of the picture's size, or a `CodecError`. Nothing else."""

import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling import masks
from labeling.exchange.codecs import CodecError, brush, coco_rle, cvat_rle, index_png, polygons
from labeling.masks import Box

pytestmark = pytest.mark.once

HEIGHT, WIDTH = 6, 8
NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.integers(-3, HEIGHT * WIDTH + 3),
    st.sampled_from([10**30, -(10**30), 2**31, 2**32, 2**63, 1e308, -0.0]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=8),
        st.lists(NUMBERS, max_size=14),
        st.dictionaries(st.sampled_from(["size", "counts", "x"]), inner, max_size=3),
    ),
    max_leaves=20,
)
RLE = st.one_of(JSON, st.fixed_dictionaries({"size": st.just([HEIGHT, WIDTH]), "counts": JSON}), st.binary(max_size=20))


def is_mask(counts: str, height: int = HEIGHT, width: int = WIDTH) -> None:
    assert masks.canonical(counts, height, width) == counts


@given(RLE)
@settings(max_examples=200, deadline=None)
def test_coco_rle(given_: Any) -> None:
    with contextlib.suppress(CodecError):
        counts, note = coco_rle.counts_of(given_, HEIGHT, WIDTH)
        is_mask(counts)
        assert isinstance(note, str)


@given(st.text(st.characters(min_codepoint=48, max_codepoint=111), max_size=30))
@settings(max_examples=100, deadline=None)
def test_compressed_text(text: str) -> None:
    with contextlib.suppress(CodecError):
        is_mask(coco_rle.counts_of(text, HEIGHT, WIDTH)[0])


@given(JSON, st.sampled_from(["coco", "opencv", "pil"]))
@settings(max_examples=200, deadline=None)
def test_polygons(given_: Any, fill: polygons.Fill) -> None:
    with contextlib.suppress(CodecError):
        is_mask(polygons.counts_of(given_, HEIGHT, WIDTH, fill)[0])


@given(
    st.lists(st.lists(st.floats(-1e9, 1e9), min_size=6, max_size=30), min_size=1, max_size=3),
    st.sampled_from(["coco", "opencv", "pil"]),
)
@settings(max_examples=100, deadline=None)
def test_polygons_of_any_numbers(given_: list[list[float]], fill: polygons.Fill) -> None:
    with contextlib.suppress(CodecError):
        is_mask(polygons.counts_of(given_, HEIGHT, WIDTH, fill)[0])


@given(
    st.one_of(JSON, st.text(st.sampled_from("0123456789, -+.e"), max_size=20)),
    st.lists(st.integers(-9, 20), min_size=4, max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_cvat_rle(given_: Any, box: list[int]) -> None:
    with contextlib.suppress(CodecError):
        is_mask(cvat_rle.counts_of(given_, Box(*box), HEIGHT, WIDTH)[0])


HEADER = [0, 0, 0, 4 * HEIGHT * WIDTH, 57, 27]


@given(st.one_of(JSON, st.binary(max_size=60).map(lambda data: HEADER + list(data)), st.binary(max_size=30)))
@settings(max_examples=200, deadline=None)
def test_brush(given_: Any) -> None:
    with contextlib.suppress(CodecError):
        is_mask(brush.counts_of(given_, HEIGHT, WIDTH)[0])


WHOLE = [
    index_png.write(np.arange(HEIGHT * WIDTH, dtype=np.uint8).reshape(HEIGHT, WIDTH), palette)
    for palette in (None, index_png.voc_palette())
]


@given(st.sampled_from(WHOLE), st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_pngs(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(damaged))))
    with contextlib.suppress(CodecError):
        found = index_png.read(bytes(damaged[:cut]), HEIGHT, WIDTH)
        assert found.values.shape == (HEIGHT, WIDTH)


def test_nan_of_a_file() -> None:
    """As Python's json reads it."""
    with pytest.raises(CodecError):
        polygons.counts_of(json.loads("[[150.0, 5.0, NaN, 20.0, 170.0, 60.0]]"), HEIGHT, WIDTH)
