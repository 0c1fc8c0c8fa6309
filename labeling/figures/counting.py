"""Keeping a project's counts: images that changed are tallied anew, and the counts get the difference.

Doing it twice changes nothing, and a killed worker leaves a whole transaction or none. A project has one `Ledger` row;
who holds it (`SELECT … FOR UPDATE`) changes its counts, so nobody who labels ever waits for that.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from labeling.annotations import worktime
from labeling.figures import tallies
from labeling.figures.models import Changed, CountedImage, DailyCount, Ledger
from labeling.figures.tallies import Count, Tally
from labeling.images.models import Image
from labeling.jobs import leases
from labeling.projects.models import Project

logger = logging.getLogger(__name__)

AT_ONCE = 100
"""Images of a transaction: on SQLite people who save wait for it."""

RECOUNT_AFTER = timedelta(hours=20)
_IDS_AT_ONCE = 2000


def note(project_id: int, image_id: int) -> None:
    """Have an image counted anew, once the transaction is committed."""
    Changed.objects.create(project_id=project_id, image=image_id)


def fold_all(until: float | None = None) -> int:
    """Count what changed in all projects, until nothing is left or the moment (`time.monotonic()`) has come.

    Returns: how many images.
    """
    count = 0
    for project_id in list(Changed.objects.order_by().values_list("project", flat=True).distinct()):
        while not leases.stopping() and (until is None or time.monotonic() < until):
            done = fold(project_id)
            count += done
            if not done:
                break
    return count


def fold(project_id: int, most: int = AT_ONCE) -> int:
    """Count up to `most` images of a project that changed; returns how many. 0: nothing is left."""
    with transaction.atomic():
        ledger = _ledger(project_id)
        if ledger is None:
            return 0
        waiting = Changed.objects.filter(project=project_id).order_by("image").values_list("image", flat=True)
        images = list(waiting.distinct()[:most])
        if images:
            # Deleted before the images are read: what changes from here on has a row of its own.
            Changed.objects.filter(project=project_id, image__in=images).delete()
            _count(project_id, images)
        else:
            ledger.counted_at = timezone.now()
            ledger.save(update_fields=["counted_at"])
    return len(images)


def _ledger(project_id: int) -> Ledger | None:
    """The project's ledger, ours until the transaction ends; None for a project that is gone."""
    if not Project.objects.filter(pk=project_id).exists():
        return None
    Ledger.objects.get_or_create(project_id=project_id)
    return Ledger.objects.select_for_update().get(project=project_id)


def _count(project_id: int, image_ids: list[int]) -> None:
    """Tally images anew and add the difference to the counts."""
    images = Image.objects.filter(project=project_id, pk__in=image_ids).only("project", "golden", "created_at")
    now = tallies.of_images(images)
    before = {row.image: row for row in CountedImage.objects.filter(image__in=image_ids)}
    difference: Tally = Counter()
    new, changed, gone = [], [], []
    for pk in image_ids:
        row, tally = before.get(pk), now.get(pk)
        if row is not None:
            difference.subtract(as_tally(row.counts))
        if tally is None:
            gone.append(pk)
            continue
        difference.update(tally)
        if row is None:
            new.append(CountedImage(project_id=project_id, image=pk, counts=as_json(tally)))
        else:
            row.counts = as_json(tally)
            changed.append(row)
    CountedImage.objects.bulk_create(new)
    CountedImage.objects.bulk_update(changed, ["counts"])
    CountedImage.objects.filter(image__in=gone).delete()
    _add(project_id, difference)


def as_json(tally: Tally) -> list[list[Any]]:
    """A tally as its row has it."""
    return [[day.isoformat(), *rest, count] for (day, *rest), count in sorted(tally.items())]


def as_tally(rows: Iterable[list[Any]]) -> Tally:
    """A tally of its row."""
    return Counter({(date.fromisoformat(day), person, number, key): n for day, person, number, key, n in rows})


