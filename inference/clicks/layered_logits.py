"""The mask of an object that was answered at several scales: the positive part of a field over the image.

Under everything lies the overview's answer; on top of it a layer for each tile that answered, coarse to fine. A layer
has a weight between 0 and 1 that fades out towards its edges, so the field has no jump there: at a point it is
`under * (1 - weight) + weight * logits` of each layer in turn. Everything is bilinear between cells at stride 2, and a
pixel depends on its own sources alone: a part of the mask is bit for bit that part of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.clicks.tiles import Pixels, Tile
from inference.core.arrays import Floats, Half, Mask
from inference.core.bilinear import Places, Taps, bands, sample, taps
from inference.core.geometry import Frame
from inference.core.masks import LOGIT_LIMIT

FADE_WIDTH = 16.0  # model pixels over which a layer fades out at its tile's edges
FULL_RADIUS = 48.0  # model pixels from the click up to which the answer for a part of a large object counts in full
ZERO_RADIUS = 112.0  # and from which it does not count at all
CHANGE_MARGIN = 4  # cells around a changed one that go with it, and over which the change fades out
MIN_CUT_CELLS = 4  # cells on a tile's edge that an answer may newly have without being taken for cut off
MIN_WEIGHT = 0.01  # a weight that is taken for none
MAX_WHOLE_PIXELS = 4_000_000  # of an image up to which each pixel is looked at; a larger mask is made by blocks
BLOCK = 128  # pixels of a block's side

Spans = NDArray[np.int64]
"""Blocks along an axis, n x 2: the first pixel of each and the first one behind it. They begin at multiples of BLOCK
whatever box is asked for, so that a pixel is looked at in the same way for each."""


@dataclass(frozen=True)
class Place:
    """Where a map at stride 2 lies: the image pixels (x0, y0, x1, y1) that it shows, and its frame."""

    box: Pixels
    frame: Frame

    def rows(self, ys: Places) -> Taps:
        """The taps of image places y (pixel i reaches from i to i + 1)."""
        return taps(ys - self.box[1], self.frame.height, self.frame.inner_height)

    def columns(self, xs: Places) -> Taps:
        return taps(xs - self.box[0], self.frame.width, self.frame.inner_width)

    def cells(self) -> tuple[Places, Places]:
        """The middles of all cells, those in the padding too, in image pixels: ys, xs."""
        ys = (2 * np.arange(self.frame.padded_height // 2) + 1.0) / self.frame.scale_y + self.box[1]
        xs = (2 * np.arange(self.frame.padded_width // 2) + 1.0) / self.frame.scale_x + self.box[0]
        return ys, xs


@dataclass(frozen=True, eq=False)
class Layer:
    """A tile's share of a field: its logits times their weight, and the weight, at stride 2 of its padded picture."""

    tile: Tile
    place: Place
    weighted: Half
    weight: Half

    def over(self, values: Floats, ys: Places, xs: Places) -> None:
        """Lay this layer over values at the places ys x xs (both rising), in place."""
        x0, y0, x1, y1 = self.place.box
        rows = slice(*(int(i) for i in np.searchsorted(ys, (y0, y1))))
        columns = slice(*(int(i) for i in np.searchsorted(xs, (x0, x1))))
        if rows.start < rows.stop and columns.start < columns.stop:
            across, down = self.place.columns(xs[columns]), self.place.rows(ys[rows])
            part = values[rows, columns]
            part *= 1 - sample(self.weight, down, across)
            part += sample(self.weighted, down, across)

    def with_top(self, weighted: Floats, weight: Floats) -> Layer:
        """This layer and another one of its tile as one layer."""
        rest = 1 - weight
        both = (weighted + rest * self.weighted).astype(np.float16)
        return replace(self, weighted=both, weight=(weight + rest * self.weight).astype(np.float16))

    def fading(self, place: Place, gone: Floats) -> Layer:
        """This layer without what is `gone` (0 to 1 at the cells of `place`; what lies outside of it stays)."""
        ys, xs = self.place.cells()
        x0, y0, x1, y1 = place.box
        rows = slice(*(int(i) for i in np.searchsorted(ys, (y0, y1))))
        columns = slice(*(int(i) for i in np.searchsorted(xs, (x0, x1))))
        lost = sample(gone, place.rows(ys[rows]), place.columns(xs[columns]))
        if not lost.any():
            return self  # and no memory for a copy
        stays = np.ones(self.weight.shape, np.float32)
        stays[rows, columns] -= lost
        stays[stays < MIN_WEIGHT] = 0
        weighted, weight = (self.weighted * stays).astype(np.float16), (self.weight * stays).astype(np.float16)
        return replace(self, weighted=weighted, weight=weight)


