"""Short ways to draw segments."""

from typing import Any

import numpy as np

from labeling import masks
from labeling.quality.segments import Segment, Size, segment

SIZE = Size(60, 80)


def rectangle(x: int, y: int, width: int, height: int, size: Size = SIZE) -> str:
    """The RLE of a rectangle."""
    bits = np.zeros((size.height, size.width), bool)
    bits[y : y + height, x : x + width] = True
    return masks.encode(bits)


def box(
    x: int, y: int, width: int, height: int, category: int = 1, *, stuff: bool = False, size: Size = SIZE, **more: Any
) -> Segment:
    """A rectangular segment; `choices` are kept."""
    made = segment(f"{category}:{x},{y}", category, rectangle(x, y, width, height, size), size, stuff=stuff)
    return Segment(made.key, made.category, made.counts, made.area, made.box, stuff, more.get("choices", {}))


def of_bits(bits: masks.Bits, category: int = 1) -> Segment:
    """A segment of any mask."""
    return segment("bits", category, masks.encode(bits), Size(*bits.shape))
