"""The NoC protocol: how many clicks of a perfect user until the mask is good enough?

InterFormer (arXiv 2304.02942) and its predecessors: every click goes to the point of the largest error region that is
farthest from the region's border; NoC@q is the mean number of clicks until the intersection over union reaches q, and
the limit where it never does. Void pixels count neither as error nor in the IoU.

Further figures: the mean IoU after some clicks, that of the answer to the true box alone, the share of clicks that
make a mask worse, and all of it by the size of the object.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Mask
from inference.data.coco import CocoImage, DataError, decode, read_set
from inference.data.simulated_user import Hand, SimulatedClick, next_click

T = TypeVar("T")
Segmenter = Callable[[SimulatedClick], Mask]
TARGETS = (0.80, 0.85, 0.90)
AFTER = (1, 3, 5, 10)  # clicks after which the mean IoU is reported
MAX_DROP = 0.02  # an IoU that falls by more is worse
SIZES = {"1000-3000": (1000, 3000), "3000-10000": (3000, 10000), "10000-": (10000, float("inf"))}  # pixels


@dataclass(frozen=True)
class Trial:
    """One object: the IoU after each click, the seconds each took, the object's pixels, where was clicked, whether
    after each click some clicked pixel was not where its click says (in the mask, or out of it), and the IoU of the
    answer to the true box alone (None: not asked)."""

    ious: tuple[float, ...]
    seconds: tuple[float, ...]
    area: int = 0
    clicks: tuple[SimulatedClick, ...] = ()
    ignored: tuple[bool, ...] = ()
    box: float | None = None

    def clicks_to(self, target: float, limit: int) -> int:
        for count, iou in enumerate(self.ious, 1):
            if iou >= target:
                return count
        return limit

    def iou_at(self, clicks: int) -> float:
        """IoU after so many clicks; a user who stopped keeps the mask."""
        return self.ious[min(clicks, len(self.ious)) - 1]

    def falls(self) -> list[bool]:
        """Of each click after the first: did the IoU fall by more than MAX_DROP?"""
        return [before - after > MAX_DROP for before, after in itertools.pairwise(self.ious)]


def iou(predicted: Mask, truth: Mask, ignore: Mask | None) -> float:
    """Intersection over union; two empty masks agree."""
    if ignore is not None:
        predicted, truth = predicted & ~ignore, truth & ~ignore
    union = int((predicted | truth).sum())
    return float((predicted & truth).sum()) / union if union else 1.0


def true_box(truth: Mask) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 around the pixels of a mask that is not empty."""
    rows, columns = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def trial(
    segment: Segmenter,
    truth: Mask,
    ignore: Mask | None,
    limit: int,
    stop: float = TARGETS[-1],
    hand: Hand | None = None,
) -> Trial:
    """Click until the IoU reaches `stop` (but at least 10 times, for IoU@10), nothing is wrong, or the limit. `hand`:
    clicks land a little beside the point that is meant."""
    mask = np.zeros_like(truth)
    ious: list[float] = []
    seconds: list[float] = []
    clicks: list[SimulatedClick] = []
    ignored: list[bool] = []
    while len(ious) < limit and not (len(ious) >= AFTER[-1] and max(ious) >= stop):
        click = next_click(mask, truth, ignore, hand=hand)
        if click is None:
            break
        clicks.append(click)
        began = time.perf_counter()
        mask = segment(click)
        seconds.append(time.perf_counter() - began)
        ious.append(iou(mask, truth, ignore))
        asked = {(c.x, c.y): c.positive for c in clicks}  # of two clicks on one pixel the later counts
        ignored.append(any(bool(mask[y, x]) != positive for (x, y), positive in asked.items()))
    return Trial(tuple(ious or [1.0]), tuple(seconds), int(truth.sum()), tuple(clicks), tuple(ignored))


def eligible(images: Sequence[CocoImage], min_area: float) -> list[tuple[int, int]]:
    """(image, annotation) indices of the objects of at least so many pixels. Stuff of panoptic files is no object."""
    return [
        (i, j)
        for i, image in enumerate(images)
        for j, annotation in enumerate(image.annotations)
        if annotation["area"] >= min_area and not annotation.get("stuff")
    ]


def some_of(items: list[T], limit: int | None, seed: int) -> list[T]:
    """A random sample of at most `limit` (None: all), in their order."""
    if limit is None or limit >= len(items):
        return items
    chosen = np.random.default_rng(seed).choice(len(items), limit, replace=False)
    return [items[k] for k in sorted(chosen)]


def sample(
    file: Path,
    limit: int | None,
    min_area: float,
    seed: int,
    sequences: Sequence[str] = (),
    strict: bool = True,
) -> Iterator[tuple[CocoImage, list[dict[str, Any]]]]:
    """A random sample of a file's objects, grouped by image in the file's order. Crowds and stuff are no objects.
    `sequences`: only these of a file of videos; any other file is an error if `strict`, else taken whole."""
    images = read_set(file)
    known = {image.sequence for image in images} - {None}
    if sequences and (known or strict):
        unknown = set(sequences) - known
        if unknown:
            raise DataError(f"{file}: no image has the 'sequence' {', '.join(sorted(unknown))}")
        images = [image for image in images if image.sequence in sequences]
    pairs = some_of(eligible(images, min_area), limit, seed)
    for i, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        yield images[i], [images[i].annotations[j] for _, j in group]


def truth_of(annotation: dict[str, Any], image: CocoImage) -> Mask:
    return decode(annotation["segmentation"], image.height, image.width)


def void_of(image: CocoImage) -> NDArray[np.bool_] | None:
    return None if image.ignore is None else decode(image.ignore, image.height, image.width)


def figures(trials: Sequence[Trial], limit: int) -> dict[str, Any]:
    """NoC, failures and mean IoUs; None where there is no object."""
    out: dict[str, Any] = {"objects": len(trials)}
    for target in TARGETS:
        out[f"noc{round(100 * target)}"] = mean([t.clicks_to(target, limit) for t in trials], 3)
    out["failures90"] = sum(max(t.ious[:limit]) < 0.9 for t in trials)
    for k in AFTER:
        out[f"iou_at_{k}"] = mean([t.iou_at(k) for t in trials], 4)
    out["iou_box"] = mean([t.box for t in trials if t.box is not None], 4)
    out["worse_share"] = mean([fall for t in trials for fall in t.falls()], 4)
    out["ignored_share"] = mean([one for t in trials for one in t.ignored], 4)
    return out


def summary(trials: Sequence[Trial], limit: int, encoder_seconds: Sequence[float]) -> dict[str, Any]:
    """The figures of `python -m inference.evaluate clicks`."""
    if not trials:
        raise ValueError("no object to evaluate on")
    out = figures(trials, limit)
    out["by_size"] = {
        name: figures([t for t in trials if low <= t.area < high], limit) for name, (low, high) in SIZES.items()
    }
    times = [s for t in trials for s in t.seconds]
    out["seconds_per_click"] = round(statistics.median(times), 4) if times else None
    out["encoder_seconds"] = round(statistics.median(encoder_seconds), 4) if encoder_seconds else None
    return out


def mean(values: Sequence[float], digits: int) -> float | None:
    return round(statistics.fmean(values), digits) if values else None
