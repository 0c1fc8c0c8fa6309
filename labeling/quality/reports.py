"""The figures of a project, made of all its pairs in one pass and kept in a row.

How sure a figure is follows from the images: up to `GROUPS` of them are drawn one by one in the bootstrap, more are
dealt into that many groups, so that memory does not grow with the project.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import F, Q
from django.utils import timezone

from labeling.jobs import leases
from labeling.projects.models import Attribute, Project
from labeling.quality.alpha import MIN_UNITS, alpha_if_enough
from labeling.quality.comparison import NONE, Comparison, Tally
from labeling.quality.intervals import FEW, GROUPS, Sums, draws, interval_of, ratio
from labeling.quality.models import PairScore, Report

logger = logging.getLogger(__name__)

REST = 20
"""A project's figures are made again at the earliest when so many times the time that they took is over."""

COLUMNS = 7
"""Sums of an image that the bootstrap draws: TP at the three thresholds, ΣIoU, Σ boundary IoU, segments, and pairs."""

Figures = dict[str, Any]
"""JSON, as docs/internals/quality.md has it."""


class Sheet:
    """Sums of each image (or group of images) for one thing: a class, a person, a week, or everything."""

    def __init__(self, rows: int) -> None:
        self.sums = np.zeros((rows, COLUMNS))
        self.images = 0
        self.pairs = 0
        self._last: int | None = None

    def add(self, place: int, image: int, tally: Tally) -> None:
        """Add a pair of an image. Images come one after the other."""
        self.sums[place] += [*tally.matched, tally.iou, tally.boundary, tally.segments, 1]
        self.pairs += 1
        self.images += image != self._last
        self._last = image


class Person(Sheet):
    """Sums of one who made a set of each pair; what they missed and what they alone drew."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.tally = Tally()
        self.missed = self.extra = 0


@dataclass
class Side:
    """What is collected of one kind of pairs."""

    rows: int
    total: Comparison = field(default_factory=Comparison)
    everything: Sheet = field(init=False)
    classes: dict[int, Sheet] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    weeks: dict[str, Sheet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.everything = Sheet(self.rows)

    def add(self, place: int, row: Mapping[str, Any]) -> None:
        """Add a pair: a row of `_rows`."""
        found, image, week = Comparison.from_json(row["sums"]), row["image_id"], _week(row["at"])
        total = found.total
        self.total.add(found)
        self.everything.add(place, image, total)
        for number, tally in found.classes.items():
            self._of_class(number).add(place, image, tally)
        if week not in self.weeks:
            self.weeks[week] = Sheet(self.rows)
        self.weeks[week].add(place, image, total)
        missed = sum(count for (_, other), count in found.confusion.items() if other == NONE)
        extra = sum(count for (one, _), count in found.confusion.items() if one == NONE)
        self._add_person(row["second_author_id"], place, image, total, missed, extra)
        if row["kind"] == PairScore.Kind.PEERS:
            self._add_person(row["first_author_id"], place, image, total, extra, missed)

    def _of_class(self, number: int) -> Sheet:
        if number not in self.classes:
            self.classes[number] = Sheet(self.rows)
        return self.classes[number]

    def _add_person(self, person: int | None, place: int, image: int, total: Tally, missed: int, extra: int) -> None:
        if person is None:
            return
        if person not in self.people:
            self.people[person] = Person(self.rows)
        sheet = self.people[person]
        sheet.add(place, image, total)
        sheet.tally.add(total)
        sheet.missed, sheet.extra = sheet.missed + missed, sheet.extra + extra


def make(project: Project) -> Figures:
    """The project's figures as they are now: `{"peers": …, "golden": …}`."""
    pairs = PairScore.objects.filter(project=project)
    images = pairs.values("image").distinct().count()
    rows = min(images, GROUPS)
    sides = {kind: Side(rows) for kind in PairScore.Kind.values}
    for place, row in _places(_rows(project), images):
        sides[row["kind"]].add(place, row)
    questions = dict(project.attributes.filter(kind=Attribute.Kind.CHOICE).values_list("number", "name"))
    return {kind: _side(side, questions, mutual=kind == PairScore.Kind.PEERS) for kind, side in sides.items()}


def _rows(project: Project) -> Iterator[dict[str, Any]]:
    """Pairs, image by image."""
    columns = ("image_id", "kind", "first_author_id", "second_author_id", "sums", "at")
    pairs = PairScore.objects.filter(project=project).order_by("image_id", "kind", "id")
    return pairs.values(*columns).iterator(chunk_size=500)


