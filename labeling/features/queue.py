"""The encode queue. It lives in the `Encoding` rows (`labeling.jobs.queue`).

Each change is published to the project's pages and the image's open editors.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from labeling.features.models import Encoding
from labeling.features.schemas import ImageMessage
from labeling.features.signals import features_ready
from labeling.images.models import Image
from labeling.jobs.queue import MAX_ATTEMPTS, LeaseQueue
from labeling.server import wake_up
from labeling.web import events

logger = logging.getLogger(__name__)

STALE_PRIORITY = -1
TOLD_ONE_BY_ONE = 200
NUDGE_EXPIRES = timedelta(seconds=60)
WORKER_DIED = (
    f"The worker crashed {MAX_ATTEMPTS} times while preparing this image. The server may have too little memory for an "
    "image of this size. Press Retry, or ask your administrator to look at the worker's log."
)
State = Encoding.State
jobs = LeaseQueue(
    Encoding,
    queued={"state": State.QUEUED},
    held={"state": State.ENCODING},
    failed={"state": State.FAILED},
    died={"reason": WORKER_DIED},
    order=("-priority", "attempts", "id"),
    related=("image",),
)


def add(images: Iterable[Image]) -> None:
    """Queue images that were never queued; harmless for the others."""
    images = list(images)
    if not images:
        return
    Encoding.objects.bulk_create([Encoding(image=image) for image in images], ignore_conflicts=True)
    publish(Encoding.objects.filter(image__in=images, state=State.QUEUED), new=True)
    nudge()


def claim(limit: int, opened: bool = False) -> list[Encoding]:
    """Take up to `limit` queued rows for one lease: the first in line, and others of its size that could share a batch.
    opened: only images that somebody opens.

    A row that was tried before goes alone: if it kills the worker again, it takes nobody along.
    """
    line = jobs.line().filter(priority__gt=0) if opened else jobs.line()
    claimed = jobs.claim_some(lambda rows: _batch(rows, limit), limit * 4 if limit > 1 else 1, line)
    publish(claimed)
    return claimed


def _batch(line: list[Encoding], limit: int) -> list[Encoding]:
    if not line:
        return []
    first = line[0]
    if first.attempts:
        return [first]
    shape = (first.image.width, first.image.height)
    alike = [row for row in line if (row.image.width, row.image.height) == shape and not row.attempts]
    return alike[:limit]


def is_waiting() -> bool:
    """Whether anything is queued."""
    return jobs.is_waiting()


def finish(row: Encoding, *, version: str, key: str, sha256: str, nbytes: int, seconds: float) -> bool:
    """Mark a claimed row as ready; False when the lease was lost or the image deleted meanwhile."""
    done = {"state": State.READY, "reason": "", "priority": 0, "attempts": 0, "ready_at": timezone.now()}
    files = {"features_version": version, "storage_key": key, "sha256": sha256, "nbytes": nbytes}
    if not jobs.settle(row, **done, **files, seconds=seconds):
        return False
    publish([row.pk])
    features_ready.send_robust(sender=Encoding, image_id=row.image_id)
    return True


def fail(row: Encoding, reason: str, *, final: bool = False) -> None:
    """Give a claimed row back: to the queue, or as failed after the last attempt (at once when `final`)."""
    if jobs.fail(row, final=final, reason=reason):
        publish([row.pk])


def release_lost() -> int:
    """Give back the rows of workers that are gone: dead on this host, or whose lease ran out. Returns how many."""
    released = jobs.release()
    for row in released:
        publish([row])
    return len(released)


def retry(rows: QuerySet[Encoding]) -> int:
    """Queue the failed ones among `rows` again; returns how many."""
    pks = list(rows.filter(state=State.FAILED).values_list("pk", flat=True))
    failed = Encoding.objects.filter(pk__in=pks, state=State.FAILED)
    count = jobs.requeue(failed, reason="", queued_at=timezone.now())
    publish(pks if count else [])
    nudge()
    return count


def start_anew(image: Image) -> None:
    """Queue the image whatever its row says: its view is another one. Who encodes the old one loses the lease."""
    rows = Encoding.objects.filter(image=image)
    jobs.requeue(rows, priority=STALE_PRIORITY, reason="", queued_at=timezone.now())
    publish(rows.values_list("pk", flat=True))
    nudge()


def requeue_lost(row: Encoding) -> bool:
    """Queue a ready row whose features are lost or damaged, first in line; True for the one reader who did it."""
    same = Encoding.objects.filter(pk=row.pk, state=State.READY, storage_key=row.storage_key, sha256=row.sha256)
    changed = jobs.requeue(same, priority=_top() + 1, queued_at=timezone.now())
    if changed:
        publish([row.pk])
        nudge()
    return bool(changed)


def requeue_stale(version: str) -> int:
    """Queue every ready row made by another version of the model, behind everything else; returns how many.

    All at once: what the pages count as ready can be clicked. The pages are told of each image only when there are
    few of them; else they count anew.
    """
    stale = Encoding.objects.filter(state=State.READY).exclude(features_version=version)
    pks, projects = set(stale.values_list("pk", flat=True)), set(stale.values_list("image__project", flat=True))
    count = jobs.requeue(stale, priority=STALE_PRIORITY, queued_at=timezone.now())
    if not count:
        return 0
    logger.warning("%s images have features of another model than %s and are encoded again", count, version)
    publish(pks if len(pks) <= TOLD_ONE_BY_ONE else [])
    for project in projects:
        events.publish(events.project_group(project), {"type": "progress"})
    return count


def put_first(row: Encoding) -> None:
    """Move a queued row to the head of the line."""
    top = _top(except_for=row.pk)
    if row.state == State.QUEUED and row.priority <= top:
        Encoding.objects.filter(pk=row.pk, state=State.QUEUED).update(priority=top + 1)
        row.priority = top + 1


def ahead(row: Encoding) -> int:
    """How many queued images go before this one."""
    before = Q(priority__gt=row.priority) | Q(priority=row.priority, id__lt=row.pk)
    return Encoding.objects.filter(before, state=State.QUEUED).count()


def _top(except_for: int = 0) -> int:
    queued = Encoding.objects.filter(state=State.QUEUED).exclude(pk=except_for)
    return int(queued.aggregate(top=Max("priority"))["top"] or 0)


def nudge() -> None:
    """Wake a worker up once the transaction is committed. The message does not matter: workers busy now go on until
    nothing is queued, and the sweep nudges again."""
    wake_up.send("labeling.features.tasks.encode", expires=NUDGE_EXPIRES.total_seconds())


def publish(rows: Iterable[Encoding | int], *, new: bool = False) -> None:
    """Tell the project's pages and the image's open editors the state of these rows, once it is committed.

    new: nobody can have an editor open on them, and none needs to count who is ahead in the line.
    """
    pks = [row if isinstance(row, int) else row.pk for row in rows]

    def send() -> None:
        for row in Encoding.objects.filter(pk__in=pks).select_related("image"):
            image = row.image
            reason = row.reason if row.state == State.FAILED else None
            message = ImageMessage(
                id=image.pk, name=image.name, width=image.width, height=image.height, state=State(row.state),
                reason=reason, thumbnail=image.thumbnail_url,
            )  # fmt: skip
            news = {**message.event(), "golden": True} if image.golden else message.event()
            events.publish(events.project_group(image.project_id), news)
            if new:
                continue
            state: dict[str, object] = {"state": row.state}
            if reason is not None:
                state["reason"] = reason
            if row.state == State.QUEUED:
                state["ahead"] = ahead(row)
            events.publish(events.image_group(image.pk), {"type": "state", **state})

    if pks:
        transaction.on_commit(send)
