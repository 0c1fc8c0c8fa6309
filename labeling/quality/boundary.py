"""Boundary IoU: how well two outlines agree, whatever the size of what they enclose.

After Cheng et al. 2021 (Boundary IoU), with another width: theirs is 2 % of the *image's* diagonal, so that a small
object is all boundary. Ours follows the objects; figures are not comparable to the paper's.
"""

import math

import cv2
import numpy as np

from labeling import masks
from labeling.masks import Bits, Box
from labeling.quality.segments import Segment, Size

SHARE, LEAST, MOST = 0.02, 2, 30
_AT_ONCE = 4 * 1024**2
"""Pixels that are looked at together."""


def joint_box(one: Box, other: Box) -> Box:
    """The smallest box around two."""
    x, y = min(one.x, other.x), min(one.y, other.y)
    right, bottom = max(one.x + one.width, other.x + other.width), max(one.y + one.height, other.y + other.height)
    return Box(x, y, right - x, bottom - y)


def width_of(box: Box) -> int:
    """The width of the boundary in pixels: 2 % of the joint box's diagonal, 2 to 30."""
    return min(MOST, max(LEAST, round(SHARE * math.hypot(box.width, box.height))))


def inside(bits: Bits, pixels: int) -> Bits:
    """The pixels of a mask (`h×w`) that are at most `pixels` from one outside of it, along rows, columns or diagonals
    (Chebyshev distance, as in the paper's code). What lies beyond the array is outside."""
    cells = np.ascontiguousarray(bits, bool).view(np.uint8)
    kernel = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    kept = cv2.erode(cells, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return bits & (kept == 0)


def boundary_iou(one: Segment, other: Segment, size: Size) -> float:
    """|B₁ ∩ B₂| / |B₁ ∪ B₂|, where B are the pixels of a mask near its own contour; 0 to 1.

    Only the joint box is decoded, some columns at a time with a margin, so that memory is bounded for any view.
    """
    box = joint_box(one.box, other.box)
    pixels = width_of(box)
    step = max(64, _AT_ONCE // max(1, box.height))
    both = either = 0
    for first in range(box.x, box.x + box.width, step):
        last = min(first + step, box.x + box.width)
        bands = [_band(segment, size, box, first, last, pixels) for segment in (one, other)]
        both += int(np.count_nonzero(bands[0] & bands[1]))
        either += int(np.count_nonzero(bands[0] | bands[1]))
    return both / either if either else 0.0


def _band(segment: Segment, size: Size, box: Box, first: int, last: int, pixels: int) -> Bits:
    """The boundary pixels in columns first..last - 1 of the box; a mask is empty outside of the joint box."""
    left, right = max(box.x, first - pixels), min(box.x + box.width, last + pixels)
    part = masks.inside(segment.counts, size.height, size.width, Box(left, box.y, right - left, box.height))
    found: Bits = inside(part, pixels)[:, first - left : last - left]
    return found
