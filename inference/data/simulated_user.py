"""The simulated user: where does somebody who knows the true mask click next?

Used with a random generator for training (InterFormer's rule: a random point of the deep part of the largest error)
and without one for the NoC protocol (the deepest point of the largest error). A `Hand` is a person's: it lands near
the point that was meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Mask


class SimulatedClick(NamedTuple):
    """A pixel (column x, row y) and whether it belongs to the object."""

    x: int
    y: int
    positive: bool


Where = Literal["deep", "border", "anywhere"]


@dataclass(frozen=True)
class Hand:
    """A hand that misses: normally distributed, `deviation` pixels in x and in y."""

    rng: np.random.Generator
    deviation: float

    def land(self, region: Mask, x: int, y: int) -> tuple[int, int]:
        """Where a click that is meant for column x, row y of the region lands: inside of it (people see where they
        click), or on the spot if twenty attempts fall outside."""
        height, width = region.shape
        for dx, dy in self.rng.normal(0, self.deviation, (20, 2)):
            to_x, to_y = round(x + dx), round(y + dy)
            if 0 <= to_x < width and 0 <= to_y < height and region[to_y, to_x]:
                return to_x, to_y
        return x, y


def largest_region(error: Mask) -> tuple[int, Mask, int, int] | None:
    """Area, cut-out and its top-left corner (x, y) of the largest 8-connected region; None if there is none."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(error.view(np.uint8), connectivity=8)
    if count < 2:
        return None
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    x, y, w, h, area = (int(v) for v in stats[best])
    return area, labels[y : y + h, x : x + w] == best, x, y


def depth(region: Mask, precise: bool = True) -> NDArray[np.float32]:
    """Distance of every pixel of a region to its border; the border of the picture is a border too.

    Rounded to a thousandth: OpenCV's last bits depend on where the memory lies, and would break ties by chance.
    """
    padded = np.pad(region.view(np.uint8), 1)
    size = cv2.DIST_MASK_PRECISE if precise else cv2.DIST_MASK_3
    return np.round(cv2.distanceTransform(padded, cv2.DIST_L2, size)[1:-1, 1:-1], 3)


def next_click(
    predicted: Mask,
    truth: Mask,
    ignore: Mask | None = None,
    rng: np.random.Generator | None = None,
    spread: float = 1 / 1.7,
    where: Where = "deep",
    hand: Hand | None = None,
) -> SimulatedClick | None:
    """The next click on the largest error region, or None when nothing is wrong.

    Without `rng`: at the point farthest from the region's border (the first in reading order if several are).
    With it: at a random point, `where` in the region: at least `spread` times as deep as the deepest, at most a
    quarter as deep (or at the very edge), or anywhere. `hand` then moves the click a little.
    """
    missed, wrong = truth & ~predicted, predicted & ~truth
    if ignore is not None:
        missed, wrong = missed & ~ignore, wrong & ~ignore
    found_missed, found_wrong = largest_region(missed), largest_region(wrong)
    if found_missed is None and found_wrong is None:
        return None
    positive = found_wrong is None or (found_missed is not None and found_missed[0] >= found_wrong[0])
    chosen = found_missed if positive else found_wrong
    assert chosen is not None
    _, region, x0, y0 = chosen
    inside = depth(region, precise=rng is None)
    if rng is None:
        flat = int(np.argmax(inside))
    else:
        candidates = _candidates(inside, where, spread)
        flat = int(candidates[rng.integers(len(candidates))])
    y, x = divmod(flat, region.shape[1])
    if hand is not None:
        x, y = hand.land(region, x, y)
    return SimulatedClick(x0 + x, y0 + y, positive)


def _candidates(inside: NDArray[np.float32], where: Where, spread: float) -> NDArray[np.intp]:
    """Flat indices of the pixels of a region, given their depth, that a click may go to."""
    if where == "deep":
        return np.flatnonzero(inside >= spread * inside.max())
    if where == "border":
        return np.flatnonzero((inside > 0) & (inside <= max(1.0, 0.25 * float(inside.max()))))
    return np.flatnonzero(inside > 0)


def perturb(mask: Mask, rng: np.random.Generator) -> Mask:
    """A plausible wrong mask made of a true one: grown or shrunk, with a part cut off or a blob added."""
    h, w = mask.shape
    out = mask.astype(np.uint8)
    ys, xs = np.nonzero(mask)
    size = max(2.0, float(np.sqrt(len(xs))))
    radius = int(rng.integers(1, max(2, int(size * 0.12)) + 1))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    kind = rng.random()
    if kind < 0.3:
        out = np.asarray(cv2.dilate(out, kernel))
    elif kind < 0.6:
        out = np.asarray(cv2.erode(out, kernel))
    for _ in range(int(rng.integers(0, 3))):
        at = int(rng.integers(len(xs)))
        r = int(size * rng.uniform(0.1, 0.45)) + 1
        centre = (int(xs[at] + rng.normal(0, 0.3 * size)), int(ys[at] + rng.normal(0, 0.3 * size)))
        cv2.ellipse(
            out,
            centre,
            (r, max(1, int(r * rng.uniform(0.4, 1)))),
            rng.uniform(0, 180),
            0,
            360,
            int(rng.random() < 0.5),
            -1,
        )
    return out.astype(bool)