@dataclass(frozen=True, eq=False)
class LayeredLogits:
    """The state of an object: the overview's logits at stride 2 (fp16), and layers, coarse before fine."""

    overview: Place
    base: Half
    layers: tuple[Layer, ...] = ()

    def arrays(self) -> list[NDArray[Any]]:
        """What it keeps. Fields of one object have many of them in common."""
        return [self.base, *(array for layer in self.layers for array in (layer.weighted, layer.weight))]

    def at(self, ys: Places, xs: Places) -> Floats:
        """Values at the places ys x xs of the image, both rising."""
        values = sample(self.base, self.overview.rows(ys), self.overview.columns(xs))
        for layer in self.layers:
            layer.over(values, ys, xs)
        return values

    def cells(self, place: Place) -> Half:
        """Values at the cells of a map; its padding is background."""
        if place == self.overview and not self.layers:
            return self.base
        values = self.at(*place.cells())
        np.clip(values, -LOGIT_LIMIT, LOGIT_LIMIT, out=values)
        values[~place.frame.valid_cells()] = -LOGIT_LIMIT
        return values.astype(np.float16)

    def region(self, box: Pixels) -> Mask:
        """Mask pixels of a box, a part at a time. In a large image most pixels lie deep inside of the object or of the
        background: blocks whose sources all say the same are filled without looking at each pixel."""
        x0, y0, x1, y1 = box
        out = np.empty((y1 - y0, x1 - x0), bool)
        if not out.size:
            return out
        if self.overview.frame.height * self.overview.frame.width <= MAX_WHOLE_PIXELS:
            xs = np.arange(x0, x1) + 0.5
            for some in bands(*out.shape):
                ys = np.arange(y0 + some.start, y0 + some.stop) + 0.5
                np.greater(self.at(ys, xs), 0, out=out[some])
            return out
        rows, columns = _blocks(y0, y1), _blocks(x0, x1)
        for (top, bottom), sides in zip(rows, self._sides(rows, columns), strict=True):
            band = out[max(top, y0) - y0 : min(bottom, y1) - y0]
            ys = np.arange(max(top, y0), min(bottom, y1)) + 0.5
            for side, first, last in _alike(sides):
                left, right = max(int(columns[first][0]), x0), min(int(columns[last][1]), x1)
                part = band[:, left - x0 : right - x0]
                if side:
                    part[:] = side > 0
                else:
                    np.greater(self.at(ys, np.arange(left, right) + 0.5), 0, out=part)
        return out

    def _sides(self, rows: Spans, columns: Spans) -> NDArray[np.int8]:
        """For each block: 1 where all its pixels are in the mask, -1 where none is, 0 where one has to look."""
        low, high = _extremes(self.base, _touched(self.overview.rows, rows), _touched(self.overview.columns, columns))
        sides = (low > 0).astype(np.int8) - (high <= 0).astype(np.int8)
        for layer in self.layers:
            x0, y0, x1, y1 = layer.place.box
            down = np.flatnonzero((rows[:, 1] > y0) & (rows[:, 0] < y1))
            across = np.flatnonzero((columns[:, 1] > x0) & (columns[:, 0] < x1))
            if len(down) and len(across):
                cells = _touched(layer.place.rows, rows[down]), _touched(layer.place.columns, columns[across])
                low, high = _extremes(layer.weighted, *cells)
                heaviest = _extremes(layer.weight, *cells)[1]
                here = np.ix_(down, across)
                # It has to agree; and where it counts in full what lies under it does not save a value of 0.
                inside = (sides[here] > 0) & ((low > 0) | ((low >= 0) & (heaviest < 1)))
                outside = (sides[here] < 0) & (high <= 0)
                sides[here] = inside.astype(np.int8) - outside.astype(np.int8)
        return sides

    def bounds(self) -> Pixels:
        """A box outside of which the mask is empty; (0, 0, 0, 0) when it is empty everywhere."""
        boxes = [_reach(self.overview, self.base > 0)]
        boxes += [_reach(layer.place, layer.weighted > 0) for layer in self.layers]
        return _around([box for box in boxes if box is not None]) or (0, 0, 0, 0)

    @cached_property
    def extent(self) -> Pixels | None:
        """The mask's box as far as cells tell; None when it is empty."""
        places = [self.overview, *(layer.place for layer in self.layers)]
        boxes = [_reach(place, self.cells(place) > 0) for place in places]
        return _around([box for box in boxes if box is not None])

    def answered(self, tile: Tile | None, place: Place, logits: Half, window: Floats, before: Half) -> LayeredLogits:
        """The field after an answer (at the cells of `place`) that counts as much as `window` says. `before`: this
        field there. Finer layers only give way where the answer changed sides."""
        level = tile.level if tile else 0
        changed = ((logits > 0) != (before > 0)).astype(np.float32)
        side = 2 * CHANGE_MARGIN + 5  # two cells all around it go, too
        near = cv2.dilate(changed, np.ones((side, side), np.uint8))
        gone = np.asarray(cv2.blur(near, (2 * CHANGE_MARGIN + 1, 2 * CHANGE_MARGIN + 1)), np.float32) * window
        under = [layer for layer in self.layers if layer.tile.level <= level]
        finer = [layer for layer in self.layers if layer.tile.level > level]
        if changed.any():
            finer = [layer.fading(place, gone) for layer in finer]
        if tile is None:
            return LayeredLogits(place, logits, tuple(layer for layer in finer if layer.weight.max() > MIN_WEIGHT))
        weighted = logits.astype(np.float32) * window
        if under and under[-1].tile == tile:
            top = under.pop().with_top(weighted, window)
        else:
            top = Layer(tile, place, weighted.astype(np.float16), window.astype(np.float16))
        return replace(self, layers=(*under, top, *(layer for layer in finer if layer.weight.max() > MIN_WEIGHT)))


