"""Other windows of a large original with more than 8 bits, block by block.

Its values are in the zip of the view's blocks (`decoding.pyramid`). Where they are missing (an image from before, one
with alpha) a window is made of the view's 8 bits: right, but with fewer shades.
"""

import io
import json
import zipfile

import cv2
import numpy as np
from PIL import Image as Pillow

from decoding.pyramid import DEEP_RANGE, deep_entry
from decoding.values import scaled
from labeling.images import blocks
from labeling.images.models import Image

MOST = 65_535


def render_block(image: Image, name: str, row: int, column: int, window: tuple[float, float]) -> bytes:
    """A block of the view with another window, as JPEG. Raises: NoBlock, NoBlocks."""
    level = blocks.level_of(image, name, row, column)
    with blocks.opened(image) as archive:
        entry = deep_entry(level.factor, row, column)
        if entry in archive.NameToInfo:
            shown = _through(archive, entry, window)
        else:
            shown = _from_view(archive.read(level.entry(row, column)), image.source["window"], window)
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue()


def _through(archive: zipfile.ZipFile, entry: str, window: tuple[float, float]) -> Pillow.Image:
    low, high = json.loads(archive.read(DEEP_RANGE))
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
