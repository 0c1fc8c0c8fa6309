"""What an image adds to its project's counts: a pure function of what is kept of it.

docs/internals/figures.md has the keys. What describes the project as a whole (`images`, `state`, `kept`, `size`) is
counted with the prefix `golden.` for a golden image, so that it can be left out for those who must not know of these.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.utils import timezone

from labeling.annotations import worktime
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet, WorkTime
from labeling.assignment.models import Slot
from labeling.figures.models import NO_DAY
from labeling.images.models import Image
from labeling.review.models import Draw, Thread, Verdict
from labeling.suggestions.models import Suggestion
from labeling.suggestions.statistics import DECIDED

Count = tuple[date, int, int, str]
"""Day, person or 0, class or 0, key."""

Tally = Counter[Count]
GOLDEN = "golden."

PACES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""Upper ends in seconds. Longer pauses between two changes are not the time of one object and are left out."""

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
"""Upper ends of the side of a square with the object's area, in pixels; the last class has all larger ones."""

LARGER = "larger"
Status = AnnotationSet.Status
Kind = AnnotationEvent.Kind


def of_images(images: Iterable[Image]) -> dict[int, Tally]:
    """The tallies of images by their ids. As many queries for one as for many."""
    rows = {image.pk: image for image in images}
    found: dict[int, Tally] = {pk: Counter() for pk in rows}
    for pk, image in rows.items():
        found[pk][_day(image.created_at), 0, 0, _whole("images", image)] += 1
    _states_and_paces(rows, found)
    _objects(rows, found)
    _times(rows, found)
    _suggestions(rows, found)
    _reviews(rows, found)
    _pins(rows, found)
    return {pk: Counter({key: count for key, count in tally.items() if count}) for pk, tally in found.items()}


def _whole(key: str, image: Image) -> str:
    return GOLDEN + key if image.golden else key


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


Images = Mapping[int, Image]
Tallies = Mapping[int, Tally]
OBJECTS = (Kind.CREATE, Kind.CHANGE, Kind.DELETE)
_BEGIN = (Status.NEW, Status.SKIPPED, Status.DONE)


def _states_and_paces(images: Images, found: Tallies) -> None:
    """Replay the log: what each event made of the state, and how long each kept object took."""
    events = (
        AnnotationEvent.objects.filter(set__image__in=images)
        .exclude(set__kind=AnnotationSet.Kind.GOLDEN)
        .filter(Q(set__copied_version=None) | Q(version__gt=F("set__copied_version")))
        .annotate(status=KT("after__status"), category=KT("after__category"), image=F("set__image"))
        .order_by("set", "version")
        .values_list("set", "set__kind", "image", "kind", "user", "at", "slot", "status", "category")
    )
    reviewing = set(Slot.objects.filter(image__in=images, kind=Slot.Kind.REVIEW).values_list("pk", flat=True))
    states: dict[int, str] = defaultdict(lambda: str(Status.NEW))
    last: dict[tuple[int, int | None], datetime] = {}
    finished: set[tuple[int, int, date]] = set()
    for kept, which, image, kind, user, at, slot, status, category in events.iterator(chunk_size=2000):
        before, now = states[kept], states[kept]
        if kind in (Kind.STATUS, Kind.VERDICT):
            now = status or before
        elif kind in OBJECTS and before in _BEGIN and slot not in reviewing:
            now = str(Status.IN_PROGRESS)
        states[kept] = now
        day = _day(at)
        if which == AnnotationSet.Kind.MAIN and now != before:
            _move(found[image], images[image], day, before, now)
        if kind == Kind.STATUS and now == Status.DONE and user:
            finished.add((image, user, day))
        if kind in OBJECTS:
            begun = last.get((kept, user))
            if kind == Kind.CREATE and begun is not None and user and category:
                _pace(found[image], day, user, int(category), (at - begun).total_seconds())
            last[kept, user] = at
    for image, user, day in finished:
        found[image][day, user, 0, "finished"] += 1
    _unlogged(images, found, states)


def _unlogged(images: Images, found: Tallies, states: Mapping[int, str]) -> None:
    """What the log does not explain (labels that came with a copy of the project, say) counts from the last change."""
    rows = AnnotationSet.objects.filter(main_of__in=images).values_list("pk", "image", "status", "changed_at")
    for pk, image, status, at in rows:
        before = states.get(pk, str(Status.NEW))
        if before != status:
            _move(found[image], images[image], _day(at or images[image].created_at), before, status)