def _add(project_id: int, difference: Mapping[Count, int]) -> None:
    """Add to the counts; what becomes 0 goes."""
    wanted = {key: count for key, count in difference.items() if count}
    if not wanted:
        return
    days, keys = {key[0] for key in wanted}, {key[3] for key in wanted}
    rows = DailyCount.objects.filter(project=project_id, day__in=days, key__in=keys)
    there = {(row.day, row.person, row.category, row.key): row for row in rows}
    new, changed, empty = [], [], []
    for key, count in wanted.items():
        row = there.get(key)
        if row is None:
            day, person, category, name = key
            new.append(
                DailyCount(project_id=project_id, day=day, person=person, category=category, key=name, count=count)
            )
        elif row.count + count:
            row.count += count
            changed.append(row)
        else:
            empty.append(row.pk)
    DailyCount.objects.bulk_create(new)
    DailyCount.objects.bulk_update(changed, ["count"], batch_size=500)
    DailyCount.objects.filter(pk__in=empty).delete()


# The recount.


def due() -> list[int]:
    """Projects whose images should all be counted anew: never counted yet, or changed since, and not today."""
    rested = Q(ledger=None) | Q(ledger__begun_at=None) | Q(ledger__begun_at__lt=timezone.now() - RECOUNT_AFTER)
    uncounted = Q(ledger=None) | Q(ledger__begun_at=None)
    counted = CountedImage.objects.filter(project=OuterRef("pk"))
    projects = Project.objects.filter(rested).filter(uncounted | Q(Exists(counted)) | Q(images__isnull=False))
    return list(projects.order_by("pk").values_list("pk", flat=True).distinct())


def begin_recount(project_id: int) -> int:
    """Have all images of a project counted anew, also those that are gone; returns how many."""
    with transaction.atomic():
        ledger = _ledger(project_id)
        if ledger is None:
            return 0
        ledger.begun_at, ledger.recounted_at = timezone.now(), None
        ledger.save(update_fields=["begun_at", "recounted_at"])
    count = 0
    for ids in (
        Image.objects.filter(project=project_id).order_by("pk").values_list("pk", flat=True),
        CountedImage.objects.filter(project=project_id).exclude(image__in=Image.objects.values("pk"))
        .order_by("pk").values_list("image", flat=True),
    ):  # fmt: skip
        for some in _batches(ids.iterator(chunk_size=_IDS_AT_ONCE)):
            Changed.objects.bulk_create(Changed(project_id=project_id, image=pk) for pk in some)
            count += len(some)
    return count


def _batches(ids: Iterable[int]) -> Iterable[list[int]]:
    some: list[int] = []
    for pk in ids:
        some.append(pk)
        if len(some) == _IDS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def end_recounts() -> None:
    """Compare the counts with the sum of all tallies where a recount has come to its end, and put right what differs.

    Nothing should: the counts get each difference in the transaction that changes a tally.
    """
    for ledger in Ledger.objects.filter(begun_at__isnull=False, recounted_at=None):
        if not Changed.objects.filter(project=ledger.project_id).exists():
            wrong = put_right(ledger.project_id)
            if wrong:
                logger.error("%s counts of project %s were wrong and are put right", wrong, ledger.project_id)


def put_right(project_id: int) -> int:
    """Make the counts the sum of the tallies; returns how many were wrong."""
    with transaction.atomic():
        ledger = _ledger(project_id)
        if ledger is None:
            return 0
        difference: Tally = Counter()
        rows = CountedImage.objects.filter(project=project_id).values_list("counts", flat=True)
        for counts in rows.iterator(chunk_size=_IDS_AT_ONCE):
            difference.update(as_tally(counts))
        for row in DailyCount.objects.filter(project=project_id).iterator(chunk_size=_IDS_AT_ONCE):
            difference[row.day, row.person, row.category, row.key] -= row.count
        wrong = sum(1 for count in difference.values() if count)
        _add(project_id, difference)
        ledger.recounted_at = timezone.now()
        ledger.corrected += wrong
        ledger.save(update_fields=["recounted_at", "corrected"])
    return wrong


# Old sessions.


def sum_up_old_sessions(project: Project) -> int:
    """Turn sessions of work that are old into daily sums (`worktime.sum_up`); returns how many images had some.

    The counts lose in the same transaction what the sums get, so that no figure has both.
    """
    count = 0
    while not leases.stopping():
        with transaction.atomic():
            if _ledger(project.pk) is None:
                break
            images = worktime.sum_up(project)
            if not images:
                break
            _count(project.pk, images)
        count += len(images)
    return count
