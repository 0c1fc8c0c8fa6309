"""JPEG: how many scans it has, and whether one that ends too early is whole but for its end."""

from __future__ import annotations

import io
from typing import IO

from PIL import Image as Pillow
from PIL import ImageChops, ImageFile

from decoding.limits import CORRUPT, TOO_LARGE, Rejected
from decoding.sources import Pieces

MOST_SCANS = 100
"""Ten are usual. Each goes over all the pixels again, so a small file of thousands would take minutes."""
CHUNK = 4 * 1024**2
TAIL_ROWS = 16
"""The last row of blocks: as much may be missing of a picture that is called whole."""


def check_scans(file: IO[bytes]) -> bool:
    """Whether the file is progressive. Raises: Rejected when it has more than MOST_SCANS scans."""
    file.seek(0)
    scans, progressive, before = 0, False, b""
    while chunk := file.read(CHUNK):
        data = before + chunk
        scans += data.count(b"\xff\xda")
        progressive = progressive or b"\xff\xc2" in data
        before = data[-1:] if data[-1:] == b"\xff" else b""
    if scans > MOST_SCANS:
        raise Rejected(
            TOO_LARGE,
            f"The JPEG is cut into {scans:,} scans, more than the {MOST_SCANS} allowed here: it would take minutes to "
            "read. Save it anew.",
        )
    return progressive


def load(image: Pillow.Image, file: IO[bytes]) -> tuple[Pillow.Image, str]:
    """The decoded image, and a note where its end is missing. Raises: Rejected when more is missing than the end."""
    try:
        image.load()
    except OSError as error:
        if "truncated" not in str(error):
            raise
        return _load_without_end(file)
    return image, ""


def _load_without_end(file: IO[bytes]) -> tuple[Pillow.Image, str]:
    """Decode it with two different endings: what they do not change was really there."""
    size = file.seek(0, 2)
    first = _decoded(file, size, b"\xff\xd9")
    second = _decoded(file, size, bytes((0x5A, 0xA5, 0x3C)) * 8192 + b"\xff\xd9")
    changed = ImageChops.difference(first, second).convert("RGB").getbbox() if first.mode != "CMYK" else None
    if first.mode == "CMYK":
        changed = ImageChops.difference(first.convert("RGB"), second.convert("RGB")).getbbox()
    top = changed[1] if changed else first.height
    if top < first.height - 2 * TAIL_ROWS or (first.height <= 2 * TAIL_ROWS and top == 0):
        raise Rejected(
            CORRUPT,
            f"The JPEG ends in the middle of the picture: about {100 * top // first.height} % of it is there. "
            "Copy it again from where it came.",
        )
    return first, "The file lacks its end; the picture is whole." if top == first.height else (
        f"The file lacks its end: the last {first.height - top} rows may be wrong."
    )


def _decoded(file: IO[bytes], size: int, end: bytes) -> Pillow.Image:
    image = Pillow.open(io.BufferedReader(Pieces(file, [(0, size), end])), formats=["JPEG"])
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
    return image