def window(place: Place, height: int, width: int, click: tuple[float, float] | None) -> Floats:
    """How much a tile's answer counts at each of its cells, 0 to 1: nothing at its edges, unless the image (height x
    width) ends there, too. `click` (image pixels): only what is near it counts."""
    ys, xs = place.cells()
    x0, y0, x1, y1 = place.box
    scale_y, scale_x = place.frame.scale_y, place.frame.scale_x
    down, across = np.full(ys.shape, np.inf), np.full(xs.shape, np.inf)
    for edge, size, middles, scale, depth in (
        ((y0, y1), height, ys, scale_y, down),
        ((x0, x1), width, xs, scale_x, across),
    ):
        if edge[0] > 0:
            np.minimum(depth, (middles - edge[0]) * scale, out=depth)
        if edge[1] < size:
            np.minimum(depth, (edge[1] - middles) * scale, out=depth)
    # The outermost cells, one model pixel from the edge, weigh nothing. Squared, as a finer map is the steeper one: its
    # zero wins early, and a border would jump rather than bend.
    out = np.clip((np.minimum(down[:, None], across[None]) - 1) / FADE_WIDTH, 0, 1) ** 2
    if click is not None:
        distance = np.hypot(((ys - click[1]) * scale_y)[:, None], ((xs - click[0]) * scale_x)[None])
        out *= np.clip((ZERO_RADIUS - distance) / (ZERO_RADIUS - FULL_RADIUS), 0, 1) ** 2
    return np.asarray(out, np.float32)


def runs_over(logits: Half, before: Half, counts: Floats) -> bool:
    """Does an answer reach its tile's edge where nothing was before, as an object would that goes on behind it?"""
    return int(((logits > 0) & (before <= 0) & (counts < 1)).sum()) >= MIN_CUT_CELLS


def _blocks(first: int, last: int) -> Spans:
    """The blocks that have a part in first..last - 1."""
    starts = np.arange(first // BLOCK, -(-last // BLOCK)) * BLOCK
    return np.stack([starts, starts + BLOCK], 1)


def _alike(sides: NDArray[np.int8]) -> list[tuple[int, int, int]]:
    """Blocks of a row that are on the same side together: the side, the first and the last."""
    ends = np.flatnonzero(np.diff(sides, append=2))  # no side is 2
    return [(int(sides[last]), int(first), int(last)) for first, last in zip([0, *(ends[:-1] + 1)], ends, strict=True)]


def _touched(axis: Callable[[Places], Taps], spans: Spans) -> Spans:
    """The cells that the pixels of each block read: the first and the last."""
    return np.stack([axis(spans[:, 0] + 0.5).low, axis(spans[:, 1] - 0.5).high], 1)


def _extremes(cells: Half, rows: Spans, columns: Spans) -> tuple[Half, Half]:
    """The lowest and the highest of the cells that each block reads, rows x columns."""
    low = high = cells
    for axis, spans in ((0, rows), (1, columns)):
        edges = np.stack([spans[:, 0], spans[:, 1] + 1], 1).ravel()
        reach = int(edges.max()) + 1  # `reduceat` wants every edge to be an index
        low, high = (np.take(m, range(reach), axis, mode="clip") for m in (low, high))
        low = np.minimum.reduceat(low, edges, axis).take(range(0, len(edges), 2), axis)
        high = np.maximum.reduceat(high, edges, axis).take(range(0, len(edges), 2), axis)
    return low, high


def _reach(place: Place, cells: Mask) -> Pixels | None:
    """The image pixels that the set ones of some cells have a part in, and perhaps a few more."""
    rows, columns = np.flatnonzero(cells.any(1)), np.flatnonzero(cells.any(0))
    if not len(rows):
        return None
    x0, y0, x1, y1 = place.box
    step_y, step_x = 2 / place.frame.scale_y, 2 / place.frame.scale_x  # a cell's pixels reach one cell further
    return (
        max(x0, int(x0 + (columns[0] - 1) * step_x)),
        max(y0, int(y0 + (rows[0] - 1) * step_y)),
        min(x1, int(x0 + (columns[-1] + 2) * step_x) + 1),
        min(y1, int(y0 + (rows[-1] + 2) * step_y) + 1),
    )


def _around(boxes: Sequence[Pixels]) -> Pixels | None:
    """The box around boxes."""
    if not boxes:
        return None
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
