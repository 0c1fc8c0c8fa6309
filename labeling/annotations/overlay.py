"""The masks of an image in the colours of their classes, as small as its thumbnail, to lie over it."""

import io

import numpy as np
from PIL import Image as Pillow

from labeling import masks
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.images.models import Image

SIDE = 320
"""Pixels of the longer side."""

OPACITY = 140
"""Of 255."""

MOST = 500
"""Objects that are drawn; more would not be told apart."""


def size_of(image: Image) -> tuple[int, int]:
    """Width and height of an image's overlay."""
    scale = min(1.0, SIDE / max(image.width, image.height, 1))
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def draw(image: Image, kept: AnnotationSet | None) -> bytes:
    """A PNG with transparency; the lowest objects first. What cannot be read is left out."""
    width, height = size_of(image)
    columns = ((np.arange(width, dtype=np.int64) * 2 + 1) * image.width) // (2 * width)
    rows = ((np.arange(height, dtype=np.int64) * 2 + 1) * image.height) // (2 * height)
    pixels = np.zeros((height, width, 4), np.uint8)
    objects = Annotation.objects.filter(set=kept).select_related("category").order_by("z", "pk")
    for one in objects[:MOST] if kept is not None else ():
        inside_y = (rows >= one.bbox_y) & (rows < one.bbox_y + one.bbox_height)
        inside_x = (columns >= one.bbox_x) & (columns < one.bbox_x + one.bbox_width)
        if not inside_y.any() or not inside_x.any():
            continue
        try:
            bits = masks.sampled(one.counts, image.height, image.width, rows[inside_y], columns[inside_x])
        except masks.MaskError:
            continue
        part = np.ix_(np.flatnonzero(inside_y), np.flatnonzero(inside_x))
        pixels[part] = np.where(bits[:, :, None], np.array(_rgba(one.category.color), np.uint8), pixels[part])
    out = io.BytesIO()
    Pillow.fromarray(pixels, "RGBA").save(out, "PNG", compress_level=3)
    return out.getvalue()


def _rgba(color: str) -> tuple[int, int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16), OPACITY
