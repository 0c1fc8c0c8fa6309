"""Two sets of one image, compared: the sums from which every figure is made.

Sums of several images are added and only then divided, so that an image with many objects weighs more than one with
few; how sure a figure is follows from the images, not from the objects (`intervals.bootstrap`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labeling.quality.boundary import boundary_iou
from labeling.quality.matching import Ious, Match, ious, match, same_class
from labeling.quality.segments import Segment, Size, joined

THRESHOLDS = (0.5, 0.75, 0.9)
BINS = 10
"""Bars of the histogram of IoU, from .5 to 1."""

NONE = 0
"""In a confusion, the class of nothing: categories count from 1."""


@dataclass
class Tally:
    """Sums of one class. `matched` is TP at each of `THRESHOLDS`; `iou` and `boundary` are sums over matches at .5;
    `intersection` and `union` are pixels of a stuff class."""

    first: int = 0
    second: int = 0
    matched: list[int] = field(default_factory=lambda: [0] * len(THRESHOLDS))
    iou: float = 0.0
    boundary: float = 0.0
    intersection: int = 0
    union: int = 0

    def add(self, other: Tally) -> None:
        """Add another one's sums."""
        self.first, self.second = self.first + other.first, self.second + other.second
        for at, more in enumerate(other.matched):
            self.matched[at] += more
        self.iou, self.boundary = self.iou + other.iou, self.boundary + other.boundary
        self.intersection, self.union = self.intersection + other.intersection, self.union + other.union

    @property
    def segments(self) -> int:
        """Segments of both sets."""
        return self.first + self.second

    def f1(self, at: int = 0) -> float | None:
        """F1 = 2TP / (2TP + FP + FN) at `THRESHOLDS[at]`; None when neither set has a segment."""
        return 2 * self.matched[at] / self.segments if self.segments else None

    @property
    def mean_iou(self) -> float | None:
        """ΣIoU / TP at .5 (the segmentation quality of panoptic quality); None without a match."""
        return self.iou / self.matched[0] if self.matched[0] else None

    @property
    def mean_boundary(self) -> float | None:
        """Mean boundary IoU of matches at .5; None without a match."""
        return self.boundary / self.matched[0] if self.matched[0] else None

    @property
    def pq(self) -> float | None:
        """Panoptic quality, ΣIoU / (TP + ½FP + ½FN) at .5 (Kirillov et al. 2019); None when neither set has one."""
        return 2 * self.iou / self.segments if self.segments else None

    @property
    def area_iou(self) -> float | None:
        """Σ∩ / Σ∪ of a stuff class; None where there is none."""
        return self.intersection / self.union if self.union else None


Pairs = Counter[tuple[int, int]]


