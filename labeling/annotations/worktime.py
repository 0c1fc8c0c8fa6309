"""Time on task: how long people work on images.

An editor that may change the image counts the seconds in which somebody does something: the sum of the pauses between
two actions that are shorter than 60 s. It reports its total again and again; the largest report counts, so that a lost
or doubled one changes nothing. What a report adds counts for the quarter of an hour in which it comes and for what the
person is doing then, so that a session over midnight has a part on each day, in every time zone.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import Http404
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import sets
from labeling.annotations.models import AnnotationSet, Presence, WorkDay, WorkTime
from labeling.annotations.services import touch_open
from labeling.annotations.signals import time_reported
from labeling.annotations.versions import REVIEWING
from labeling.database.locks import hold
from labeling.images.models import Image
from labeling.projects.models import Project

QUARTER = 15 * 60
"""Seconds of the parts that a session's time is kept in: time zones differ by multiples of it."""

KEPT_DAYS = 90
"""Sessions that are older become sums of a day (`WorkDay`), without the image."""

Activity = WorkDay.Activity


@dataclass(frozen=True)
class Part:
    """Seconds of work in a quarter of an hour. `at` is its beginning."""

    at: datetime
    activity: str
    seconds: int


def report(image: Image, user: User, session: UUID, seconds: int) -> int:
    """Note the total of a session, unless it is known to be longer. Returns what counts now.

    Raises: Http404 when the image was deleted.
    """
    with transaction.atomic():
        if not hold(Image, image.pk):
            raise Http404("This image was deleted meanwhile.")
        now = timezone.now()
        WorkTime.objects.get_or_create(image=image, user=user, session=session, defaults={"seconds": 0, "at": now})
        row = WorkTime.objects.select_for_update().get(image=image, user=user, session=session)
        if seconds > row.seconds:
            _add(row, seconds - row.seconds, activity_of(image, user), now)
        row.at = now
        row.save(update_fields=["seconds", "parts", "at"])
        Presence.objects.filter(image=image, user=user).update(worked_at=now)
        touch_open(image, user)
        time_reported.send(sender=WorkTime, image=image)
    return row.seconds


def _add(row: WorkTime, seconds: int, activity: str, now: datetime) -> None:
    if not row.parts and row.seconds:  # kept by a version that knew the day of a session's end alone
        row.parts = [[_quarter(row.at), Activity.LABEL, row.seconds]]
    quarter = _quarter(now)
    for part in row.parts:
        if part[0] == quarter and part[1] == activity:
            part[2] += seconds
            break
    else:
        row.parts.append([quarter, str(activity), seconds])
    row.seconds += seconds


def _quarter(moment: datetime) -> int:
    return int(moment.timestamp()) // QUARTER


def activity_of(image: Image, user: User) -> str:
    """What somebody who works on an image now is doing: labeling it, fixing what was sent back, or reviewing it."""
    kept = sets.working_set(image, user)
    if kept is None:
        return Activity.LABEL
    if kept.opened_by_id == user.pk and kept.opened_for in REVIEWING:
        return Activity.REVIEW
    return Activity.FIX if kept.status == AnnotationSet.Status.SENT_BACK or kept.round else Activity.LABEL


def reviews(image: Image, user: User) -> bool:
    """Whether it is the user's turn at reviewing the image."""
    return AnnotationSet.objects.filter(main_of=image, opened_by=user, opened_for__in=REVIEWING).exists()


def parts_of(row: WorkTime) -> Iterator[Part]:
    """The session's time as it came in."""
    kept = row.parts or ([[_quarter(row.at), str(Activity.LABEL), row.seconds]] if row.seconds else [])
    for quarter, activity, seconds in kept:
        yield Part(datetime.fromtimestamp(quarter * QUARTER, UTC), activity, seconds)


def own_days(project: Project, user: User, zone: tzinfo, since: date) -> dict[tuple[date, str], int]:
    """Somebody's seconds in a project by day and activity, from the first day on, in days of their zone."""
    found: Counter[tuple[date, str]] = Counter()
    begin = datetime.combine(since, datetime.min.time(), zone)
    rows = WorkTime.objects.filter(image__project=project, user=user, at__gte=begin)
    for row in rows.only("parts", "at", "seconds").iterator():
        for part in parts_of(row):
            day = part.at.astimezone(zone).date()
            if day >= since:
                found[day, part.activity] += part.seconds
    for one in WorkDay.objects.filter(project=project, user=user, day__gte=since):
        found[one.day, one.activity] += one.seconds
    return dict(found)


def own_seconds(project: Project, user: User) -> int:
    """All of somebody's time in a project."""
    sessions = WorkTime.objects.filter(image__project=project, user=user).aggregate(all=Sum("seconds"))["all"]
    days = WorkDay.objects.filter(project=project, user=user).aggregate(all=Sum("seconds"))["all"]
    return int(sessions or 0) + int(days or 0)


def old_sessions(project: Project) -> QuerySet[WorkTime]:
    """Sessions that are to become daily sums."""
    over = timezone.now() - timedelta(days=KEPT_DAYS)
    return WorkTime.objects.filter(image__project=project, at__lt=over).order_by("pk")


@transaction.atomic
def sum_up(project: Project, most: int = 500) -> list[int]:
    """Turn some old sessions of a project into daily sums. Days are the site's.

    Returns: the ids of their images. The caller keeps others from doing the same meanwhile.
    """
    rows = list(old_sessions(project)[:most])
    sums: Counter[tuple[int, date, str]] = Counter()
    for row in rows:
        for part in parts_of(row):
            sums[row.user_id, timezone.localtime(part.at).date(), part.activity] += part.seconds
    for (user, day, activity), seconds in sums.items():
        kept, _ = WorkDay.objects.get_or_create(project=project, user_id=user, day=day, activity=activity)
        kept.seconds += seconds
        kept.save(update_fields=["seconds"])
    WorkTime.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return sorted({row.image_id for row in rows})
