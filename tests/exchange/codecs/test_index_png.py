"""Index pictures keep their numbers, whatever kind of PNG they are in."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from labeling import masks
from labeling.exchange.codecs import CodecError, index_png
from tests.exchange.codecs.conftest import SHAPES, at_most

pytestmark = pytest.mark.once

NUMBERS = SHAPES.flatmap(lambda shape: arrays(np.uint8, shape, elements=st.sampled_from([0, 1, 2, 15, 254, 255])))


def png(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def raw_png(width: int, height: int, depth: int, color: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@given(NUMBERS)
@settings(max_examples=100, deadline=None)
def test_a_palette_picture_there_and_back(values: np.ndarray) -> None:
    content = index_png.write(values, index_png.voc_palette())
    found = index_png.read(content, *values.shape)
    assert found.values.dtype == np.uint8
    assert np.array_equal(found.values, values)
    assert found.palette is not None
    assert np.array_equal(found.palette[:256], index_png.voc_palette())
    with Image.open(io.BytesIO(content)) as opened:
        assert opened.mode == "P"
        assert np.array_equal(np.asarray(opened.convert("RGB")), index_png.voc_palette()[values])


@given(SHAPES.flatmap(lambda shape: arrays(np.uint16, shape)))
@settings(max_examples=100, deadline=None)
def test_16_bits_there_and_back(values: np.ndarray) -> None:
    content = index_png.write(values)
    found = index_png.read(io.BytesIO(content), *values.shape)
    assert found.values.dtype == np.uint16
    assert np.array_equal(found.values, values)
    by_opencv = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert by_opencv is not None
    assert np.array_equal(by_opencv, values)


@given(SHAPES.flatmap(lambda shape: arrays(np.uint8, (*shape, 3))))
@settings(max_examples=50, deadline=None)
def test_colours_are_numbers(values: np.ndarray) -> None:
    found = index_png.read(index_png.write(values), *values.shape[:2])
    assert found.colors
    assert found.values.tolist() == [[r + 256 * g + 65536 * b for r, g, b in row] for row in values.tolist()]


def test_a_table_of_colours_gives_indices() -> None:
    values = np.array([[0, 1, 2], [255, 20, 0]], np.uint8)
    colors = index_png.voc_palette()
    content = index_png.write(colors[values])
    table = {(int(r), int(g), int(b)): at for at, (r, g, b) in enumerate(colors)}
    assert np.array_equal(index_png.indices(index_png.read(content, 2, 3), table), values)
    del table[(224, 224, 192)]
    with pytest.raises(CodecError, match="the colour 224, 224, 192 belongs to no class"):
        index_png.indices(index_png.read(content, 2, 3), table)
    with pytest.raises(CodecError, match="belongs to no class"):
        index_png.indices(index_png.read(content, 2, 3), {})


def test_pascal_vocs_colours() -> None:
    colors = index_png.voc_palette()
    assert colors[[0, 1, 2, 15, 20, 21, 255]].tolist() == [
        [0, 0, 0], [128, 0, 0], [0, 128, 0], [192, 128, 128], [0, 64, 128], [128, 64, 128], [224, 224, 192],
    ]  # fmt: skip
    assert len({tuple(one) for one in colors.tolist()}) == 256


def test_other_kinds_of_png() -> None:
    values = np.array([[0, 1, 1], [1, 0, 1]], np.uint8)
    assert np.array_equal(index_png.read(png(Image.fromarray(values.astype(bool))), 2, 3).values, values)
    assert np.array_equal(index_png.read(png(Image.fromarray(values)), 2, 3).values, values)
    small = Image.fromarray(values)
    small.putpalette([0, 0, 0, 9, 9, 9])
    for bits in (1, 2, 4, 8):
        found = index_png.read(png(small, bits=bits, transparency=0), 2, 3)
        assert np.array_equal(found.values, values)
        assert found.palette is not None
        assert found.palette[1].tolist() == [9, 9, 9]
    opaque = np.dstack([values, values, values, np.full_like(values, 255)])
    assert index_png.read(png(Image.fromarray(opaque)), 2, 3).values[0, 1] == 1 + 256 + 65536
    opaque[0, 0, 3] = 7
    with pytest.raises(CodecError, match="transparent"):
        index_png.read(png(Image.fromarray(opaque)), 2, 3)


@given(NUMBERS)
@settings(max_examples=100, deadline=None)
def test_each_number_has_its_mask(values: np.ndarray) -> None:
    found = dict(index_png.segments(values))
    assert list(found) == sorted(set(values.ravel().tolist()))
    for number, counts in found.items():
        assert counts == masks.encode(values == number)


def test_more_numbers_than_can_be_objects_are_refused() -> None:
    values = np.arange(90_000, dtype=np.uint32).reshape(300, 300)
    assert len(list(index_png.segments(values))) == 90_000
    with pytest.raises(CodecError, match="90000 different numbers; 1000 can be read"):
        list(index_png.segments(values, most=1000))


def test_the_size_is_checked_before_pixels_are_decoded() -> None:
    bomb = raw_png(60_000, 60_000, 8, 0, b"\0" * 1000)
    with at_most(2), pytest.raises(CodecError, match="the PNG has 60000 × 60000; the picture is 320 × 240"):
        index_png.read(bomb, 240, 320)
    bomb = raw_png(5000, 5000, 8, 0, b"\0" * 1000)
    with at_most(2), pytest.raises(CodecError, match="5000 × 5000"):
        index_png.read(bomb, 240, 320)


NOISE = index_png.write(np.random.default_rng(1).integers(0, 256, (64, 64), np.uint8))
WHOLE = index_png.write(np.arange(64, dtype=np.uint8).reshape(8, 8) * 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a PNG"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 60, "not a PNG"),
        (WHOLE[:20], "not a PNG|not a whole PNG"),
        (NOISE[:2000], "not a whole PNG"),
        (WHOLE.replace(b"IDAT", b"IDAX"), "not a whole PNG"),
        (raw_png(8, 8, 8, 0, b"\0" * 20), "not a whole PNG"),
        (raw_png(8, 8, 16, 2, b"\0" * (49 * 8)), "colours of 16 bits"),
        (raw_png(8, 8, 16, 6, b"\0" * (65 * 8)), "colours of 16 bits"),
        (raw_png(8, 8, 3, 0, b"\0" * 40), "not a whole PNG"),
        (raw_png(0, 8, 8, 0, b""), "not a whole PNG|has 0 × 8"),
    ],
)
def test_what_is_no_index_picture_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(CodecError, match=message):
        index_png.read(content, *((64, 64) if content == NOISE[:2000] else (8, 8)))
