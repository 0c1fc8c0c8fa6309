"""Logits at stride 2 to mask pixels, only where they are wanted.

Bilinear, written so that a pixel's value depends on its four sources alone: any part of the mask computed on its own
is bit for bit the same part of the whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Floats, Mask
from inference.core.geometry import Frame

CHUNK = 1 << 18


class Axis:
    """Along one axis of the image: for each pixel its two source cells and the weight of the second."""

    def __init__(self, size: int, inner: int) -> None:
        cells = -(-inner // 2)
        at = (np.arange(size, dtype=np.float64) + 0.5) * (inner / size) / 2 - 0.5
        at = np.clip(at, 0, cells - 1)
        self.low = at.astype(np.int64)
        self.high = np.minimum(self.low + 1, cells - 1)
        self.weight = (at - self.low).astype(np.float32)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The pixels [a, b) that read at least one of the cells first..last."""
        touched = np.flatnonzero((self.high >= first) & (self.low <= last))
        return (int(touched[0]), int(touched[-1]) + 1) if len(touched) else (0, 0)


class Upsampler:
    """Mask pixels of one image size."""

    def __init__(self, frame: Frame) -> None:
        self.rows = Axis(frame.height, frame.inner_height)
        self.columns = Axis(frame.width, frame.inner_width)

    def bounds(self, logits: Floats) -> tuple[int, int, int, int]:
        """A box (x0, y0, x1, y1) of image pixels outside of which the mask is empty."""
        ys = np.flatnonzero((logits > 0).any(1))
        xs = np.flatnonzero((logits > 0).any(0))
        if not len(ys):
            return (0, 0, 0, 0)
        y0, y1 = self.rows.span(int(ys[0]), int(ys[-1]))
        x0, x1 = self.columns.span(int(xs[0]), int(xs[-1]))
        return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else (0, 0, 0, 0)

    def region(self, logits: Floats, box: tuple[int, int, int, int]) -> Mask:
        """Mask pixels of the box, (y1 - y0) x (x1 - x0) bool. `logits`: H/2 x W/2 of the padded model image."""
        x0, y0, x1, y1 = box
        out = np.empty((y1 - y0, x1 - x0), bool)
        if not out.size:
            return out
        low, high, weight = self.columns.low[x0:x1], self.columns.high[x0:x1], self.columns.weight[x0:x1]
        first, last = int(self.rows.low[y0]), int(self.rows.high[y1 - 1])
        source = logits[first : last + 1].astype(np.float32)
        left = source[:, low]
        across = left + (source[:, high] - left) * weight  # only as many rows as cells
        chunk = max(1, CHUNK // (x1 - x0))
        for y in range(y0, y1, chunk):
            some = slice(y, min(y + chunk, y1))
            top = across[self.rows.low[some] - first]
            value = across[self.rows.high[some] - first]
            value -= top
            value *= self.rows.weight[some, None]
            value += top
            np.greater(value, 0, out=out[y - y0 : some.stop - y0])
        return out

    def sources(self, x: int, y: int) -> tuple[NDArray[np.int64], NDArray[np.int64], float, float]:
        """The source rows, source columns and weights of one pixel."""
        ys = np.array([self.rows.low[y], self.rows.high[y]])
        xs = np.array([self.columns.low[x], self.columns.high[x]])
        return ys, xs, float(self.rows.weight[y]), float(self.columns.weight[x])
