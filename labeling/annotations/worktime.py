"""Time on task: how long people work on images. An editor counts the seconds in which somebody does something, and
reports its total again and again; the largest report counts, so that a lost or doubled one changes nothing."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, Sum, Value
from django.db.models.functions import Greatest, TruncDate
from django.http import Http404
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import FINISHED, Presence, WorkTime
from labeling.annotations.services import touch_open
from labeling.database.locks import hold
from labeling.images.models import Image
from labeling.projects.models import Project

DAYS = 14
"""Days that the project page's figure shows."""


@transaction.atomic
def report(image: Image, user: User, session: UUID, seconds: int) -> int:
    """Note the total of a session, unless it is known to be longer. Returns what counts now.

    Raises: Http404 when the image was deleted.
    """
    now = timezone.now()
    mine = WorkTime.objects.filter(image=image, user=user, session=session)
    if not hold(Image, image.pk):
        raise Http404("This image was deleted meanwhile.")
    if not mine.update(seconds=Greatest("seconds", Value(seconds)), at=now):
        mine.get_or_create(image=image, user=user, session=session, defaults={"seconds": seconds, "at": now})
    Presence.objects.filter(image=image, user=user).update(worked_at=now)
    touch_open(image, user)
    return mine.values_list("seconds", flat=True)[0]


@dataclass(frozen=True)
class Person:
    """What somebody did in a project."""

    name: str
    initials: str
    hue: int
    images: int
    seconds: int


@dataclass(frozen=True)
class Summary:
    """The project page's figure."""

    seconds: int
    a_done_image: int | None
    """Mean seconds of the images that are done and were timed."""

    people: list[Person]
    days: list[tuple[date, int]]
    """Seconds of each of the last days, oldest first."""


def summary(project: Project) -> Summary | None:
    """Time on task in a project; None when nothing was timed."""
    times = WorkTime.objects.filter(image__project=project, seconds__gt=0).order_by()
    total = times.aggregate(
        all=Sum("seconds"),
        on_done=Sum("seconds", filter=_DONE),
        done_images=Count("image", distinct=True, filter=_DONE),
    )
    if not total["all"]:
        return None
    return Summary(
        seconds=total["all"],
        a_done_image=round(total["on_done"] / total["done_images"]) if total["done_images"] else None,
        people=_people(project),
        days=_days(project),
    )


_DONE = Q(image__annotation_set__status__in=FINISHED)


def _people(project: Project) -> list[Person]:
    times = WorkTime.objects.filter(image__project=project, seconds__gt=0).order_by()
    rows = list(times.values("user").annotate(seconds=Sum("seconds"), images=Count("image", distinct=True)))
    users = User.objects.in_bulk([row["user"] for row in rows])
    people = [
        Person(user.shown_name, user.initials, user.hue, row["images"], row["seconds"])
        for row in rows
        if (user := users.get(row["user"]))
    ]
    return sorted(people, key=lambda one: -one.seconds)


def _days(project: Project) -> list[tuple[date, int]]:
    today = timezone.localdate()
    days = [today - timedelta(days=before) for before in reversed(range(DAYS))]
    times = WorkTime.objects.filter(image__project=project, at__date__gte=days[0]).order_by()
    found = dict(times.values_list(TruncDate("at")).annotate(seconds=Sum("seconds")))
    return [(day, found.get(day, 0)) for day in days]
