"""JPEG: how many scans it has, and whether one that ends too early is whole but for its end.

Decoders do not complain of missing rows where the file has an end mark, or zeros up to its size: they show grey.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO

from PIL import Image as Pillow
from PIL import ImageChops, ImageFile

from decoding.limits import CORRUPT, NOT_AN_IMAGE, TOO_LARGE, Rejected
from decoding.sources import Pieces, end_without_zeros

MOST_SCANS = 100
"""Ten are usual. Each goes over all the pixels again, so a small file of thousands would take minutes."""
CHUNK = 4 * 1024**2
TAIL_ROWS = 16
"""The last row of blocks: as much may be missing of a picture that is called whole."""
ZEROS = 64
"""So many zeros at a file's end are no pixels: room was made for it, and it was never filled."""
END = b"\xff\xd9"
FILLER = bytes((0x5A, 0xA5, 0x3C))
RESTARTS = 4096
_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_LOSSLESS = {0xC3, 0xC7, 0xCB, 0xCF, 0xF7}
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")


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


def check_frame(file: IO[bytes]) -> None:
    """Raises: Rejected for the kinds of JPEG that no browser and few programs show."""
    for marker, at in _segments(file):
        if marker in _FRAMES:
            file.seek(at + 4)
            bits = file.read(1)[0]
            kind = "is lossless" if marker in _LOSSLESS else f"has {bits} bits a channel"
            if marker in _LOSSLESS or bits != 8:
                raise Rejected(
                    NOT_AN_IMAGE, f"This JPEG {kind}, which can't be shown. Save it as PNG, TIFF or a JPEG of 8 bits."
                )
            return


def _segments(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Markers before the pixels, each with its place; of a damaged file those before the damage."""
    at = 2
    while True:
        file.seek(at)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            return
        if head[1] == 0xFF:  # a fill byte
            at += 1
            continue
        yield head[1], at
        if head[1] in (0xDA, 0xD9):
            return
        at += 2 + int.from_bytes(head[2:], "big")


def load(image: Pillow.Image, file: IO[bytes]) -> tuple[Pillow.Image, str]:
    """The decoded image, and a note where its end is missing. Raises: Rejected when more is missing than the end."""
    end = _end_of_bytes(file)
    if end is not None:
        return _load_without_end(file, end)
    try:
        image.load()
    except OSError as error:
        if "truncated" not in str(error):
            raise
        return _load_without_end(file, file.seek(0, 2))
    if _ends_grey(image) and (end := _end_of_pixels(file)) is not None:
        return image, _judged(image, _decoded(file, end, _filler(file, end) + END))
    return image, ""


def _end_of_bytes(file: IO[bytes]) -> int | None:
    """Where zeros begin that stand for the rest of the file; None where there are none, or they follow a whole one."""
    size, end = file.seek(0, 2), end_without_zeros(file)
    file.seek(max(0, end - len(END)))
    return end if size - end >= ZEROS and file.read(len(END)) != END else None


def _ends_grey(image: Pillow.Image) -> bool:
    """Whether the last block is what decoders put where there is nothing."""
    if image.mode not in ("L", "RGB"):
        return False
    last = image.crop((max(0, image.width - 8), max(0, image.height - 8), *image.size))
    return all(one == (128, 128) for one in last.convert("RGB").getextrema())


def _end_of_pixels(file: IO[bytes]) -> int | None:
    """The place of the picture's end mark. (Others may follow it: of a second picture, of a camera's own data.)"""
    at = next((at for marker, at in _segments(file) if marker == 0xDA), None)
    if at is None:
        return None
    file.seek(0)
    data = file.read()
    while found := _MARKER.search(data, at + 2):
        at = found.start()
        if data[at + 1] == 0xD9:
            return at
    return None


def _filler(file: IO[bytes], end: int) -> bytes:
    """What a decoder takes for more pixels, also of a file with restart marks: each in its turn."""
    file.seek(0)
    marks = [found.group() for found in _RESTART.finditer(file.read(end))]
    if not marks:
        return FILLER * 8192
    return b"".join(FILLER * 60 + bytes((0xFF, 0xD0 + (marks[-1][1] + 1 + i) % 8)) for i in range(RESTARTS))


def _load_without_end(file: IO[bytes], end: int) -> tuple[Pillow.Image, str]:
    """Decode it with two different endings: what they do not change was really there."""
    first = _decoded(file, end, END)
    note = _judged(first, _decoded(file, end, _filler(file, end) + END))
    return first, note or "The file lacks its end; the picture is whole."


def _judged(first: Pillow.Image, second: Pillow.Image) -> str:
    """A note about the last rows if two endings make them differ. Raises: Rejected when it is more than them."""
    changed = ImageChops.difference(first.convert("RGB"), second.convert("RGB")).getbbox()
    top = changed[1] if changed else first.height
    if top < first.height - 2 * TAIL_ROWS or (first.height <= 2 * TAIL_ROWS and top == 0):
        raise Rejected(
            CORRUPT,
            f"The JPEG ends in the middle of the picture: about {100 * top // first.height} % of it is there. "
            "Copy it again from where it came.",
        )
    return f"The file lacks its end: the last {first.height - top} rows may be wrong." if changed else ""


def _decoded(file: IO[bytes], size: int, end: bytes) -> Pillow.Image:
    image = Pillow.open(io.BufferedReader(Pieces(file, [(0, size), end])), formats=["JPEG"])
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
    return image
