"""Large views in blocks: any part of one, at any scale, without decoding the whole.

A view above BLOCKS_FROM pixels gets a zip (stored, not compressed again) beside it, its *pyramid*: the view in blocks
of SIDE pixels, and again at a half, a quarter, … of its size until it fits two blocks a side. Encoder and editor read
it. These blocks are JPEG of high quality whatever the view is; a view that lost nothing has the level EXACT as well, of
PNG, for who looks at single pixels. Without a zip (small views, files lost) the view itself is decoded.

A zip has its list of contents at the end: one that a killed worker left half written has none and is not there.
"""

from __future__ import annotations

import io
import logging
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.core.files.base import File
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from labeling.images import pictures
from labeling.images.models import Image

logger = logging.getLogger(__name__)

BLOCKS_FROM = 25_000_000
SIDE = 1024
OVERVIEW_SIDE = 1280
"""More than the encoder's long side, so that it does the last step of shrinking itself."""
EXACT = "exact"
WRITERS = 2  # threads; a block is compressed without Python's lock
CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}

Box = tuple[float, float, float, float]


class NoBlock(Exception):
    """There is no such block; the message says what there is."""


class NoBlocks(Exception):
    """A large image's blocks are gone, damaged, or were never made."""


@dataclass(frozen=True)
class Level:
    """The view at 1 / `factor` of its size, in `rows` × `columns` blocks; `name` is a folder of the zip."""

    name: str
    factor: int
    width: int
    height: int

    @property
    def columns(self) -> int:
        return -(-self.width // SIDE)

    @property
    def rows(self) -> int:
        return -(-self.height // SIDE)

    def entry(self, row: int, column: int) -> str:
        return f"{self.name}/{row}-{column}{'.png' if self.name == EXACT else '.jpg'}"


def has_blocks(image: Image) -> bool:
    """Whether the image is so large that it should have blocks."""
    return image.width * image.height > BLOCKS_FROM


def levels_of(width: int, height: int, lossless: bool) -> list[Level]:
    """The levels of a view, the finest first; rounded as Pillow's reduce(2) does."""
    found = [Level(EXACT, 1, width, height)] if lossless else []
    found.append(Level("1", 1, width, height))
    while max(found[-1].width, found[-1].height) > 2 * SIDE:
        last = found[-1]
        found.append(Level(str(2 * last.factor), 2 * last.factor, -(-last.width // 2), -(-last.height // 2)))
    return found


def is_lossless(image_format: str) -> bool:
    """Whether pictures of this format are kept bit for bit; the view's rule, see `labeling.images.pictures`."""
    return image_format != "JPEG"


def write_blocks(
    view: Pillow.Image,
    original: str,
    lossless: bool = False,
    more: Iterable[tuple[str, bytes]] = (),
    tell: Callable[[float], None] = lambda done: None,
) -> None:
    """Write the blocks of the view of the original stored under `original`, if it is large enough for them.

    more: other entries that belong in the zip. tell: is told which part, 0 to 1, is done, after each row of blocks.
    """
    if view.width * view.height <= BLOCKS_FROM:
        return
    name = pictures.blocks_name(original)
    levels = levels_of(view.width, view.height, lossless)
    total, done = sum(level.rows * level.columns for level in levels), 0
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive, ThreadPoolExecutor(WRITERS) as pool:
            factor = 1
            for level in levels:
                if level.factor > factor:
                    view, factor = view.reduce(2), level.factor
                for row in range(level.rows):
                    _write_row(archive, pool, view, level, row)
                    done += level.columns
                    tell(done / total)
            for entry, data in more:
                archive.writestr(entry, data)
        file.seek(0)
        default_storage.delete(name)  # what a killed worker may have left there
        default_storage.save(name, File(file))


def _write_row(archive: zipfile.ZipFile, pool: ThreadPoolExecutor, view: Pillow.Image, level: Level, row: int) -> None:
    def compressed(column: int) -> bytes:
        x, y = column * SIDE, row * SIDE
        block, out = view.crop((x, y, min(x + SIDE, view.width), min(y + SIDE, view.height))), io.BytesIO()
        if level.name == EXACT:
            block.save(out, "PNG", compress_level=1)
        else:
            block.save(out, "JPEG", quality=95, subsampling=0)
        return out.getvalue()

    for column, data in enumerate(pool.map(compressed, range(level.columns))):
        archive.writestr(level.entry(row, column), data)


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
            default_storage.open(pictures.blocks_name(str(image.original.name)), "rb") as file,
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
