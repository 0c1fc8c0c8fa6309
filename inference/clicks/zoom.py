"""Where a click has to be answered: a region of interest on the cached maps.

After the Zoom-In of InterFormer (arXiv 2304.02942, section 3.3): a box around the mask so far and the clicks, expanded.
What lies outside of it keeps its logits. The region follows from the mask before the click and from the clicks alone,
so a session that is replayed visits the same regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from inference.core.arrays import Box, Mask
from inference.core.geometry import Frame
from inference.core.prompts import Prompt

ALIGN = 32  # model pixels: the coarsest stride
SIDES = (256, 320, 384, 448, 512)  # model pixels; a few sizes, as ONNX Runtime plans memory for each shape
SMALL_SIDES = (128, 192, *SIDES)  # for hundreds of small boxes at once
MARGIN_SHARE = 0.4  # of the box's side, on both sides together
MARGIN = 32.0  # model pixels on each side at least
MAX_OUTSIDE_SHARE = 0.25  # a click this share of the mask's box outside of it asks for something new
MAX_REGION_SHARE = 0.7  # a region of a larger share of the map is not worth a seam
MIN_CUT_CELLS = 4  # cells at stride 2 that an answer may have on the region's border without being taken for cut off


class Region(NamedTuple):
    """Part of the padded model image, in model pixels; multiples of ALIGN."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def area(self) -> int:
        """In model pixels."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def at(self, stride: int) -> tuple[slice, slice]:
        """Rows and columns of a map at that stride."""
        return slice(self.y0 // stride, self.y1 // stride), slice(self.x0 // stride, self.x1 // stride)

    @classmethod
    def whole(cls, frame: Frame) -> Region:
        return cls(0, 0, frame.padded_width, frame.padded_height)


def around_mask(frame: Frame, mask: Mask, clicks: Sequence[Prompt]) -> Region:
    """Where to answer the newest of `clicks`, the mask at stride 2 being what was answered before.

    The whole map when there is no mask, when the click lies far outside of the mask's box or when the region would be
    nearly all of the map.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return Region.whole(frame)
    box = (2.0 * columns[0], 2.0 * rows[0], 2.0 * columns[-1] + 2, 2.0 * rows[-1] + 2)
    newest = clicks[-1]
    reach_x, reach_y = (max(MARGIN, MAX_OUTSIDE_SHARE * (box[i + 2] - box[i])) for i in (0, 1))
    if not (box[0] - reach_x <= newest.x < box[2] + reach_x and box[1] - reach_y <= newest.y < box[3] + reach_y):
        return Region.whole(frame)
    xs, ys = [c.x for c in clicks], [c.y for c in clicks]
    return around_box(frame, (min(box[0], *xs), min(box[1], *ys), max(box[2], *xs), max(box[3], *ys)))


def around_box(frame: Frame, box: Box, sides: Sequence[int] = SIDES) -> Region:
    """The region for a box in model pixels (x0, y0, x1, y1), or the whole map where that saves little."""
    x0, x1 = span(box[0], box[2], frame.padded_width, sides)
    y0, y1 = span(box[1], box[3], frame.padded_height, sides)
    region, whole = Region(x0, y0, x1, y1), Region.whole(frame)
    return whole if region.area > MAX_REGION_SHARE * whole.area else region


def span(low: float, high: float, size: int, sides: Sequence[int] = SIDES) -> tuple[int, int]:
    """The interval of one of `sides` (or all of `size`) that holds low..high and a margin, clipped to the map."""
    margin = max(MARGIN, MARGIN_SHARE / 2 * (high - low))
    first = max(0, int((low - margin) // ALIGN) * ALIGN)
    last = min(size, -int(-(high + margin) // ALIGN) * ALIGN)
    side = next((s for s in sides if s >= last - first), size)
    if side >= size:
        return 0, size
    start = first - (side - (last - first)) // 2 // ALIGN * ALIGN
    start = min(max(0, start), size - side)
    return start, start + side


def is_cut_off(mask: Mask, region: Region) -> bool:
    """Does a mask at stride 2 end at the region's border, as an object would that goes on behind it?

    Counts the cells on the inner side of the border whose neighbour on the other side is background.
    """
    rows, columns = region.at(2)
    height, width = mask.shape
    pairs = []
    if rows.start > 0:
        pairs.append((mask[rows.start, columns], mask[rows.start - 1, columns]))
    if rows.stop < height:
        pairs.append((mask[rows.stop - 1, columns], mask[rows.stop, columns]))
    if columns.start > 0:
        pairs.append((mask[rows, columns.start], mask[rows, columns.start - 1]))
    if columns.stop < width:
        pairs.append((mask[rows, columns.stop - 1], mask[rows, columns.stop]))
    return sum(int((inner & ~outer).sum()) for inner, outer in pairs) >= MIN_CUT_CELLS