def _places(rows: Iterator[dict[str, Any]], images: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each pair with the row of its image in a `Sheet`."""
    index, last = -1, None
    for row in rows:
        index += row["image_id"] != last
        last = row["image_id"]
        # Neighbours are alike (one film, one day): dealt out in turn, each group has some of each.
        yield index % min(max(images, 1), GROUPS), row


def _week(at: datetime) -> str:
    """The Monday of a moment's week."""
    day = timezone.localtime(at).date()
    return (day - timedelta(days=day.weekday())).isoformat()


def _side(side: Side, questions: Mapping[int, str], *, mutual: bool) -> Figures:
    total = side.total
    return {
        "images": side.everything.images,
        "pairs": total.pairs,
        "empty": total.empty,
        "overall": {**_figures(side.everything, total.total), "mean_pq": _mean_pq(side)},
        "classes": [
            {"class": number, **_figures(side.classes[number], tally)}
            for number, tally in sorted(total.classes.items())
        ],
        "people": [
            {"person": person, **_figures(found, found.tally), "missed": found.missed, "extra": found.extra}
            for person, found in sorted(side.people.items())
        ],
        "weeks": [{"week": week, **_figures(sheet)} for week, sheet in sorted(side.weeks.items())],
        "confusion": confusion(total, mutual=mutual),
        "histogram": total.histogram,
        "alpha": _alphas(total, questions),
    }  # fmt: skip


def confusion(total: Comparison, *, mutual: bool) -> list[list[int]]:
    """`[[class, class, count], …]`, 0 for none. Among peers no side is right: both ways are added, so that the matrix
    is symmetric, and a pair of one class counts once."""
    counted: Counter[tuple[int, int]] = Counter()
    for (one, other), count in total.confusion.items():
        counted[one, other] += count
        if mutual and one != other:
            counted[other, one] += count
    return [[one, other, count] for (one, other), count in sorted(counted.items())]


def _alphas(total: Comparison, questions: Mapping[int, str]) -> Figures:
    classes = Counter({pair: count for pair, count in total.confusion.items() if NONE not in pair})
    return {
        "least_units": MIN_UNITS,
        "classes": {"units": sum(classes.values()), "value": alpha_if_enough(classes)},
        "choices": [
            {"attribute": number, "name": questions[number], "units": sum(answers.values()),
             "value": alpha_if_enough(answers)}
            for number, answers in sorted(total.choices.items())
            if number in questions
        ],
    }  # fmt: skip


def _figures(sheet: Sheet, tally: Tally | None = None) -> Figures:
    """What a row of a table has. `tally` adds pixels of stuff, which have no interval."""
    sums = sheet.sums.sum(0)
    drawn = draws(len(sheet.sums)) @ sheet.sums if sheet.images > 1 else None
    f1 = [_figure(sums, drawn, ratio(at, 5, 2.0)) for at in range(3)]
    return {
        "images": sheet.images,
        "pairs": sheet.pairs,
        "matched": round(sums[0]),
        "segments": round(sums[5]),
        "f1": f1[0],
        "f1_75": f1[1],
        "f1_90": f1[2],
        "iou": _figure(sums, drawn, ratio(3, 0)),
        "pq": _figure(sums, drawn, ratio(3, 5, 2.0)),
        "boundary": _figure(sums, drawn, ratio(4, 0)),
        "area_iou": None if tally is None or tally.area_iou is None else round(tally.area_iou, 4),
    }


def _figure(sums: Sums, drawn: Sums | None, statistic: Callable[[Sums], Sums]) -> Figures | None:
    """A value with its interval; None where it is not defined."""
    value = float(statistic(sums[None])[0])
    if not np.isfinite(value):
        return None
    interval = interval_of(statistic(drawn)) if drawn is not None else None
    return {
        "value": round(value, 4),
        "low": None if interval is None else round(interval.low, 4),
        "high": None if interval is None else round(interval.high, 4),
    }


def _mean_pq(side: Side) -> Figures | None:
    """The mean of the classes' panoptic qualities."""
    sheets = list(side.classes.values())
    if not sheets:
        return None
    stacked = np.concatenate([sheet.sums[:, [3, 5]] for sheet in sheets], axis=1)

    def mean(sums: Sums) -> Sums:
        with np.errstate(divide="ignore", invalid="ignore"):
            each = 2 * sums[:, 0::2] / sums[:, 1::2]
        counts = np.isfinite(each).sum(1)
        found: Sums = np.where(np.isfinite(each), each, 0).sum(1) / np.maximum(counts, 1)
        return np.where(counts > 0, found, np.nan)

    drawn = draws(len(stacked)) @ stacked if side.everything.images > 1 else None
    return _figure(stacked.sum(0), drawn, mean)


# Keeping them.


def refresh(project: Project) -> Report:
    """Make the project's figures now and keep them. What changes meanwhile stays to be done."""
    row, _ = Report.objects.get_or_create(project=project)
    started = time.monotonic()
    figures = make(project)
    figures["told"] = told(figures["golden"]["people"], row.figures.get("told", {}))
    made = {"figures": figures, "made": row.asked, "made_at": timezone.now(), "seconds": time.monotonic() - started}
    Report.objects.filter(pk=row.pk, made__lte=row.asked).update(**made)
    row.refresh_from_db()
    return row


def told(people: list[Figures], before: Mapping[str, Figures]) -> dict[str, Figures]:
    """What each person is told of their golden images, by the person's id: as of the last full `FEW`.

    A total that changed with every image would tell which ones are golden.
    """
    found = dict(before)
    for row in people:
        steps, last = row["images"] // FEW, found.get(str(row["person"]))
        if steps > (last["images"] // FEW if last else 0):
            found[str(row["person"])] = row
    return found


def due() -> Iterator[Report]:
    """Projects whose figures are old and were not made a moment ago."""
    for row in Report.objects.filter(~Q(made=F("asked"))).select_related("project"):
        rested = row.made_at is None or timezone.now() > row.made_at + timedelta(seconds=REST * row.seconds)
        if rested:
            yield row


def is_due() -> bool:
    """Whether any project's figures should be made now."""
    return next(due(), None) is not None


def make_due() -> int:
    """Make the figures that are due; returns how many projects."""
    count = 0
    for row in due():
        if leases.stopping():
            break
        try:
            refresh(row.project)
            count += 1
        except Exception:
            logger.exception("the figures of project %s are made later", row.project_id)
    return count
