"""Large views in blocks: any part of one, at any scale, without decoding the whole.

A view above BLOCKS_FROM pixels gets a zip (stored, not compressed again) beside it: the view in blocks of SIDE pixels,
and again at a half, a quarter, … of its size until it fits two blocks a side. Only the encoder reads it, so blocks are
JPEG of high quality whatever the view is. Without a zip (small views, files lost) the view itself is decoded.
"""

from __future__ import annotations

import io
import logging
import tempfile
import zipfile
from typing import IO

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

Box = tuple[float, float, float, float]


def write_blocks(view: Pillow.Image, original: str) -> None:
    """Write the blocks of the view of the original stored under `original`, if it is large enough for them."""
    if view.width * view.height <= BLOCKS_FROM:
        return
    name = pictures.blocks_name(original)
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            factor = 1
            _write_level(archive, view, factor)
            while max(view.size) > 2 * SIDE:
                view, factor = view.reduce(2), factor * 2
                _write_level(archive, view, factor)
        file.seek(0)
        default_storage.delete(name)  # what a killed worker may have left there
        default_storage.save(name, File(file))


def _write_level(archive: zipfile.ZipFile, view: Pillow.Image, factor: int) -> None:
    for y in range(0, view.height, SIDE):
        for x in range(0, view.width, SIDE):
            out = io.BytesIO()
            block = view.crop((x, y, min(x + SIDE, view.width), min(y + SIDE, view.height)))
            block.save(out, "JPEG", quality=95, subsampling=0)
            archive.writestr(f"{factor}/{y // SIDE}-{x // SIDE}.jpg", out.getvalue())


def view_part(image: Image, box: Box, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A part (x0, y0, x1, y1) of the view, shrunk or enlarged to `size` (width, height): H×W×3 RGB.

    Raises: ViewUnreadable.
    """
    if image.width * image.height > BLOCKS_FROM:
        try:
            with default_storage.open(pictures.blocks_name(str(image.original.name)), "rb") as file:
                return _from_blocks(image, file, box, size)
        except Exception as error:  # noqa: BLE001 - gone, or whatever a decoder raises on a damaged file
            logger.warning("the blocks of image %d can't be read, its view is: %r", image.pk, error)
    return _resized(pictures.open_view(image), box, size)


def overview_pixels(image: Image) -> npt.NDArray[np.uint8]:
    """The view for the encoder, H×W×3 RGB: whole, or of a large one a smaller level. Raises: ViewUnreadable."""
    if image.width * image.height <= BLOCKS_FROM:
        return pictures.view_pixels(image)
    shrink = OVERVIEW_SIDE / max(image.width, image.height)
    size = (max(1, round(image.width * shrink)), max(1, round(image.height * shrink)))
    return view_part(image, (0, 0, image.width, image.height), size)


def _from_blocks(image: Image, file: IO[bytes], box: Box, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        factor = 1
        while f"{2 * factor}/0-0.jpg" in names and (box[2] - box[0]) / (2 * factor) >= size[0]:
            factor *= 2
        width, height = image.width, image.height
        for _ in range(factor.bit_length() - 1):  # as Pillow's reduce(2) rounds
            width, height = -(-width // 2), -(-height // 2)
        x0, y0, x1, y1 = (v / factor for v in box)
        left, top = int(x0) // SIDE * SIDE, int(y0) // SIDE * SIDE
        right, bottom = min(width, int(np.ceil(x1)) + 1), min(height, int(np.ceil(y1)) + 1)
        canvas = Pillow.new("RGB", (right - left, bottom - top))
        for y in range(top, bottom, SIDE):
            for x in range(left, right, SIDE):
                with archive.open(f"{factor}/{y // SIDE}-{x // SIDE}.jpg") as entry, Pillow.open(entry) as block:
                    canvas.paste(block, (x - left, y - top))
    part = (x0 - left, y0 - top, min(x1, width) - left, min(y1, height) - top)
    return _resized(canvas, part, size)


def _resized(picture: Pillow.Image, box: Box, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    enlarges = size[0] * size[1] > (box[2] - box[0]) * (box[3] - box[1])
    how = Pillow.Resampling.BICUBIC if enlarges else Pillow.Resampling.BOX
    return np.asarray(picture.resize(size, how, box=box))
