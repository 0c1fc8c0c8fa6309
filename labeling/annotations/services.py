"""Keeping objects. Every change is one transaction: lock the set, compare the version, write, raise it, log it.

A request that was carried out but whose answer got lost may be sent again: it changes nothing and is answered with
the version *it* made, not the newest one. So its writer still has to see what others did after it.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.content import Click, Mask, category_numbered, checked_clicks, checked_mask
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.common.api import ApiError
from labeling.common.events import image_group, project_group, publish
from labeling.images.models import Image

OPEN_FOR = timedelta(minutes=5)
"""How long an image counts as open after `touch_open`; an editor touches it every minute that somebody clicks in it."""

GONE = "Someone deleted this object meanwhile. Load the image again."

Kind = AnnotationEvent.Kind
Status = AnnotationSet.Status


def payload(annotation: Annotation) -> dict[str, Any]:
    """An annotation as clients see it and as the event log keeps it."""
    return {
        "id": annotation.pk,
        "uid": str(annotation.uid),
        "category": annotation.category.number,
        "counts": annotation.counts,
        "bbox": [annotation.bbox_x, annotation.bbox_y, annotation.bbox_width, annotation.bbox_height],
        "area": annotation.area,
        "clicks": annotation.clicks,
        "created_by": annotation.created_by.shown_name if annotation.created_by else None,
        "changed_at": annotation.changed_at.isoformat(),
    }


def overview(image: Image) -> dict[str, Any]:
    """`{version, status, annotations}` of an image; an image that nobody touched has version 0.

    The version is read first: if a writer comes between the two reads, the reader has too old a version and its next
    change is a conflict. The other way round it could overwrite what it never saw.
    """
    kept = AnnotationSet.objects.filter(image=image).first()
    if kept is None:
        return {"version": 0, "status": Status.NEW.value, "annotations": []}
    annotations = kept.annotations.select_related("category", "created_by")
    return {"version": kept.version, "status": kept.status, "annotations": [payload(one) for one in annotations]}


def touch_open(image: Image, user: User) -> None:
    """Note that `user` has the image open now, so that the next-image queue offers others another one."""
    now = timezone.now()
    AnnotationSet.objects.update_or_create(image=image, defaults={"opened_by": user, "opened_at": now})


def create(
    image: Image, user: User, *, version: int, uid: UUID, category: int, counts: str, clicks: Sequence[Click]
) -> tuple[int, Annotation, bool]:
    """Keep a new object.

    Returns: the version it made, the annotation, and whether it is new (False: this very object was kept before).
    Raises: ApiError 400 for bad content; 409 `conflict` for a stale version; 409 `exists` for a `uid` that was kept
    with other content.
    """
    fields = _fields(image, category, counts, clicks)
    with transaction.atomic():
        kept = _locked(image)
        known = kept.annotations.select_related("category", "created_by").filter(uid=uid).first()
        if known is not None and _same(known, fields):
            made = kept.events.filter(after__uid=str(uid)).latest("version")
            return made.version, known, False
        _compare(kept, version)
        if known is not None:
            message = "This object is already kept with other content; change that one."
            raise ApiError(409, "exists", message, **_now(kept))
        annotation = Annotation.objects.create(set=kept, uid=uid, created_by=user, **fields)
        _record(kept, user, Kind.CREATE, None, payload(annotation))
        return kept.version, annotation, True


def change(
    annotation: Annotation,
    user: User,
    *,
    version: int,
    category: int | None = None,
    counts: str | None = None,
    clicks: Sequence[Click] | None = None,
) -> tuple[int, Annotation]:
    """Change what is given of a kept object. Content that is already there makes no new version.

    Returns: the version it made and the annotation. Raises: ApiError 400, 409 `conflict`; Http404 when it is deleted.
    """
    image = annotation.set.image
    fields = _fields(image, category, counts, clicks)
    with transaction.atomic():
        kept = _locked(image)
        found = kept.annotations.select_related("category", "created_by").filter(pk=annotation.pk).first()
        if found is not None and _same(found, fields) and _retried(kept, user, version, Kind.CHANGE, id=found.pk):
            return version + 1, found
        _compare(kept, version)
        if found is None:
            raise Http404(GONE)
        if not _same(found, fields):
            before = payload(found)
            for name, value in fields.items():
                setattr(found, name, value)
            found.save()
            _record(kept, user, Kind.CHANGE, before, payload(found))
        return kept.version, found


@transaction.atomic
def delete(annotation: Annotation, user: User, *, version: int) -> int:
    """Delete a kept object; the log keeps its content. Returns the version it made. Raises: ApiError 409, Http404."""
    kept = _locked(annotation.set.image)
    _compare(kept, version)
    found = kept.annotations.select_related("category", "created_by").filter(pk=annotation.pk).first()
    if found is None:
        raise Http404(GONE)
    before = payload(found)
    found.delete()
    _record(kept, user, Kind.DELETE, before, None)
    return kept.version


@transaction.atomic
def set_status(image: Image, user: User, *, version: int, status: str) -> AnnotationSet:
    """Say how far the image is. The status that it has already makes no new version.

    Returns: the set, with the version this made. Raises: ApiError 409.
    """
    kept = _locked(image)
    if kept.status == status and _retried(kept, user, version, Kind.STATUS, status=status):
        kept.version = version + 1
        return kept
    _compare(kept, version)
    if kept.status != status:
        before, kept.status = kept.status, Status(status)
        _record(kept, user, Kind.STATUS, {"status": before}, {"status": kept.status})
    return kept


def _fields(image: Image, category: int | None, counts: str | None, clicks: Sequence[Click] | None) -> dict[str, Any]:
    """Checked model fields for what is given. Called before the lock is taken: a large mask takes a while to check."""
    fields: dict[str, Any] = {}
    if category is not None:
        fields["category"] = category_numbered(category, image)
    if counts is not None:
        fields |= _mask_fields(checked_mask(counts, image))
    if clicks is not None:
        fields["clicks"] = checked_clicks(list(clicks), image)
    return fields


def _mask_fields(mask: Mask) -> dict[str, Any]:
    x, y, width, height = mask.box.as_list()
    box = {"bbox_x": x, "bbox_y": y, "bbox_width": width, "bbox_height": height}
    return {"counts": mask.counts, "area": mask.area, **box}


def _same(annotation: Annotation, fields: dict[str, Any]) -> bool:
    return all(getattr(annotation, name) == value for name, value in fields.items())


def _locked(image: Image) -> AnnotationSet:
    """The image's set, made when there is none, and ours until the transaction ends."""
    AnnotationSet.objects.get_or_create(image=image)
    return AnnotationSet.objects.select_for_update().get(image=image)


