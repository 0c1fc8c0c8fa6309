"""A click, and the part of a mask that is not empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Mask


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
