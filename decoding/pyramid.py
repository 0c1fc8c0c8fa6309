"""A large view in blocks of a zip, at 1, 1/2, 1/4, … of its size: see `labeling.images.blocks`.

The values of a picture with more than 8 bits are in the same zip, in the same levels and places, as PNG of 16 bits:
`deep-<factor>/<row>-<column>.png`, and `deep.json` with what 0 and 65,535 stand for.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from decoding.reader import Picture

EXACT = "exact"
DEEP_RANGE = "deep.json"
WRITERS = 2  # threads; a block is compressed without Python's lock
Values = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Level:
    """The view at 1 / `factor` of its size, in `rows` × `columns` blocks of `side`; `name` is a folder of the zip."""

    name: str
    factor: int
    width: int
    height: int
    side: int

    @property
    def columns(self) -> int:
        return -(-self.width // self.side)

    @property
    def rows(self) -> int:
        return -(-self.height // self.side)

    def entry(self, row: int, column: int) -> str:
        return f"{self.name}/{row}-{column}{'.png' if self.name == EXACT else '.jpg'}"


def levels_of(width: int, height: int, lossless: bool, side: int) -> list[Level]:
    """The levels of a view, the finest first; rounded as Pillow's reduce(2) does."""
    found = [Level(EXACT, 1, width, height, side)] if lossless else []
    found.append(Level("1", 1, width, height, side))
    while max(found[-1].width, found[-1].height) > 2 * side:
        last = found[-1]
        factor = 2 * last.factor
        found.append(Level(str(factor), factor, -(-last.width // 2), -(-last.height // 2), side))
    return found


def is_lossless(image_format: str) -> bool:
    """Whether pictures of this format are kept bit for bit; the view's rule, see `decoding.writing`."""
    return image_format not in ("JPEG", "RAW")  # of camera raw the camera's JPEG is shown


def deep_entry(factor: int, row: int, column: int) -> str:
    """The name of a block of 16-bit values."""
    return f"deep-{factor}/{row}-{column}.png"


def write(
    picture: Picture, file: IO[bytes], lossless: bool, side: int, tell: Callable[[float], None] = lambda done: None
) -> None:
    """Write the zip of a picture's blocks. tell: is told which part, 0 to 1, is done, after each row of blocks.

    The list at the end of a zip is its seal: a half-written one is not there.
    """
    view = picture.view
    levels = levels_of(view.width, view.height, lossless, side)
    total, done, factor = sum(level.rows * level.columns for level in levels), 0, 1
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive, ThreadPoolExecutor(WRITERS) as pool:
        for level in levels:
            if level.factor > factor:
                view, factor = view.reduce(2), level.factor
            for row in range(level.rows):
                _write_row(archive, pool, view, level, row)
                done += level.columns
                tell(done / total)
        for entry, data in _deep_entries(picture, side):
            archive.writestr(entry, data)


def _write_row(archive: zipfile.ZipFile, pool: ThreadPoolExecutor, view: Pillow.Image, level: Level, row: int) -> None:
    def compressed(column: int) -> bytes:
        x, y = column * level.side, row * level.side
        box = (x, y, min(x + level.side, view.width), min(y + level.side, view.height))
        block, out = view.crop(box), io.BytesIO()
        if level.name == EXACT:
            block.save(out, "PNG", compress_level=1)
        else:
            block.save(out, "JPEG", quality=95, subsampling=0)
        return out.getvalue()

    for column, data in enumerate(pool.map(compressed, range(level.columns))):
        archive.writestr(level.entry(row, column), data)


def _deep_entries(picture: Picture, side: int) -> Iterator[tuple[str, bytes]]:
    """None for a picture of 8 bits."""
    if picture.deep is None:
        return
    import cv2

    yield DEEP_RANGE, json.dumps(picture.deep_range).encode()
    values, factor = picture.deep, 1
    for level in levels_of(picture.view.width, picture.view.height, False, side):
        if level.factor > factor:
            values, factor = _halved(values), level.factor
        for row in range(level.rows):
            for column in range(level.columns):
                block = values[row * side : (row + 1) * side, column * side : (column + 1) * side]
                block = np.ascontiguousarray(block[..., ::-1] if block.ndim == 3 else block)  # OpenCV's order
                _, data = cv2.imencode(".png", block, [cv2.IMWRITE_PNG_COMPRESSION, 1])
                yield deep_entry(level.factor, row, column), data.tobytes()


def _halved(values: Values) -> Values:
    """Means of 2 × 2, as Pillow's reduce(2) makes them: an odd last row or column is half as wide. Bands of rows."""
    height, width = values.shape[:2]
    out = np.empty((-(-height // 2), -(-width // 2), *values.shape[2:]), np.uint16)
    for top in range(0, height, 512):
        band = values[top : top + 512]
        rows, columns = band.shape[:2]
        if rows % 2 or columns % 2:
            pad = [(0, rows % 2), (0, columns % 2)] + [(0, 0)] * (values.ndim - 2)
            band = np.pad(band, pad, mode="edge")
        sums = band[::2, ::2].astype(np.uint32)
        for y, x in ((1, 0), (0, 1), (1, 1)):
            sums += band[y::2, x::2]
        out[top // 2 : top // 2 + len(sums)] = (sums + 2) // 4
    return out
