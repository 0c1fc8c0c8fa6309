"""Camera raw files, made byte by byte for LibRaw, are shown by the camera's own picture or refused by name."""

import io
import struct

import numpy as np
import pytest
from PIL import Image as Pillow

from decoding.limits import Rejected
from decoding.reader import read
from decoding.sources import sniff
from tests.decoding.kinds import Array, chart, turned
from tests.decoding.test_kinds import NEAR, difference

pytestmark = pytest.mark.once


def jpeg(pixels: Array, orientation: int = 0) -> bytes:
    """As a camera writes it: EXIF at its very beginning."""
    out, exif = io.BytesIO(), Pillow.Exif()
    Pillow.fromarray(pixels).save(out, "JPEG", quality=95, subsampling=0)
    exif[0x010F], exif[0x0110] = "FUJIFILM", "X100S"
    if orientation:
        exif[0x0112] = orientation
    said = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    data = out.getvalue()
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(said) + 2) + said + data[2:]


def raf(width: int, height: int, preview: bytes) -> bytes:
    """A Fujifilm raw file: a preview, and width × height of the sensor."""
    tags = struct.pack(">I", 2) + b"".join(struct.pack(">HHHH", tag, 4, height, width) for tag in (0x100, 0x121))
    head = bytearray(160)
    head[:20], head[0x1C:0x21] = b"FUJIFILMCCD-RAW 0201", b"X100S"
    thumb = 160 + len(tags)
    struct.pack_into(">IIIIII", head, 84, thumb, len(preview), 160, len(tags), thumb + len(preview), width * height * 2)
    return bytes(head) + tags + preview + bytes(width * height * 2)


def test_the_cameras_full_size_preview_is_shown_and_said() -> None:
    picture = read(io.BytesIO(raf(152, 100, jpeg(chart()))))
    assert (difference(np.asarray(picture.view), chart()) < NEAR).all()
    assert picture.source["note"] == "Shown by the camera's preview."
    assert picture.source["format"] == "RAW"
    assert not picture.reusable  # the original is no file that a browser shows


def test_the_preview_is_turned_as_it_says() -> None:
    picture = read(io.BytesIO(raf(152, 100, jpeg(chart(), 6))))
    expected = turned(chart(), 6)
    assert (difference(np.asarray(picture.view), expected) < NEAR).all()


def test_a_small_preview_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        Rejected, match=r"600 × 400 and a preview of only 144 × 96; .*Export it from your raw converter"
    ):
        read(io.BytesIO(raf(600, 400, jpeg(chart()))))


@pytest.mark.parametrize(
    "data",
    [
        b"FUJIFILMCCD-RAW 0201" + bytes(200),
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(200),
        b"II*\0\x10\0\0\0CR\2\0" + bytes(200),
        raf(152, 100, b"\xff\xd8\xff\xe1no JPEG" + bytes(500)),
        raf(152, 100, jpeg(chart()))[:1000],
        raf(152, 100, jpeg(chart()))[:200],
    ],
    ids=["an empty RAF", "an empty CR3", "an empty CR2", "no JPEG", "a cut JPEG", "a cut head"],
)
def test_a_damaged_raw_file_is_refused(data: bytes) -> None:
    assert sniff(data[:132]) == "RAW"
    with pytest.raises(Rejected) as caught:
        read(io.BytesIO(data))
    assert "developed picture is missing" in caught.value.message or "damaged" in caught.value.message
