"""What the sessions of one image share: its maps as decoder inputs, and everything that follows from its size."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from inference.clicks.zoom import Region
from inference.core.arrays import Floats, Half
from inference.core.features import Features
from inference.core.prompts import Prompt
from inference.core.upsample import Upsampler

STRIDES = {"s4": 4, "s8": 8, "s16": 16, "s32": 32}


class ImageMaps:
    """Read-only, so any number of sessions in any number of threads use one.

    The maps stay fp16 as they are in `Features`; the decoder widens them. Only the similarity map is widened here,
    once, as every click reads all of it.
    """

    def __init__(self, features: Features) -> None:
        self.features = features
        self.frame = features.frame
        self.upsampler = Upsampler(self.frame)
        self.valid = self.frame.valid_cells()
        self.heads, _, height, width = features.maps["sim"].shape
        self.grid = (height, width)

    def inputs(self, region: Region) -> dict[str, Half]:
        """The four maps inside a region, 1 x C x h x w fp16; a view where it is the whole map."""
        maps = self.features.maps
        return {name: np.ascontiguousarray(maps[name][(None, ..., *region.at(s))]) for name, s in STRIDES.items()}

    def cosines(self, click: Prompt) -> Floats:
        """How much each position at stride 8 is like the clicked one: heads x H/8 x W/8 in [-1, 1]."""
        height, width = self.grid
        cell = min(height - 1, int(click.y / 8)) * width + min(width - 1, int(click.x / 8))
        found = np.matmul(self._similar[:, None, :, cell], self._similar)
        return np.asarray(found, np.float32).reshape(self.heads, height, width)

    @cached_property
    def _similar(self) -> Floats:
        sim = self.features.maps["sim"]
        return np.asarray(sim, np.float32).reshape(*sim.shape[:2], -1)


class SharedMaps:
    """The maps of the images that have open sessions. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # An entry goes with the last session that uses it. While it is there it holds its features, so no other
        # features have their id.
        self._known: WeakValueDictionary[int, Any] = WeakValueDictionary()

    def of(self, features: Features) -> ImageMaps:
        with self._lock:
            found: ImageMaps | None = self._known.get(id(features))
            if found is None:
                found = self._known[id(features)] = ImageMaps(features)
            return found