@dataclass
class Comparison:
    """Two sets of an image, or the sums of several such pairs.

    `confusion` counts segments that match at .5 whatever their classes: `(class in the first, class in the second)`,
    `NONE` where the other set has nothing. `choices` counts the same matches by their answers to each attribute.
    """

    classes: dict[int, Tally] = field(default_factory=dict)
    confusion: Pairs = field(default_factory=Counter)
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)
    choices: dict[int, Counter[tuple[str, str]]] = field(default_factory=dict)
    pairs: int = 0
    empty: int = 0

    def add(self, other: Comparison) -> None:
        """Add another one's sums."""
        for category, tally in other.classes.items():
            self.classes.setdefault(category, Tally()).add(tally)
        self.confusion.update(other.confusion)
        self.histogram = [one + more for one, more in zip(self.histogram, other.histogram, strict=True)]
        for number, answers in other.choices.items():
            self.choices.setdefault(number, Counter()).update(answers)
        self.pairs, self.empty = self.pairs + other.pairs, self.empty + other.empty

    @property
    def total(self) -> Tally:
        """All classes together."""
        found = Tally()
        for tally in self.classes.values():
            found.add(tally)
        return found

    @property
    def mean_pq(self) -> float | None:
        """The mean of the classes' panoptic qualities; None when neither set has an object."""
        found = [pq for tally in self.classes.values() if (pq := tally.pq) is not None]
        return sum(found) / len(found) if found else None

    @property
    def agreement(self) -> float | None:
        """One number for a pair: panoptic quality without looking at classes apart; None when both are empty."""
        return self.total.pq

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a database column."""
        return {
            "classes": {
                str(number): [one.first, one.second, *one.matched, one.iou, one.boundary, one.intersection, one.union]
                for number, one in sorted(self.classes.items())
            },
            "confusion": [[*pair, count] for pair, count in sorted(self.confusion.items())],
            "histogram": self.histogram,
            "choices": {
                str(number): [[*pair, count] for pair, count in sorted(answers.items())]
                for number, answers in sorted(self.choices.items())
            },
            "pairs": self.pairs,
            "empty": self.empty,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Comparison:
        """The inverse of `as_json`."""
        classes = {
            int(number): Tally(row[0], row[1], list(row[2:5]), row[5], row[6], row[7], row[8])
            for number, row in given["classes"].items()
        }
        choices = {
            int(number): Counter({(one, other): count for one, other, count in rows})
            for number, rows in given["choices"].items()
        }
        confusion: Pairs = Counter({(one, other): count for one, other, count in given["confusion"]})
        return cls(classes, confusion, list(given["histogram"]), choices, given["pairs"], given["empty"])


def compare(first: Iterable[Segment], second: Iterable[Segment], size: Size) -> Comparison:
    """Compare two sets of one image. Parts of a stuff class are joined before (`segments.joined`)."""
    one, other = joined(first, size), joined(second, size)
    found = ious(one, other, size)
    result = Comparison(pairs=1, empty=int(not one and not other))
    for segment in one:
        result.classes.setdefault(segment.category, Tally()).first += 1
    for segment in other:
        result.classes.setdefault(segment.category, Tally()).second += 1
    _count_matches(result, one, other, found, size)
    _count_confusion(result, one, other, found)
    _count_stuff(result, one, other, found)
    return result


def _count_matches(
    result: Comparison, one: Sequence[Segment], other: Sequence[Segment], found: Ious, size: Size
) -> None:
    allowed = same_class(one, other)
    for at, least in enumerate(THRESHOLDS):
        for pair in match(found, least, allowed):
            tally = result.classes[one[pair.one].category]
            tally.matched[at] += 1
            if at == 0:
                tally.iou += pair.iou
                tally.boundary += boundary_iou(one[pair.one], other[pair.other], size)
                result.histogram[histogram_bin(pair.iou)] += 1


def histogram_bin(iou: float) -> int:
    """The bar of an IoU from .5 to 1."""
    return min(BINS - 1, max(0, int((iou - 0.5) * 2 * BINS)))


def _count_confusion(result: Comparison, one: Sequence[Segment], other: Sequence[Segment], found: Ious) -> None:
    pairs = match(found, THRESHOLDS[0])
    for pair in pairs:
        result.confusion[one[pair.one].category, other[pair.other].category] += 1
        _count_choices(result, one[pair.one], other[pair.other])
    result.confusion.update((one[index].category, NONE) for index in _unmatched(len(one), [p.one for p in pairs]))
    result.confusion.update((NONE, other[index].category) for index in _unmatched(len(other), [p.other for p in pairs]))


def _unmatched(count: int, matched: Sequence[int]) -> list[int]:
    taken = set(matched)
    return [index for index in range(count) if index not in taken]


def _count_choices(result: Comparison, one: Segment, other: Segment) -> None:
    """Answers that both gave: an answer that is missing is no value."""
    for number in one.choices.keys() & other.choices.keys():
        result.choices.setdefault(number, Counter())[one.choices[number], other.choices[number]] += 1


def _count_stuff(result: Comparison, one: Sequence[Segment], other: Sequence[Segment], found: Ious) -> None:
    mine = {segment.category: index for index, segment in enumerate(one) if segment.stuff}
    theirs = {segment.category: index for index, segment in enumerate(other) if segment.stuff}
    for category in mine.keys() | theirs.keys():
        tally = result.classes[category]
        here, there = mine.get(category), theirs.get(category)
        areas = (one[here].area if here is not None else 0) + (other[there].area if there is not None else 0)
        shared = 0
        if here is not None and there is not None:
            iou = float(found[here, there])
            shared = int(np.rint(iou * areas / (1 + iou)))  # from IoU = ∩ / (|A| + |B| − ∩), exact for 2⁵² pixels
        tally.intersection += shared
        tally.union += areas - shared


def matches(first: Sequence[Segment], second: Sequence[Segment], size: Size, least: float = 0.5) -> list[Match]:
    """The pairs of one class that match; indexes are those of the sequences given, nothing is joined."""
    return match(ious(first, second, size), least, same_class(first, second))
