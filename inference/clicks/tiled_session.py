"""One object being clicked on at several scales: the overview, and tiles where somebody works.

session = predictor.tiled_session(features)
session.add(Click(9000, 700, True))
tile = session.wanted()                                       # where a closer look would help, if anywhere
session.refine(predictor.encode_tile(image, tile))            # the same click, answered on the tile
session.add(Click(9100, 750, False), tile_features)           # the next one at once

docs/decisions/0004-tiles.md has the design. Like `ClickSession`: one thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inference.clicks.layered_logits import LayeredLogits, Place, runs_over, window
from inference.clicks.session import ClickSession
from inference.clicks.tiles import Grid, Pixels, Tile, TileFeatures
from inference.core.arrays import Box, Mask
from inference.core.features import Features
from inference.core.masks import Click, MaskPatch, PackedPatch, put_clicked, tight, with_clicked

BORDER_DISTANCE = 32.0  # model pixels: a border so near to a click is what the click is about
BORDER_SAMPLES = 17  # places along a side of the square in which the border is looked for


class Opener(Protocol):
    """`ClickPredictor.session`."""

    def __call__(
        self, features: Features, previous: Mask | MaskPatch | PackedPatch | None = None, box: Box | None = None
    ) -> ClickSession: ...


@dataclass(frozen=True, eq=False)
class _Step:
    """A click, the tile it was answered on (None: the overview), and the state after it."""

    click: Click
    tile: Tile | None
    state: LayeredLogits


class TiledSession:
    """Clicks on one object of one image, each answered on the overview or on a tile.

    The state after k clicks is f(overview, state after k - 1, clicks[:k], the k-th click's tile): the same clicks on
    the same tiles give the same mask bit for bit. With clicks on the overview alone it is a `ClickSession`.
    """

    def __init__(
        self,
        opener: Opener,
        features: Features,
        previous: Mask | MaskPatch | PackedPatch | None = None,
        box: Box | None = None,
    ) -> None:
        """See `ClickPredictor.session`."""
        self._open, self._features = opener, features
        self._overview = Place((0, 0, features.width, features.height), features.frame)
        self.grid = Grid(features.height, features.width)
        self._start = opener(features, previous, box)
        self._given = self._start.given
        self._session = opener(features)
        self._tile_session: tuple[TileFeatures, ClickSession] | None = None
        self._steps: list[_Step] = []
        self._undone: list[_Step] = []

    @property
    def clicks(self) -> tuple[Click, ...]:
        return tuple(step.click for step in self._steps)

    @property
    def tiles(self) -> tuple[Tile | None, ...]:
        """For each click the tile that it was answered on."""
        return tuple(step.tile for step in self._steps)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def nbytes(self) -> int:
        """Of its own arrays, in bytes: the state after each click, undone ones too. Features are not counted."""
        steps = [*self._steps, *self._undone]
        kept = {id(array): array.nbytes for step in steps for array in step.state.arrays()}
        sessions = [self._start, self._session, *([self._tile_session[1]] if self._tile_session else [])]
        return sum(kept.values()) + sum(session.nbytes for session in sessions)

    def add(self, click: Click, tile: TileFeatures | None = None) -> None:
        """One more click, answered on the tile if there is one, which has to show it. Raises ValueError."""
        self._check(click, tile)
        state = self._answer(self._state(), [*self.clicks, click], tile)
        self._steps.append(_Step(click, tile.tile if tile else None, state))
        self._undone.clear()

    def refine(self, tile: TileFeatures) -> None:
        """Answer the newest click on a tile after all, as if `add` had been given it. Raises ValueError when there is
        no click, or undone ones: their states would no longer follow from this one."""
        if not self._steps or self._undone:
            raise ValueError("only the newest click can be refined")
        clicks, newest = self.clicks, self._steps[-1]
        self._check(newest.click, tile)
        before = self._state(len(clicks) - 1)
        if before is None and newest.tile is None:
            state = self._on_tile(newest.state, clicks, tile) or newest.state  # the overview has answered
        else:
            state = self._answer(before, clicks, tile)
        self._steps[-1] = _Step(newest.click, tile.tile, state)

    def undo(self) -> None:
        """Take the last click back; without clicks nothing happens. From kept states."""
        if self._steps:
            self._undone.append(self._steps.pop())

    def redo(self) -> None:
        """Bring the click back that was undone last. From kept states."""
        if self._undone:
            self._steps.append(self._undone.pop())

    def wanted(self, click: Click | None = None) -> Tile | None:
        """The tile that would answer best: the newest click, or one that is to come. None: the overview does."""
        state = self._state()
        clicks = [*self.clicks, click] if click else self.clicks
        if state is None or not clicks or not self.grid.levels:
            return None
        return self.grid.finest_showing(_box(state, clicks)) or self._tile_at_border(state, clicks[-1])

    def mask(self) -> Mask:
        """The mask now, height x width bool."""
        if not self._steps:
            return self._start.mask()
        out = np.zeros((self._features.height, self._features.width), bool)
        x0, y0, x1, y1 = box = self._bounds()
        out[y0:y1, x0:x1] = self._region(box)
        return out

    def patch(self) -> MaskPatch:
        """The mask's bounding box and the mask inside it. Costs what the object's size costs, not the image's."""
        if not self._steps:
            return self._start.patch()
        box = self._bounds()
        return tight(self._region(box), box[0], box[1])

    # One step of the recursion.

    def _state(self, count: int | None = None) -> LayeredLogits | None:
        """The state after so many clicks (default: all); None when the model has not said anything yet."""
        count = len(self._steps) if count is None else count
        if count:
            return self._steps[count - 1].state
        logits = self._start.logits
        return None if logits is None else LayeredLogits(self._overview, logits)

    def _answer(
        self, before: LayeredLogits | None, clicks: Sequence[Click], tile: TileFeatures | None
    ) -> LayeredLogits:
        if tile is None:
            return self._on_overview(before, clicks)
        if before is None:
            first = self._on_overview(None, clicks)
            return self._on_tile(first, clicks, tile) or first
        return self._on_tile(before, clicks, tile) or self._on_overview(before, clicks)

    def _on_overview(self, before: LayeredLogits | None, clicks: Sequence[Click]) -> LayeredLogits:
        if before is None:
            first = self._open(self._features, self._given)
            first.add(clicks[-1])
            return LayeredLogits(self._overview, _logits(first))
        cells = before.cells(self._overview)
        self._session.resume(clicks[:-1], cells)
        self._session.add(clicks[-1])
        logits = _logits(self._session)
        return before.answered(None, self._overview, logits, np.ones(logits.shape, np.float32), cells)

    def _on_tile(self, before: LayeredLogits, clicks: Sequence[Click], tile: TileFeatures) -> LayeredLogits | None:
        """The state after the newest click; None when the object runs over the tile's edge."""
        x0, y0, x1, y1 = tile.box
        place = Place(tile.box, tile.frame)
        cells = before.cells(place)
        inside = [Click(c.x - x0, c.y - y0, c.positive) for c in clicks if x0 <= c.x < x1 and y0 <= c.y < y1]
        session = self._session_of(tile)
        session.resume(inside[:-1], cells)
        session.add(inside[-1])
        logits = _logits(session)
        whole = self.grid.shows(tile.tile, _box(before, clicks))
        newest = clicks[-1]
        counts = window(place, self.grid.height, self.grid.width, None if whole else (newest.x, newest.y))
        if whole and runs_over(logits, cells, counts):
            return None
        return before.answered(tile.tile, place, logits, counts, cells)

    def _session_of(self, tile: TileFeatures) -> ClickSession:
        if self._tile_session is None or self._tile_session[0] is not tile:
            self._tile_session = (tile, self._open(tile))
        return self._tile_session[1]

    def _tile_at_border(self, state: LayeredLogits, click: Click) -> Tile | None:
        """The finest tile around a click in which the mask's border is close to it."""
        for level in range(self.grid.detailed_levels, 0, -1):
            reach = BORDER_DISTANCE / self.grid.scale(level)
            ys = np.unique(np.clip(np.linspace(click.y - reach, click.y + reach, BORDER_SAMPLES), 0, self.grid.height))
            xs = np.unique(np.clip(np.linspace(click.x - reach, click.x + reach, BORDER_SAMPLES), 0, self.grid.width))
            positive = state.at(ys, xs) > 0
            if positive.any() and not positive.all():
                return self.grid.nearest(level, click.x, click.y)
        return None

    def _check(self, click: Click, tile: TileFeatures | None) -> None:
        width, height = self.grid.width, self.grid.height
        if not (0 <= click.x < width and 0 <= click.y < height):
            raise ValueError(f"click ({click.x}, {click.y}) is outside of {width}x{height}")
        if tile is None:
            return
        if (tile.image_height, tile.image_width) != (height, width):
            raise ValueError(f"{tile.tile.name} is of an image of {tile.image_width}x{tile.image_height}")
        x0, y0, x1, y1 = tile.box
        if not (x0 <= click.x < x1 and y0 <= click.y < y1):
            raise ValueError(f"click ({click.x}, {click.y}) is outside of {tile.tile.name}")

    # From the state to the image's pixels.

    def _bounds(self) -> Pixels:
        return with_clicked(self._steps[-1].state.bounds(), self.clicks)

    def _region(self, box: Pixels) -> Mask:
        """Mask pixels of a box. A clicked pixel is where the newest click on it says."""
        out = self._steps[-1].state.region(box)
        put_clicked(out, box, self.clicks)
        return out


def _logits(session: ClickSession) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    logits = session.logits
    assert logits is not None  # it has answered a click
    return logits


def _box(state: LayeredLogits, clicks: Sequence[Click]) -> tuple[float, float, float, float]:
    """What a tile has to show: the mask, where the object was clicked, and the newest click."""
    points = [(c.x, c.y) for c in clicks if c.positive] + [clicks[-1][:2]]
    boxes = [(x, y, x, y) for x, y in points]
    if state.extent is not None:
        boxes.append(state.extent)
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
