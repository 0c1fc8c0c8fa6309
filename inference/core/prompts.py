"""What the user said, as maps. NumPy only: a process that decodes never imports torch.

The reference label is InterFormer's (arXiv 2304.02942, section 3.2): one state a position, at stride 2 of the model
image. The distance guide is ours. Both are updated click by click: a step costs one click's work, however many
there were before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Floats, Mask

BACKGROUND, MAYBE_BACKGROUND, UNKNOWN, MAYBE_FOREGROUND, FOREGROUND = range(5)
STATES = 5
DISC_RADIUS = 5.0  # model pixels
SIGMAS = (12.0, 60.0)  # model pixels
NEWEST_SIGMA = 32.0
DISTANCE_CHANNELS = 5
BOX_MARGIN = 0.05

Label = NDArray[np.uint8]


@dataclass(frozen=True)
class Prompt:
    """A click in model pixels."""

    x: float
    y: float
    positive: bool


def base_label(valid: Mask, previous: Mask | None) -> Label:
    """The label before any click is painted. `valid` is false in the padding. An empty mask says nothing."""
    if previous is None or not previous.any():
        label = np.full(valid.shape, UNKNOWN, np.uint8)
    else:
        label = np.where(previous, np.uint8(MAYBE_FOREGROUND), np.uint8(MAYBE_BACKGROUND))
    label[~valid] = BACKGROUND
    return label


def box_label(valid: Mask, box: tuple[float, float, float, float]) -> Label:
    """The label of a box (x0, y0, x1, y1 in model pixels): inside possibly foreground, a margin of 5 % of its size
    (at least 4 px) possibly background, everything else definitely background."""
    x0, y0, x1, y1 = box
    margin_x, margin_y = max(4.0, BOX_MARGIN * (x1 - x0)), max(4.0, BOX_MARGIN * (y1 - y0))
    label = np.full(valid.shape, BACKGROUND, np.uint8)
    _fill(label, (x0 - margin_x, y0 - margin_y, x1 + margin_x, y1 + margin_y), MAYBE_BACKGROUND)
    _fill(label, box, MAYBE_FOREGROUND)
    label[~valid] = BACKGROUND
    return label


def _fill(label: Label, box: tuple[float, float, float, float], state: int) -> None:
    h, w = label.shape
    x0, y0, x1, y1 = (round(v / 2) for v in box)
    x0, y0 = min(max(x0, 0), w - 1), min(max(y0, 0), h - 1)
    label[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)] = state


def paint(label: Label, click: Prompt, radius: float = DISC_RADIUS) -> None:
    """Paint a click's disc (radius in model pixels) as definitely foreground or background, in place."""
    h, w = label.shape
    r = radius / 2
    cx, cy = click.x / 2, click.y / 2
    y0, y1 = max(0, int(cy - r)), min(h, int(cy + r) + 1)
    x0, x1 = max(0, int(cx - r)), min(w, int(cx + r) + 1)
    dy = np.arange(y0, y1, dtype=np.float32)[:, None] + 0.5 - cy
    dx = np.arange(x0, x1, dtype=np.float32)[None] + 0.5 - cx
    label[y0:y1, x0:x1][dx * dx + dy * dy <= r * r] = FOREGROUND if click.positive else BACKGROUND


class DistanceGuide:
    """Closeness to the clicks at stride 8: 5 x H/8 x W/8 float in [-1, 1].

    Channels: positive clicks at two scales, negative clicks at two scales (each the maximum over the clicks of
    exp(-d^2 / 2 sigma^2)), and the newest click alone, negated when it is negative.
    """

    def __init__(self, height: int, width: int) -> None:
        self.maps: Floats = np.zeros((DISTANCE_CHANNELS, height, width), np.float32)

    def copy(self) -> DistanceGuide:
        other = DistanceGuide.__new__(DistanceGuide)
        other.maps = self.maps.copy()
        return other

    def add(self, click: Prompt) -> None:
        """Take one more click into account, in place."""
        _, h, w = self.maps.shape
        dx = (np.arange(w, dtype=np.float32) * 8 + 4 - np.float32(click.x)) ** 2
        dy = (np.arange(h, dtype=np.float32) * 8 + 4 - np.float32(click.y)) ** 2
        first = 0 if click.positive else 2
        for i, sigma in enumerate(SIGMAS):
            np.maximum(self.maps[first + i], _bump(dx, dy, sigma), out=self.maps[first + i])
        self.maps[4] = _bump(dx, dy, NEWEST_SIGMA) * (1 if click.positive else -1)


def _bump(dx: Floats, dy: Floats, sigma: float) -> Floats:
    k = np.float32(-0.5 / (sigma * sigma))
    return np.exp(dy * k)[:, None] * np.exp(dx * k)[None]
