"""Reading a project's counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from functools import cached_property
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.figures.models import NO_DAY, CountedImage, DailyCount
from labeling.figures.tallies import GOLDEN, Tally, size_of
from labeling.images.models import Image
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

    @cached_property
    def golden(self) -> Tally | None:
        """What the golden images count that the user is told of, without the prefix; None: all of them, as counted."""
        return _golden_of(self) if self.standing.role in MEASURED else None


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


def whole_sums(scope: Scope, keys: Iterable[str], *by: str, days: tuple[date, date] | None = None) -> dict[Any, int]:
    """What describes the project (`images`, `state`, `kept`, `size`), summed by these columns (of `day`, `category`,
    `key`) as `sums` does, with the golden images that the user is told of.

    days: from the first one to before the second one; None: ever.
    """
    wanted = set(keys)
    told = wanted if scope.golden is not None else {*wanted, *(GOLDEN + key for key in wanted)}
    rows = counts(scope, keys=told, ever=True)
    if days is not None:
        rows = rows.filter(day__gte=days[0], day__lt=days[1])
    parts = [(dict(zip(COLUMNS, row, strict=True)), count) for row, count in sums(rows, *COLUMNS).items()]
    for (day, _, category, key), count in (scope.golden or {}).items():
        if key in wanted and (days is None or days[0] <= day < days[1]):
            parts.append(({"day": day, "category": category, "key": key}, count))
    found: dict[Any, int] = defaultdict(int)
    for part, count in parts:
        part["key"] = part["key"].removeprefix(GOLDEN)
        found[part[by[0]] if len(by) == 1 else tuple(part[one] for one in by)] += count
    return found


COLUMNS = ("day", "category", "key")


def _golden_of(scope: Scope) -> Tally:
    """The golden images that the user has worked on, as they see them: their own set where they have one."""
    told = Image.objects.filter(Image.listed_for(scope.user, scope.standing.role), project=scope.project, golden=True)
    images = {image.pk: image for image in told.only("pk", "golden", "project")}
    opinions = AnnotationSet.objects.filter(image__in=images, kind=AnnotationSet.Kind.OPINION, author=scope.user)
    own = {one.image_id: one for one in opinions}
    found: Tally = Counter()
    for row in CountedImage.objects.filter(image__in=images):
        for day, _, category, key, count in row.counts:
            if key.startswith(GOLDEN) and (row.image not in own or key == f"{GOLDEN}images"):
                found[date.fromisoformat(day), 0, category, key.removeprefix(GOLDEN)] += count
    for one in own.values():
        if one.status != AnnotationSet.Status.NEW and one.changed_at is not None:
            found[timezone.localtime(one.changed_at).date(), 0, 0, f"state.{one.status}"] += 1
    objects = Annotation.objects.filter(set__in=own.values()).values_list("category__number", "area")
    for number, area in objects.order_by():
        found[NO_DAY, 0, number, "kept"] += 1
        found[NO_DAY, 0, number, f"size.{size_of(area)}"] += 1
    return found


def ended_by_day(scope: Scope, window: int) -> list[int]:
    """How many images more were done, accepted or skipped on each of the last whole days, oldest first."""
    first = scope.today - timedelta(days=window)
    keys = ("state.done", "state.accepted", "state.skipped")
    found = whole_sums(scope, keys, "day", days=(first, scope.today))
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
