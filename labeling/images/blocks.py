"""Large views in blocks: any part of one, at any scale, without decoding the whole.

A view above BLOCKS_FROM pixels gets a zip (stored, not compressed again) beside it, its *pyramid*: the view in blocks
of SIDE pixels, and again at a half, a quarter, … of its size until it fits two blocks a side. Encoder and editor read
it. These blocks are JPEG of high quality whatever the view is; a view that lost nothing has the level EXACT as well, of
PNG, for who looks at single pixels. Without a zip (small views, files lost) the view itself is decoded.

A zip has its list of contents at the end: one that a killed worker left half written has none and is not there.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from decoding import pyramid
from decoding.pyramid import Level, is_lossless
from labeling.images import pictures
from labeling.images.models import Image

logger = logging.getLogger(__name__)

BLOCKS_FROM = 25_000_000
SIDE = 1024
OVERVIEW_SIDE = 1280
"""More than the encoder's long side, so that it does the last step of shrinking itself."""
CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}

Box = tuple[float, float, float, float]


class NoBlock(Exception):
    """There is no such block; the message says what there is."""


class NoBlocks(Exception):
    """A large image's blocks are gone, damaged, or were never made."""


def has_blocks(image: Image) -> bool:
    """Whether the image is so large that it should have blocks."""
    return image.width * image.height > BLOCKS_FROM


def levels_of(width: int, height: int, lossless: bool) -> list[Level]:
    """The levels of a view, the finest first."""
    return pyramid.levels_of(width, height, lossless, SIDE)


def levels_there(image: Image) -> list[Level]:
    """The levels that a large image's blocks have, the finest first. Raises: NoBlocks."""
    with opened(image) as archive:
        names = set(archive.namelist())
    found = levels_of(image.width, image.height, lossless=True)
    found = [level for level in found if level.entry(level.rows - 1, level.columns - 1) in names]
    if not found or found[-1] != levels_of(image.width, image.height, lossless=False)[-1]:
        raise NoBlocks(f"The blocks of image {image.pk} are not whole.")
    return found


def level_of(image: Image, name: str, row: int, column: int) -> Level:
    """The level of this name, which has such a block. Raises: NoBlock."""
    levels = levels_of(image.width, image.height, is_lossless(image.source.get("format", "")))
    level = next((level for level in levels if level.name == name), None)
    if level is None:
        raise NoBlock(f"There is no level “{name}”. There are: {', '.join(level.name for level in levels)}.")
    if row >= level.rows or column >= level.columns:
        raise NoBlock(f"Level {name} has the rows 0 to {level.rows - 1} and the columns 0 to {level.columns - 1}.")
    return level


def read_block(image: Image, name: str, row: int, column: int) -> tuple[bytes, str]:
    """A block's file and its content type. Raises: NoBlock, NoBlocks."""
    entry = level_of(image, name, row, column).entry(row, column)
    with opened(image) as archive:
        if entry not in archive.NameToInfo:  # an image from before there was an exact level
            raise NoBlock(f"The level “{name}” was not made for this image.")
        return archive.read(entry), CONTENT_TYPES[entry[-4:]]


@contextmanager
def opened(image: Image) -> Iterator[zipfile.ZipFile]:
    """The zip with the blocks of an image. Raises: NoBlocks."""
    try:
        with (
            default_storage.open(pictures.blocks_name(image), "rb") as file,
            zipfile.ZipFile(file) as archive,
        ):
            yield archive
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise NoBlocks(f"The blocks of image {image.pk} can't be read ({type(error).__name__}).") from error


def view_part(image: Image, box: Box, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A part (x0, y0, x1, y1) of the view, shrunk or enlarged to `size` (width, height): H×W×3 RGB.

    Raises: ViewUnreadable.
    """
    if has_blocks(image):
        try:
            with opened(image) as archive:
                return _from_blocks(image, archive, box, size)
        except Exception as error:  # noqa: BLE001 - gone, or whatever a decoder raises on a damaged file
            logger.warning("the blocks of image %d can't be read, its view is: %r", image.pk, error)
    return _resized(pictures.open_view(image), box, size)


def overview_pixels(image: Image) -> npt.NDArray[np.uint8]:
    """The view for the encoder, H×W×3 RGB: whole, or of a large one a smaller level. Raises: ViewUnreadable."""
    if not has_blocks(image):
        return pictures.view_pixels(image)
    shrink = OVERVIEW_SIDE / max(image.width, image.height)
    size = (max(1, round(image.width * shrink)), max(1, round(image.height * shrink)))
    return view_part(image, (0, 0, image.width, image.height), size)


def _from_blocks(image: Image, archive: zipfile.ZipFile, box: Box, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    levels = levels_of(image.width, image.height, lossless=False)
    level = next((one for one in reversed(levels) if (box[2] - box[0]) / one.factor >= size[0]), levels[0])
    x0, y0, x1, y1 = (v / level.factor for v in box)
    left, top = int(x0) // SIDE * SIDE, int(y0) // SIDE * SIDE
    right, bottom = min(level.width, int(np.ceil(x1)) + 1), min(level.height, int(np.ceil(y1)) + 1)
    canvas = Pillow.new("RGB", (right - left, bottom - top))
    for y in range(top, bottom, SIDE):
        for x in range(left, right, SIDE):
            with archive.open(level.entry(y // SIDE, x // SIDE)) as entry, Pillow.open(entry) as block:
                canvas.paste(block, (x - left, y - top))
    part = (x0 - left, y0 - top, min(x1, level.width) - left, min(y1, level.height) - top)
    return _resized(canvas, part, size)


def _resized(picture: Pillow.Image, box: Box, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    enlarges = size[0] * size[1] > (box[2] - box[0]) * (box[3] - box[1])
    how = Pillow.Resampling.BICUBIC if enlarges else Pillow.Resampling.BOX
    return np.asarray(picture.resize(size, how, box=box))
