"""Reading a project's counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from labeling.accounts.models import User
from labeling.figures.models import NO_DAY, DailyCount
from labeling.figures.tallies import GOLDEN
from labeling.projects.access import MEASURED, May, Standing
from labeling.projects.models import Project

PERIODS = (30, 90, 365)
"""Days that a page can show."""


@dataclass(frozen=True)
class Scope:
    """Whose figures of what: a project as somebody may know it, in the last `days` days. `zone` is their own."""

    project: Project
    user: User
    standing: Standing
    days: int = PERIODS[0]
    zone: tzinfo = timezone.get_default_timezone()

    @property
    def manages(self) -> bool:
        """Whether they see the whole team's figures."""
        return self.standing.can(May.FIGURES)

    @property
    def site_zone(self) -> str:
        """The name of the zone of the counts' days."""
        return timezone.get_default_timezone_name()

    @property
    def today(self) -> date:
        """In the site's zone, as the counts have it."""
        return timezone.localdate()

    @property
    def since(self) -> date:
        """The first day."""
        return self.today - timedelta(days=self.days - 1)

    @property
    def all_days(self) -> list[date]:
        """Oldest first."""
        return [self.since + timedelta(days=place) for place in range(self.days)]

    def whole(self, *keys: str) -> list[str]:
        """Keys that describe the project, with those of golden images for who may know of these."""
        return [*keys] if self.standing.role in MEASURED else [*keys, *(GOLDEN + key for key in keys)]


def counts(scope: Scope, *, keys: Iterable[str] = (), starts: str = "", ever: bool = False) -> QuerySet[DailyCount]:
    """Counts with these keys, or whose keys start so, in the scope's days or (`ever`) of all days."""
    rows = DailyCount.objects.filter(project=scope.project).order_by()
    if keys:
        rows = rows.filter(key__in=list(keys))
    if starts:
        rows = rows.filter(key__startswith=starts)
    return rows if ever else rows.filter(day__gte=scope.since)


def sums(rows: QuerySet[DailyCount], *by: str) -> dict[Any, int]:
    """Summed by these columns, in one query: a value for one column, a tuple for several."""
    found = rows.values_list(*by).annotate(total=Sum("count")).values_list(*by, "total")
    return {(row[0] if len(by) == 1 else tuple(row[:-1])): row[-1] for row in found}


def ended_by_day(scope: Scope, window: int) -> list[int]:
    """How many images more were done, accepted or skipped on each of the last whole days, oldest first."""
    keys = scope.whole("state.done", "state.accepted", "state.skipped")
    first = scope.today - timedelta(days=window)
    rows = counts(scope, keys=keys, ever=True).filter(day__gte=first, day__lt=scope.today)
    found = sums(rows, "day")
    return [found.get(first + timedelta(days=place), 0) for place in range(window)]


def names_of_classes(project: Project) -> dict[int, str]:
    """The classes by number, in the project's order."""
    return dict(project.categories.values_list("number", "name"))


def names_of_people(ids: Sequence[int]) -> dict[int, str]:
    """People by id, in the order of their names: no figure is a ranking."""
    people = sorted(User.objects.in_bulk(list(ids)).values(), key=lambda one: one.shown_name.lower())
    return {one.pk: one.shown_name for one in people}


def median_of(histogram: dict[int, int]) -> float | None:
    """The median of counts by upper ends, between the ends of its class; None of nothing."""
    total = sum(histogram.values())
    if not total:
        return None
    below, low = 0, 0
    for end in sorted(histogram):
        count = histogram[end]
        if count and below + count >= total / 2:
            return low + (end - low) * (total / 2 - below) / count
        below, low = below + count, end
    return float(low)


def clear_of_days(rows: QuerySet[DailyCount]) -> QuerySet[DailyCount]:
    """Those that describe how things are."""
    return rows.filter(day=NO_DAY)
