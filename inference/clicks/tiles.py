"""Tiles: regions of an image that are encoded again at a larger scale. docs/decisions/0004-tiles.md says why.

Level 0 is the overview. Level L >= 1 shows the image at 2^L times the overview's scale, in squares of TILE model pixels
that lie at steps of a quarter of a square. Pure geometry, and the features of one tile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from inference.core.arrays import Box, Half
from inference.core.features import Features, FeaturesError
from inference.core.geometry import LONG_SIDE, Frame

TILE = 448  # model pixels
STEP = 112  # model pixels; an object of half a tile then has a quarter of its size around it in one of them
MAX_SCALE = 1.5  # model pixels per image pixel, where there is detail to be seen
MAX_ENLARGED_SCALE = 2.05  # the same for objects that are small even so: the encoder sees them better
MAX_ENLARGED_SIDE = TILE / 2  # model pixels, of an object for which the image is enlarged
MARGIN = 24.0  # model pixels around an object in its tile, at least
MARGIN_SHARE = 0.25  # and at least this share of the object's longer side

Pixels = tuple[int, int, int, int]
_NAME = re.compile(r"t([1-9]\d?)-(\d{1,4})-(\d{1,4})")


class Tile(NamedTuple):
    """A tile of an image: its level (from 1), and its row and column at that level (from 0)."""

    level: int
    row: int
    column: int

    @property
    def name(self) -> str:
        """`t<level>-<row>-<column>`: in the protocol and in file names."""
        return f"t{self.level}-{self.row}-{self.column}"

    @classmethod
    def of(cls, name: str) -> Tile:
        """The opposite of `name`. Raises ValueError."""
        found = _NAME.fullmatch(name)
        if found is None:
            raise ValueError(f"{name!r} is no tile: t<level>-<row>-<column> was expected")
        return cls(*(int(part) for part in found.groups()))


@dataclass(frozen=True)
class Grid:
    """The tiles of an image of height x width pixels."""

    height: int
    width: int

    @property
    def levels(self) -> int:
        """How many levels there are besides the overview; perhaps none."""
        return self._levels(MAX_ENLARGED_SCALE)

    @property
    def detailed_levels(self) -> int:
        """How many of them show detail, rather than enlarge the image's own pixels."""
        return self._levels(MAX_SCALE)

    def _levels(self, finest: float) -> int:
        count = 0
        while self.scale(count + 1) <= finest:
            count += 1
        return count

    def scale(self, level: int) -> float:
        """Model pixels per image pixel."""
        return LONG_SIDE * 2.0**level / max(self.height, self.width)

    def counts(self, level: int) -> tuple[int, int]:
        """Rows and columns of a level."""
        return len(self._starts(level, self.height)), len(self._starts(level, self.width))

    def has(self, tile: Tile) -> bool:
        """Is there such a tile?"""
        if not 1 <= tile.level <= self.levels:
            return False
        rows, columns = self.counts(tile.level)
        return 0 <= tile.row < rows and 0 <= tile.column < columns

    def box(self, tile: Tile) -> Pixels:
        """Where a tile lies: (x0, y0, x1, y1) in image pixels. Raises ValueError for a tile that there is not."""
        if not self.has(tile):
            raise ValueError(f"an image of {self.width}x{self.height} has no tile {tile.name}")
        side = self._side(tile.level)
        x0 = self._starts(tile.level, self.width)[tile.column]
        y0 = self._starts(tile.level, self.height)[tile.row]
        return x0, y0, min(x0 + side, self.width), min(y0 + side, self.height)

    def nearest(self, level: int, x: float, y: float) -> Tile:
        """The tile of a level whose middle is nearest to a point."""
        return Tile(level, self._nearest(level, self.height, y), self._nearest(level, self.width, x))

    def shows(self, tile: Tile, box: Box) -> bool:
        """Does the tile hold a box (image pixels) with surroundings, so far as the image has any there?"""
        scale = self.scale(tile.level)
        margin = max(MARGIN / scale, MARGIN_SHARE * max(box[2] - box[0], box[3] - box[1]))
        x0, y0, x1, y1 = self.box(tile)
        return (
            x0 <= max(0.0, box[0] - margin)
            and y0 <= max(0.0, box[1] - margin)
            and x1 >= min(self.width, box[2] + margin)
            and y1 >= min(self.height, box[3] + margin)
        )

    def finest_showing(self, box: Box) -> Tile | None:
        """The finest tile that shows a box whole; one that enlarges the image only for what fits half of it. None when
        there is none."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        side = max(box[2] - box[0], box[3] - box[1])
        for level in range(self.levels, 0, -1):
            if level > self.detailed_levels and side * self.scale(level) > MAX_ENLARGED_SIDE:
                continue
            tile = self.nearest(level, x, y)
            if self.shows(tile, box):
                return tile
        return None

    def _nearest(self, level: int, size: int, at: float) -> int:
        """Which tile along an axis of `size` pixels."""
        half = min(self._side(level), size) / 2
        away = [abs(start + half - at) for start in self._starts(level, size)]
        return away.index(min(away))

    def _side(self, level: int) -> int:
        """Image pixels of a tile's side."""
        return round(TILE / self.scale(level))

    def _starts(self, level: int, size: int) -> list[int]:
        """Where tiles begin along an axis of `size` pixels. The last one ends with the image."""
        last = max(0, size - self._side(level))
        step = STEP / self.scale(level)
        count = -int(-last // step)
        return [*(round(i * step) for i in range(count)), last]


@dataclass(frozen=True, eq=False)
class TileFeatures(Features):
    """The features of a tile: `height` and `width` are its own, in pixels of the image, which is image_height x
    image_width. The maps are of the tile's picture with a long side of TILE model pixels; about 1.9 MiB."""

    tile: Tile
    image_height: int
    image_width: int

    @property
    def frame(self) -> Frame:
        return Frame.of(self.height, self.width, TILE)

    @property
    def grid(self) -> Grid:
        return Grid(self.image_height, self.image_width)

    @property
    def box(self) -> Pixels:
        """Where the tile lies in the image."""
        return self.grid.box(self.tile)

    def about(self) -> dict[str, str]:
        size = {"image_height": str(self.image_height), "image_width": str(self.image_width)}
        return super().about() | {"tile": self.tile.name} | size

    @classmethod
    def made_of(cls, about: dict[str, str], maps: Mapping[str, Half]) -> Self:
        tile, size = Tile.of(about["tile"]), (int(about["image_height"]), int(about["image_width"]))
        found = cls(about["version"], int(about["height"]), int(about["width"]), maps, tile, *size)
        x0, y0, x1, y1 = found.box
        if (found.height, found.width) != (y1 - y0, x1 - x0):
            raise FeaturesError(f"features are damaged: {tile.name} is not {found.width}x{found.height}")
        return found
