"""Other windows of a large original with more than 8 bits, block by block.

Its values are in the zip of the view's blocks (`labeling.images.blocks`), in the same levels and places, as PNG of 16
bits: `deep-<factor>/<row>-<column>.png`, and `deep.json` with what 0 and 65,535 stand for. Where they are missing (an
image from before, a turned one, one with alpha) a window is made of the view's 8 bits: right, but with fewer shades.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from labeling.images import blocks
from labeling.images.models import Image
from labeling.images.reading import STRIP, Picture, scaled

RANGE = "deep.json"
MOST = 65_535
Values = npt.NDArray[np.uint16]


def levels_of(picture: Picture) -> Iterator[tuple[str, bytes]]:
    """The zip's entries for a picture that was just read; none for one of 8 bits."""
    if picture.deep is None:
        return
    low, high = _range(picture.deep)
    yield RANGE, json.dumps([low, high]).encode()
    values = _as_16_bits(picture.deep, low, high)
    factor = 1
    for level in blocks.levels_of(picture.view.width, picture.view.height, lossless=False):
        if level.factor > factor:
            values, factor = _halved(values), level.factor
        for row in range(level.rows):
            for column in range(level.columns):
                x, y = column * blocks.SIDE, row * blocks.SIDE
                block = values[y : y + blocks.SIDE, x : x + blocks.SIDE]
                _, data = cv2.imencode(".png", block, [cv2.IMWRITE_PNG_COMPRESSION, 1])
                yield _entry(level.factor, row, column), data.tobytes()


def render_block(image: Image, name: str, row: int, column: int, window: tuple[float, float]) -> bytes:
    """A block of the view with another window, as JPEG. Raises: NoBlock, NoBlocks."""
    level = blocks.level_of(image, name, row, column)
    with blocks.opened(image) as archive:
        entry = _entry(level.factor, row, column)
        if entry in archive.NameToInfo:
            shown = _through(archive, entry, window)
        else:
            shown = _from_view(archive.read(level.entry(row, column)), image.source["window"], window)
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue()


def _through(archive: zipfile.ZipFile, entry: str, window: tuple[float, float]) -> Pillow.Image:
    low, high = json.loads(archive.read(RANGE))
    values = cv2.imdecode(np.frombuffer(archive.read(entry), np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise blocks.NoBlocks(f"{entry} is damaged.")
    shades = scaled(values, *((edge - low) / (high - low) * MOST for edge in window))
    return Pillow.fromarray(shades[..., ::-1] if shades.ndim == 3 else shades)


def _from_view(block: bytes, shown: tuple[float, float], window: tuple[float, float]) -> Pillow.Image:
    low, high = shown
    steps = low + np.arange(256) / 255 * (high - low)
    table = scaled(steps[:, None], *window)[:, 0].tolist()
    return Pillow.open(io.BytesIO(block)).convert("RGB").point(3 * table)


def _entry(factor: int, row: int, column: int) -> str:
    return f"deep-{factor}/{row}-{column}.png"


def _range(deep: npt.NDArray[Any]) -> tuple[float, float]:
    """What 0 and 65,535 stand for: themselves, or for other kinds of values the least and the largest."""
    if deep.dtype == np.uint16:
        return 0.0, float(MOST)
    low, high = np.inf, -np.inf
    for top in range(0, len(deep), STRIP):  # without a mask of the whole picture
        strip = deep[top : top + STRIP]
        finite = strip[np.isfinite(strip)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low < high else (low, low + 1)


def _as_16_bits(deep: npt.NDArray[Any], low: float, high: float) -> Values:
    if deep.dtype == np.uint16:
        return deep
    out = np.empty(deep.shape, np.uint16)
    for top in range(0, len(deep), STRIP):
        strip = (deep[top : top + STRIP].astype(np.float64) - low) * (MOST / (high - low))
        out[top : top + STRIP] = np.nan_to_num(strip, nan=0.0, posinf=MOST, neginf=0.0).clip(0, MOST).round()
    return out


def _halved(values: Values) -> Values:
    """Means of 2 × 2; an odd last row or column is as if it were there twice, as Pillow's reduce(2) has it."""
    height, width = values.shape[:2]
    if height % 2 or width % 2:
        return _halved(np.pad(values, [(0, height % 2), (0, width % 2)] + [(0, 0)] * (values.ndim - 2), mode="edge"))
    return np.asarray(cv2.resize(values, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint16)
