"""A disagreement as a picture: both outlines over the part of the image where two sets differ."""

from __future__ import annotations

import io
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from labeling import masks
from labeling.annotations.models import AnnotationSet
from labeling.images import blocks
from labeling.images.models import Image
from labeling.masks import Box
from labeling.quality import comparing
from labeling.quality.boundary import joint_box
from labeling.quality.comparison import matches
from labeling.quality.segments import Segment, Size, joined

SIDE = 480
"""Pixels of the picture's longer side."""

SURE = 0.9
"""Pairs with a larger IoU are no disagreement."""

MARGIN = 0.15
FIRST, SECOND = (255, 170, 0), (0, 200, 255)
"""RGB of the two outlines: orange and blue, told apart by the colour-blind; the second is dashed as well."""

DASH = 8
MOST_DRAWN = 200
"""Objects of each set that are outlined; further ones would be hidden by these anyway."""

_AT_ONCE = 4 * 1024**2
"""Pixels of a mask that are decoded together."""

Pixels = npt.NDArray[np.uint8]


def differing(first: Sequence[Segment], second: Sequence[Segment], size: Size) -> list[Segment]:
    """Segments of both that the other does not have, or has with an IoU of less than `SURE`."""
    one, other = joined(first, size), joined(second, size)
    sure = [pair for pair in matches(one, other, size) if pair.iou >= SURE]
    mine, theirs = {pair.one for pair in sure}, {pair.other for pair in sure}
    left = [segment for index, segment in enumerate(one) if index not in mine]
    return left + [segment for index, segment in enumerate(other) if index not in theirs]


def part_of(segments: Sequence[Segment], size: Size) -> Box:
    """The box around segments with a margin; the whole view without any."""
    if not segments:
        return Box(0, 0, size.width, size.height)
    box = segments[0].box
    for one in segments[1:]:
        box = joint_box(box, one.box)
    margin = round(MARGIN * max(box.width, box.height)) + 8
    left, top = max(0, box.x - margin), max(0, box.y - margin)
    right, bottom = min(size.width, box.x + box.width + margin), min(size.height, box.y + box.height + margin)
    return Box(left, top, right - left, bottom - top)


def draw(image: Image, first: AnnotationSet, second: AnnotationSet) -> bytes:
    """WebP of the part of an image where two of its sets differ, with both outlines.

    Raises: pictures.ViewUnreadable.
    """
    drawn = comparing.segments_of([first, second], image)
    return draw_segments(image, drawn[first.pk], drawn[second.pk])


def draw_segments(image: Image, first: Sequence[Segment], second: Sequence[Segment]) -> bytes:
    """As `draw`, of segments of the image.

    Raises: pictures.ViewUnreadable.
    """
    size = Size(image.height, image.width)
    part = part_of(differing(first, second, size), size)
    scale = SIDE / max(part.width, part.height)
    shown = (max(1, round(part.width * scale)), max(1, round(part.height * scale)))
    corners = (part.x, part.y, part.x + part.width, part.y + part.height)
    pixels = np.array(blocks.view_part(image, corners, shown))  # ours to draw in
    for drawn, colour, dashed in ((first, FIRST, False), (second, SECOND, True)):
        for one in [one for one in drawn if _meets(one.box, part)][:MOST_DRAWN]:
            _outline(pixels, one, part, size, colour, dashed)
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "WEBP", quality=82)
    return out.getvalue()


def _meets(box: Box, part: Box) -> bool:
    across = box.x < part.x + part.width and part.x < box.x + box.width
    return across and box.y < part.y + part.height and part.y < box.y + box.height


def _outline(pixels: Pixels, one: Segment, part: Box, size: Size, colour: tuple[int, int, int], dashed: bool) -> None:
    """Draw a segment's outline into the picture of a part of the view."""
    left, top = max(one.box.x, part.x), max(one.box.y, part.y)
    right = min(one.box.x + one.box.width, part.x + part.width)
    bottom = min(one.box.y + one.box.height, part.y + part.height)
    scale = pixels.shape[1] / part.width
    bits = _shrunk(one, Box(left, top, right - left, bottom - top), size, max(1, int(1 / scale)))
    shown = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    cells = cv2.resize(np.ascontiguousarray(bits).view(np.uint8), shown, interpolation=cv2.INTER_NEAREST)
    offset = (round((left - part.x) * scale), round((top - part.y) * scale))
    found, _ = cv2.findContours(cells, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=offset)
    for contour in found:
        cv2.polylines(pixels, [contour], True, (0, 0, 0), 3, cv2.LINE_AA)
        pieces = range(0, len(contour), 2 * DASH) if dashed else [0]
        for begin in pieces:
            piece = contour[begin : begin + DASH + 1] if dashed else contour
            cv2.polylines(pixels, [piece], not dashed, colour, 2, cv2.LINE_AA)


def _shrunk(one: Segment, box: Box, size: Size, step: int) -> masks.Bits:
    """Every `step`-th pixel of a mask in a box, some columns at a time: the whole view may be large."""
    columns = max(step, _AT_ONCE // max(1, box.height) // step * step)
    parts = []
    for x in range(box.x, box.x + box.width, columns):
        strip = Box(x, box.y, min(columns, box.x + box.width - x), box.height)
        parts.append(masks.inside(one.counts, size.height, size.width, strip)[::step, ::step].copy())
    return np.concatenate(parts, axis=1)
