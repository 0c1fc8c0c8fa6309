"""The version of a set: comparing what a writer saw, raising it with an event in the log, telling open pages."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.log import OBJECTS
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.annotations.schemas import AnnotationData, AnnotationsNews, Overview
from labeling.annotations.sets import OPEN_FOR, working_set
from labeling.annotations.signals import events_logged, status_changed
from labeling.images.models import Image
from labeling.web.api import ApiError
from labeling.web.events import labels_group, opinion_group, own_group, project_group, publish_all

REVIEWING = ("review", "correct")
"""The turns (`AnnotationSet.opened_for`) in which a reviewer has an image; in the second they may change its labels."""

Kind = AnnotationEvent.Kind
Status = AnnotationSet.Status
Change = tuple[str, Any, Any]
"""An event's kind, with the state before and after."""


def payload(annotation: Annotation) -> dict[str, Any]:
    """An annotation as the event log keeps it: what clients see."""
    return AnnotationData.of(annotation).model_dump(mode="json")


def overview(image: Image, user: User) -> Overview:
    """All kept objects of an image as the user works on it; an image that nobody touched has version 0.

    The version is read first: if a writer comes between the two reads, the reader has too old a version and its next
    change is a conflict. The other way round it could overwrite what it never saw.
    """
    return overview_of(working_set(image, user))


def overview_of(kept: AnnotationSet | None) -> Overview:
    """A set as clients see it."""
    if kept is None:
        return Overview(version=0, status=Status.NEW, reason="", note="", round=0, annotations=[])
    annotations = kept.annotations.select_related("category", "created_by")
    return Overview(
        version=kept.version,
        status=Status(kept.status),
        reason=kept.reason,
        note=kept.note,
        round=kept.round,
        annotations=[AnnotationData.of(one) for one in annotations],
    )


def now(kept: AnnotationSet) -> dict[str, Any]:
    """What a writer that lost gets beside the message: the set as it is."""
    return {"current": overview_of(kept).plain()}


def compare(kept: AnnotationSet, version: int) -> None:
    """Raises: ApiError 409 `conflict` with the current set, unless the writer saw the newest version."""
    if version != kept.version:
        raise ApiError(
            409,
            "conflict",
            f"The image was changed since you loaded it (you have version {version}, it has {kept.version}). "
            "Nothing was overwritten. Check the current version and save again.",
            **now(kept),
        )


def compare_open(kept: AnnotationSet, user: User, version: int) -> None:
    """As `compare`, for a change of labels or of their status.

    Raises: ApiError 409 `closed` for accepted work, 409 `in_review` while somebody reviews it, 409 `conflict`.
    """
    if kept.status == Status.ACCEPTED:
        text = "A reviewer accepted this image, so it can't be changed. Ask a reviewer to send it back."
        raise ApiError(409, "closed", text, **now(kept))
    if kept.opened_by_id != user.pk and kept.opened_for in REVIEWING and is_open(kept):
        name = kept.opened_by.shown_name if kept.opened_by else "A reviewer"
        text = f"{name} is reviewing this image, so it can't be changed now. Wait for the verdict."
        raise ApiError(409, "in_review", text, **now(kept))
    compare(kept, version)


def is_open(kept: AnnotationSet) -> bool:
    """Whether somebody's turn at the set goes on."""
    return kept.opened_by_id is not None and kept.opened_at is not None and kept.opened_at > timezone.now() - OPEN_FOR


def retried(kept: AnnotationSet, user: User, version: int, kind: str, **after: Any) -> bool:
    """Whether the change right after `version` is this very request, carried out before its answer got lost."""
    event = kept.events.filter(version=version + 1, user=user, kind=kind).first()
    return event is not None and all((event.after or {}).get(name) == value for name, value in after.items())


def record(kept: AnnotationSet, user: User, kind: str, before: Any, after: Any, *, quietly: bool = False) -> None:
    """Raise the version and log one change, as `record_all`."""
    record_all(kept, user, [(kind, before, after)], quietly=quietly)


def record_all(kept: AnnotationSet, user: User, changes: Sequence[Change], *, quietly: bool = False) -> None:
    """Raise the version by one for each change, and log them in their order: changes of objects, or one other event.

    Work that was done is in progress again once its objects change, unless a reviewer corrects them; work that was sent
    back stays so until somebody finishes it. What is written does not depend on how the changes are grouped, but each
    call costs some queries. quietly: nobody worked on the image; its status and who changed it last stay.
    """
    if not changes:
        return
    mine = kept.opened_by_id == user.pk
    first, before, _ = changes[0]
    was = before["status"] if first in (Kind.STATUS, Kind.VERDICT) else kept.status
    if not quietly:
        kept.changed_by, kept.changed_at = user, timezone.now()
    corrects = mine and kept.opened_for == "correct"
    if first in OBJECTS and kept.status in _BEGIN and not corrects and not quietly:
        kept.status, kept.reason = Status.IN_PROGRESS, ""
    events = []
    for kind, before, after in changes:
        kept.version += 1
        kept.objects_kept = max(0, kept.objects_kept + _ADDED.get(kind, 0))
        events.append(
            AnnotationEvent(
                set=kept, version=kept.version, kind=kind, user=user, before=before, after=after,
                round=kept.round, slot=kept.opened_in if mine else None, quiet=quietly,
            )
        )  # fmt: skip
    kept.save()
    log(kept, events)
    if kept.status != was:
        status_changed.send(sender=AnnotationSet, kept=kept, user=user, was=was)


def log(kept: AnnotationSet, events: Sequence[AnnotationEvent]) -> None:
    """Write events and tell what follows them. They are as `events_logged` has them."""
    AnnotationEvent.objects.bulk_create(events)
    events_logged.send(sender=AnnotationEvent, kept=kept, events=events)


_ADDED: dict[str, int] = {Kind.CREATE: 1, Kind.DELETE: -1}
_BEGIN = (Status.NEW, Status.SKIPPED, Status.DONE)


def tell(kept: AnnotationSet, user: User) -> None:
    """Tell open pages of the newest version once it is committed; of an opinion its author's alone."""
    event = AnnotationsNews(
        image=kept.image_id,
        version=kept.version,
        status=Status(kept.status),
        objects=kept.objects_kept,
        by=user.shown_name,
    ).event()
    project = kept.image.project_id
    told = [(labels_group(kept.image_id), event), (project_group(project), event)]
    if kept.kind != AnnotationSet.Kind.MAIN:
        author = kept.author_id or 0
        told = [(opinion_group(kept.image_id, author), event), (own_group(project, author), event)]
    elif kept.image.golden:
        told[1] = (project_group(project), {**event, "golden": True})
    transaction.on_commit(partial(publish_all, told))
