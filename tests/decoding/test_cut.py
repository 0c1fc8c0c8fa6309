"""Files that were not copied to their end, also where their decoders say nothing."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from PIL import Image as Pillow

from decoding.limits import CORRUPT, NOT_AN_IMAGE, Limits, Rejected
from decoding.reader import read
from tests.decoding.kinds import Array, pillow, png

pillow_heif.register_heif_opener()
END = b"\xff\xd9"


def photograph() -> Pillow.Image:
    """480 × 320 without a flat place."""
    pixels = np.random.default_rng(5).integers(0, 256, (160, 240, 3), np.uint8)
    return Pillow.fromarray(pixels).resize((480, 320), Pillow.Resampling.BICUBIC)


def refused(data: bytes) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(io.BytesIO(data), Limits())
    return caught.value


def until(data: bytes, share: float = 0.5) -> bytes:
    return data[: int(len(data) * share)]


@pytest.mark.parametrize("options", [{}, {"restart_marker_rows": 1}, {"restart_marker_blocks": 7}], ids=str)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_half_a_jpeg(mode: str, options: dict[str, Any]) -> None:
    data = pillow(photograph().convert(mode), "JPEG", quality=90, **options)
    half = until(data)
    for cut in (half, half + END, half + bytes(len(data) - len(half))):
        found = refused(cut)
        assert found.reason == CORRUPT
        assert "about 4" in found.message  # 4x % of it
    for whole in (data, data + bytes(5000), data + pillow(photograph(), "JPEG")):
        assert "note" not in read(io.BytesIO(whole), Limits()).source


def test_a_jpeg_that_ends_at_a_restart_mark() -> None:
    data = pillow(photograph(), "JPEG", quality=90, restart_marker_rows=1)
    marks = [at for at in range(len(data) - 1) if data[at] == 0xFF and 0xD0 <= data[at + 1] <= 0xD7]
    assert "ends in the middle" in refused(data[: marks[8]] + END).message
    assert "ends in the middle" in refused(data[: marks[3]] + data[marks[11] :]).message  # eight rows are left out


@pytest.mark.parametrize("options", [{}, {"restart_marker_rows": 1}, {"progressive": True}], ids=str)
def test_a_grey_card_is_whole(options: dict[str, Any]) -> None:
    """It looks as a decoder shows what is missing."""
    card = pillow(Pillow.new("RGB", (480, 320), (128, 128, 128)), "JPEG", **options)
    assert read(io.BytesIO(card), Limits()).view.getextrema() == ((128, 128),) * 3


def _heif(image: Pillow.Image) -> bytes:
    return pillow(image, "HEIF", quality=95)


@pytest.mark.parametrize(
    "make",
    [
        lambda one: pillow(one, "PNG"),
        lambda one: pillow(one, "WEBP", lossless=True),
        lambda one: pillow(one, "WEBP", quality=95),
        lambda one: pillow(one, "AVIF", quality=95),
        _heif,
    ],
    ids=["png", "webp-lossless", "webp", "avif", "heic"],
)
def test_room_that_was_not_filled(make: Callable[[Pillow.Image], bytes]) -> None:
    data = make(photograph())
    assert read(io.BytesIO(data + bytes(50_000)), Limits()).view.size == (480, 320)  # zeros behind it are no harm
    half = until(data)
    assert len(data) - len(half) > 16 * 1024
    assert refused(half + bytes(len(data) - len(half))).reason == CORRUPT


def test_png_pixels_with_a_wrong_checksum() -> None:
    """Browsers refuse them, Pillow does not look."""
    data = bytearray(png(np.asarray(photograph())))
    at = data.index(b"IDAT") + 4 + struct.unpack(">I", data[data.index(b"IDAT") - 4 : data.index(b"IDAT")])[0]
    data[at] ^= 1
    assert "checksum" in refused(bytes(data)).message


def test_jpegs_that_nothing_shows() -> None:
    deep: Array = np.linspace(0, 4095, 64 * 64).astype(np.uint16).reshape(64, 64)
    for data, told in (
        (bytes(imagecodecs.jpeg8_encode(deep, bitspersample=12)), "12 bits"),
        (bytes(imagecodecs.jpegls_encode(np.asarray(photograph()))), "lossless"),
    ):
        found = refused(data)
        assert found.reason == NOT_AN_IMAGE
        assert told in found.message


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_the_transparent_grey_of_a_png_with_few_bits(bits: int) -> None:
    levels = 2**bits
    indices = np.arange(32) % levels
    packed = np.packbits((indices[:, None] >> np.arange(bits)[::-1]) & 1)
    rows = (b"\0" + packed.tobytes()) * 8

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    clear = levels - 2
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 8, bits, 0, 0, 0, 0))
    data += chunk(b"tRNS", struct.pack(">H", clear)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    expected = np.where(indices == clear, 255, indices * 255 // (levels - 1))
    assert np.array_equal(np.asarray(read(io.BytesIO(data), Limits()).view)[0, :, 0], expected)
