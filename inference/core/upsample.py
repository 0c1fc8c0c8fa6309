"""Logits at stride 2 to mask pixels, only where they are wanted."""

from __future__ import annotations

import numpy as np

from inference.core.arrays import Mask
from inference.core.bilinear import Map, Taps, positive, taps
from inference.core.geometry import Frame


class Upsampler:
    """Mask pixels of one image size. `logits`: H/2 x W/2 of the padded model image, fp16 or fp32."""

    def __init__(self, frame: Frame) -> None:
        self.rows = taps(np.arange(frame.height) + 0.5, frame.height, frame.inner_height)
        self.columns = taps(np.arange(frame.width) + 0.5, frame.width, frame.inner_width)

    def bounds(self, logits: Map) -> tuple[int, int, int, int]:
        """A box (x0, y0, x1, y1) of image pixels outside of which the mask is empty."""
        ys = np.flatnonzero((logits > 0).any(1))
        xs = np.flatnonzero((logits > 0).any(0))
        if not len(ys):
            return (0, 0, 0, 0)
        y0, y1 = self.rows.reading(int(ys[0]), int(ys[-1]))
        x0, x1 = self.columns.reading(int(xs[0]), int(xs[-1]))
        return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else (0, 0, 0, 0)

    def region(self, logits: Map, box: tuple[int, int, int, int]) -> Mask:
        """Mask pixels of the box, (y1 - y0) x (x1 - x0) bool."""
        x0, y0, x1, y1 = box
        return positive(logits, self.rows.part(y0, y1), self.columns.part(x0, x1))

    def pixel(self, x: int, y: int) -> tuple[Taps, Taps]:
        """The row's and the column's taps of one pixel."""
        return self.rows.part(y, y + 1), self.columns.part(x, x + 1)