def _move(tally: Tally, image: Image, day: date, before: str, now: str) -> None:
    for status, count in ((before, -1), (now, 1)):
        if status != Status.NEW:
            tally[day, 0, 0, _whole(f"state.{status}", image)] += count


def _pace(tally: Tally, day: date, user: int, category: int, seconds: float) -> None:
    end = next((one for one in PACES if seconds <= one), None)
    if end is not None:
        monday = day - timedelta(days=day.weekday())  # by week: these are the most rows
        tally[monday, user, category, f"pace.{end}"] += 1


def size_of(area: int) -> str:
    """The class of sizes of an object with so many pixels."""
    return next((str(one) for one in SIZES if area <= one * one), LARGER)


def _objects(images: Images, found: Tallies) -> None:
    made = {
        uid: (state, len(clicks or []))
        for uid, state, clicks in Suggestion.objects.filter(
            image__in=images, state__in=(Suggestion.State.ACCEPTED, Suggestion.State.EDITED)
        ).values_list("uid", "state", "clicks")
    }
    rows = (
        Annotation.objects.filter(set__image__in=images)
        .exclude(set__kind=AnnotationSet.Kind.GOLDEN)
        .filter(set__copied_version=None)
        .order_by()
        .values_list("set__image", "set__kind", "uid", "category__number", "created_by", "created_at", "area", "clicks")
    )
    for image, which, uid, number, user, at, area, clicks in rows.iterator(chunk_size=2000):
        tally, day, person = found[image], _day(at), user or 0
        state, given = made.get(uid, ("", 0))
        tally[day, 0, number, "objects"] += 1
        tally[day, person, 0, "made"] += 1
        if state == Suggestion.State.ACCEPTED:
            tally[day, 0, number, "untouched"] += 1
        else:
            tally[day, 0, number, "clicks"] += max(0, len(clicks) - given)
        if which == AnnotationSet.Kind.MAIN:
            tally[NO_DAY, 0, number, _whole("kept", images[image])] += 1
            tally[NO_DAY, 0, number, _whole(f"size.{size_of(area)}", images[image])] += 1


def _times(images: Images, found: Tallies) -> None:
    for row in WorkTime.objects.filter(image__in=images).order_by("pk"):
        for part in worktime.parts_of(row):
            found[row.image_id][_day(part.at), row.user_id, 0, f"time.{part.activity}"] += part.seconds


def _suggestions(images: Images, found: Tallies) -> None:
    rows = Suggestion.objects.filter(image__in=images, state__in=DECIDED, decided_at__isnull=False).order_by()
    for image, method, state, at in rows.values_list("image", "method", "state", "decided_at"):
        found[image][_day(at or timezone.now()), 0, 0, f"suggestion.{state}.{method}"] += 1


def _reviews(images: Images, found: Tallies) -> None:
    drawn = set(Draw.objects.filter(set__image__in=images, round=0, drawn=True).values_list("set", flat=True))
    first: set[int] = set()
    rows = Verdict.objects.filter(set__image__in=images).order_by("version")
    for kept, image, kind, author, at, round in rows.values_list("set", "set__image", "kind", "author", "at", "round"):
        if kept in drawn and kept not in first and kind != Verdict.Kind.SAMPLE:
            found[image][_day(at), author or 0, 0, f"first.{kind}"] += 1
        first.add(kept)
        if kind in (Verdict.Kind.ACCEPTED, Verdict.Kind.CORRECTED):
            found[image][_day(at), 0, 0, f"rounds.{round}"] += 1


def _pins(images: Images, found: Tallies) -> None:
    threads = list(
        Thread.objects.filter(image__in=images, draft=False, object__isnull=False).values_list("image", "object", "at")
    )
    if not threads:
        return
    objects = Annotation.objects.filter(set__main_of__in=images, uid__in={uid for _, uid, _ in threads})
    numbers = dict(objects.values_list("uid", "category__number"))
    for image, uid, at in threads:
        found[image][_day(at), 0, numbers.get(uid, 0) if uid else 0, "pins"] += 1
