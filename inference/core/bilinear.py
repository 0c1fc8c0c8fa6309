"""The one bilinear sampler: maps at stride 2, read at any place of the image.

A value depends on its four cells alone, by the same operations in the same order wherever it is asked for. So any part
that is computed on its own is bit for bit the same part of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Floats, Mask

BAND = 1 << 18  # values that are computed at once: they stay in the processor's cache

Map = NDArray[np.floating[Any]]
"""A map at stride 2, h x w, fp16 or fp32."""

Places = NDArray[np.floating[Any]]
"""Places along an axis, in pixels: pixel i reaches from i to i + 1, its middle is i + 0.5."""


class Taps(NamedTuple):
    """Along one axis, for each of n places: the two cells that it lies between, and the weight of the second."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    weight: Floats

    def part(self, first: int, last: int) -> Taps:
        """The taps of the places first..last - 1."""
        return Taps(self.low[first:last], self.high[first:last], self.weight[first:last])

    def reading(self, first: int, last: int) -> tuple[int, int]:
        """The places [a, b) that read at least one of the cells first..last; (0, 0) where none does."""
        touched = np.flatnonzero((self.high >= first) & (self.low <= last))
        return (int(touched[0]), int(touched[-1]) + 1) if len(touched) else (0, 0)


def taps(at: Places, size: int, inner: int) -> Taps:
    """The taps of n places along an axis, of which `size` pixels are `inner` model pixels; a cell is two of these.
    Before the middle of the first cell and behind that of the last one the value is that cell's."""
    cells = -(-inner // 2)
    place = np.clip(at * (inner / size) / 2 - 0.5, 0, cells - 1)
    low = place.astype(np.int64)
    return Taps(low, np.minimum(low + 1, cells - 1), (place - low).astype(np.float32))


def sample(source: Map, rows: Taps, columns: Taps) -> Floats:
    """Values of a map at rows x columns, which rise: n x m fp32."""
    if not len(rows.low):
        return np.zeros((0, len(columns.low)), np.float32)
    first = int(rows.low[0])
    return _down(_across(source[first : int(rows.high[-1]) + 1], columns), rows, first)


def positive(source: Map, rows: Taps, columns: Taps) -> Mask:
    """Where `sample` is above 0, n x m, without all of its values at once."""
    shape = (len(rows.low), len(columns.low))
    if shape[0] * shape[1] <= BAND:
        return sample(source, rows, columns) > 0
    out = np.empty(shape, bool)
    first = int(rows.low[0])
    across = _across(source[first : int(rows.high[-1]) + 1], columns)  # only as many rows as cells
    for band in bands(*shape):
        np.greater(_down(across, rows.part(band.start, band.stop), first), 0, out=out[band])
    return out


def bands(rows: int, columns: int) -> Iterator[slice]:
    """Rows of a large array, some at a time: about BAND values together."""
    some = max(1, BAND // columns)
    return (slice(first, min(first + some, rows)) for first in range(0, rows, some))


def _across(source: Map, columns: Taps) -> Floats:
    """Values between the cells of each row of a map."""
    cells: Floats = source.astype(np.float32)
    left = cells[:, columns.low]
    return left + (cells[:, columns.high] - left) * columns.weight


def _down(across: Floats, rows: Taps, first: int) -> Floats:
    """Values between rows of cells, of which the uppermost is number `first`."""
    top = across[rows.low - first]
    value = across[rows.high - first]
    value -= top
    value *= rows.weight[:, None]
    value += top
    return value
