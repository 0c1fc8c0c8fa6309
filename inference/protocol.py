"""The NoC protocol: how many clicks of a perfect user until the mask is good enough?

InterFormer (arXiv 2304.02942) and its predecessors: every click goes to the point of the largest error region that is
farthest from the region's border; NoC@q is the mean number of clicks until the intersection over union reaches q, and
the limit where it never does. Void pixels count neither as error nor in the IoU.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.coco import CocoImage, decode, read_set
from inference.simulate import Mask, SimulatedClick, next_click

Segmenter = Callable[[SimulatedClick], Mask]
TARGETS = (0.80, 0.85, 0.90)


@dataclass(frozen=True)
class Trial:
    """One object: the IoU after each click, and the seconds each took."""

    ious: tuple[float, ...]
    seconds: tuple[float, ...]

    def clicks_to(self, target: float, limit: int) -> int:
        for count, iou in enumerate(self.ious, 1):
            if iou >= target:
                return count
        return limit

    def iou_at(self, clicks: int) -> float:
        """IoU after so many clicks; a user who stopped keeps the mask."""
        return self.ious[min(clicks, len(self.ious)) - 1]


def iou(predicted: Mask, truth: Mask, ignore: Mask | None) -> float:
    """Intersection over union; two empty masks agree."""
    if ignore is not None:
        predicted, truth = predicted & ~ignore, truth & ~ignore
    union = int((predicted | truth).sum())
    return float((predicted & truth).sum()) / union if union else 1.0


def trial(segment: Segmenter, truth: Mask, ignore: Mask | None, limit: int, stop: float = TARGETS[-1]) -> Trial:
    """Click until the IoU reaches `stop` (but at least 5 times, for IoU@5), nothing is wrong, or the limit."""
    mask = np.zeros_like(truth)
    ious: list[float] = []
    seconds: list[float] = []
    while len(ious) < limit and not (len(ious) >= 5 and max(ious) >= stop):
        click = next_click(mask, truth, ignore)
        if click is None:
            break
        began = time.perf_counter()
        mask = segment(click)
        seconds.append(time.perf_counter() - began)
        ious.append(iou(mask, truth, ignore))
    return Trial(tuple(ious or [1.0]), tuple(seconds))


def eligible(images: Sequence[CocoImage], min_area: float) -> list[tuple[int, int]]:
    """(image, annotation) indices of the objects of at least so many pixels."""
    pairs = []
    for i, image in enumerate(images):
        for j, annotation in enumerate(image.annotations):
            area = annotation.get("area")
            if area is None:
                area = decode(annotation["segmentation"], image.height, image.width).sum()
            if area >= min_area:
                pairs.append((i, j))
    return pairs


def sample(
    file: Path, limit: int | None, min_area: float, seed: int
) -> Iterator[tuple[CocoImage, list[dict[str, Any]]]]:
    """A random sample of a file's objects, grouped by image in the file's order. Objects of no visible pixel (all
    void) are left out."""
    images = read_set(file)
    pairs = eligible(images, min_area)
    if limit is not None and limit < len(pairs):
        chosen = np.random.default_rng(seed).choice(len(pairs), limit, replace=False)
        pairs = [pairs[k] for k in sorted(chosen)]
    for i, image in enumerate(images):
        annotations = [image.annotations[j] for k, j in pairs if k == i]
        if annotations:
            yield image, annotations


def truth_of(annotation: dict[str, Any], image: CocoImage) -> Mask:
    return decode(annotation["segmentation"], image.height, image.width)


def void_of(image: CocoImage) -> NDArray[np.bool_] | None:
    return None if image.ignore is None else decode(image.ignore, image.height, image.width)


def summary(trials: Sequence[Trial], limit: int, encoder_seconds: Sequence[float]) -> dict[str, float | int | None]:
    """The figures of `python -m inference.evaluate clicks`."""
    if not trials:
        raise ValueError("no object to evaluate on")
    out: dict[str, float | int | None] = {"objects": len(trials)}
    for target in TARGETS:
        out[f"noc{round(100 * target)}"] = round(statistics.fmean(t.clicks_to(target, limit) for t in trials), 3)
    out["failures90"] = sum(max(t.ious[:limit]) < 0.9 for t in trials)
    for k in (1, 3, 5):
        out[f"iou_at_{k}"] = round(statistics.fmean(t.iou_at(k) for t in trials), 4)
    times = [s for t in trials for s in t.seconds]
    out["seconds_per_click"] = round(statistics.median(times), 4) if times else None
    out["encoder_seconds"] = round(statistics.median(encoder_seconds), 4) if encoder_seconds else None
    return out
