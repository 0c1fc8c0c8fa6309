"""A click, the part of a mask that is not empty, and what clicks mean for the pixels that were clicked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Mask

LOGIT_LIMIT = 60.0  # logits are kept from -LOGIT_LIMIT, background without a doubt, to LOGIT_LIMIT


class Click(NamedTuple):
    """A click in the image's own pixels. Continuous: the top-left corner is (0, 0), 0 <= x < width, 0 <= y < height;
    the pixel that is meant is (floor x, floor y)."""

    x: float
    y: float
    positive: bool


@dataclass(frozen=True)
class MaskPatch:
    """The tight bounding box of a mask, in the image's own pixels, and the mask inside it (height x width bool).
    An empty mask has width = height = 0."""

    x: int
    y: int
    width: int
    height: int
    bits: Mask


@dataclass(frozen=True, eq=False)
class PackedPatch:
    """A `MaskPatch` at one bit a pixel: `rows` are height x ceil(width / 8) bytes, the first pixel the highest bit.
    100 megapixels take 12 MB."""

    x: int
    y: int
    width: int
    height: int
    rows: NDArray[np.uint8]

    @classmethod
    def of(cls, patch: MaskPatch) -> PackedPatch:
        return cls(patch.x, patch.y, patch.width, patch.height, np.packbits(patch.bits, axis=1))

    def bits(self, first: int = 0, last: int | None = None) -> Mask:
        """Rows first..last - 1 (default: all)."""
        rows = self.rows[first:last]
        if not rows.size:
            return np.zeros((len(rows), self.width), bool)
        return np.unpackbits(rows, axis=1, count=self.width).view(np.bool_)

    def patch(self) -> MaskPatch:
        return MaskPatch(self.x, self.y, self.width, self.height, self.bits())


def tight(mask: Mask, x: int, y: int) -> MaskPatch:
    """The bounding box of a mask whose own corner lies at (x, y)."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return MaskPatch(0, 0, 0, 0, np.zeros((0, 0), bool))
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return MaskPatch(x + x0, y + y0, x1 - x0, y1 - y0, np.ascontiguousarray(mask[y0:y1, x0:x1]))


def with_clicked(box: tuple[int, int, int, int], clicks: Iterable[Click]) -> tuple[int, int, int, int]:
    """A mask's box (x0, y0, x1, y1; pixels, half-open), grown to hold the pixels of positive clicks: those are in the
    mask whatever the network says."""
    x0, y0, x1, y1 = box
    for click in clicks:
        if click.positive:
            x, y = int(click.x), int(click.y)
            if x1 <= x0:
                x0, y0, x1, y1 = x, y, x + 1, y + 1
            x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x + 1), max(y1, y + 1)
    return (x0, y0, x1, y1)


def put_clicked(mask: Mask, box: tuple[int, int, int, int], clicks: Iterable[Click]) -> None:
    """In a part of a mask (pixels x0..x1 - 1, y0..y1 - 1 of the image), set each clicked pixel to what its newest click
    says, in place."""
    x0, y0, x1, y1 = box
    for click in clicks:
        x, y = int(click.x), int(click.y)
        if x0 <= x < x1 and y0 <= y < y1:
            mask[y - y0, x - x0] = click.positive