def _now(kept: AnnotationSet) -> dict[str, Any]:
    """What a writer that lost gets beside the message: the set as it is."""
    return {"current": overview(kept.image)}


def _compare(kept: AnnotationSet, version: int) -> None:
    """Raises: ApiError 409 `conflict` with the current set, unless the writer saw the newest version."""
    if version != kept.version:
        raise ApiError(
            409,
            "conflict",
            f"The image was changed since you loaded it (you have version {version}, it has {kept.version}). "
            "Nothing was overwritten; look at what is there now and save again.",
            **_now(kept),
        )


def _retried(kept: AnnotationSet, user: User, version: int, kind: str, **after: Any) -> bool:
    """Whether the change right after `version` is this very request, carried out before its answer got lost."""
    event = kept.events.filter(version=version + 1, user=user, kind=kind).first()
    return event is not None and all((event.after or {}).get(name) == value for name, value in after.items())


def _record(kept: AnnotationSet, user: User, kind: str, before: Any, after: Any) -> None:
    """Raise the version, log the change, and tell open pages once it is committed."""
    kept.version += 1
    kept.changed_by, kept.changed_at = user, timezone.now()
    if kept.status == Status.NEW and kind != Kind.STATUS:
        kept.status = Status.IN_PROGRESS
    kept.save(update_fields=["version", "status", "changed_by", "changed_at"])
    AnnotationEvent.objects.create(set=kept, version=kept.version, kind=kind, user=user, before=before, after=after)
    event = {
        "type": "annotations",
        "image": kept.image_id,
        "version": kept.version,
        "status": str(kept.status),
        "objects": kept.annotations.count(),
        "by": user.shown_name,
    }
    for group in (image_group(kept.image_id), project_group(kept.image.project_id)):
        transaction.on_commit(partial(publish, group, event))
