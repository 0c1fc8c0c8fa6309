"""Keeping objects. Every change is one transaction: lock the set, compare the version, write, raise it, log it.

A request that was carried out but whose answer got lost may be sent again: it changes nothing and is answered with
the version *it* made and the objects as they were then, not with the newest ones. So its writer still has to see what
others did after it, the same person in another tab too. It is told by the log: the events right after the version that
it names are the ones that it asks for. (A deletion that is sent again finds no object: 404, and its writer loads.)
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q
from django.http import Http404
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import overlaps, sets
from labeling.annotations.content import (
    Z_GAP,
    Changed,
    Click,
    Created,
    Deleted,
    Mask,
    ObjectChange,
    category_numbered,
    checked_clicks,
    checked_mask,
)
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.annotations.signals import worked_on
from labeling.annotations.versions import (
    OPEN_FOR,
    REVIEWING,
    compare,
    compare_open,
    now,
    overview,
    payload,
    record,
    retried,
    tell,
)
from labeling.database.locks import hold
from labeling.images.models import Image
from labeling.projects.attributes import checked_values
from labeling.projects.models import Category
from labeling.web.api import ApiError

__all__ = ["OPEN_FOR", "overview", "payload"]  # beside what is here, for its callers

GONE = "Someone else deleted this object. Reload the image."

_LOGGED = ("counts", "clicks", "z", "attributes", "crowd")
_EARLIER = {"crowd": False}
"""What the log of an older version leaves out."""

Kind = AnnotationEvent.Kind
Status = AnnotationSet.Status


def touch_open(image: Image, user: User) -> None:
    """Note that `user` works on the image now, so that others are offered another one next.

    A reviewer's turn is not taken away by that.
    """
    moment = timezone.now()
    with transaction.atomic():
        if not hold(Image, image.pk):  # a deleted image is open no more
            return
        mine = sets.opinion_of(image, user)
        if mine is None:
            AnnotationSet.objects.get_or_create(main_of=image, defaults={"image": image})
        rows = AnnotationSet.objects.filter(pk=mine.pk) if mine else AnnotationSet.objects.filter(main_of=image)
        reviewed = Q(opened_for__in=REVIEWING, opened_at__gt=moment - OPEN_FOR)
        taken = {"opened_by": user, "opened_at": moment, "opened_for": "", "opened_in": None}
        rows.exclude(opened_by=user).exclude(reviewed).update(**taken)
        if rows.filter(opened_by=user).update(opened_at=moment):
            worked_on.send(sender=AnnotationSet, image=image, user=user)


def create(
    image: Image,
    user: User,
    *,
    version: int,
    uid: UUID,
    category: int,
    counts: str,
    clicks: Sequence[Click],
    z: int | None = None,
    attributes: Mapping[str, Any] | None = None,
    crowd: bool = False,
) -> tuple[int, Annotation, bool]:
    """Keep a new object; without `z` over all others.

    Returns: the version it made, the annotation, and whether it is new (False: this very object was kept before).
    Raises: ApiError 400 for bad content; 409 `conflict` for a stale version; 409 `exists` for a `uid` that was kept
    with other content; 422 `overlap` in a panoptic project.
    """
    asked = Created(uid, category, counts, clicks, z, attributes, crowd)
    fields = _fields(image, asked)
    with transaction.atomic():
        kept = sets.locked(image, user)
        known = kept.annotations.select_related("category", "created_by").filter(uid=uid).first()
        made = _made_before(kept, user, version, [asked], [fields])
        if made and known is not None:
            return made[0].version, _as_made(known, made[0]), False
        compare_open(kept, user, version)
        if known is not None and _same(known, fields):
            return kept.version, known, False
        if known is not None:
            message = "This object is already kept with other content; change that one."
            raise ApiError(409, "exists", message, **now(kept))
        annotation = _create(kept, user, uid, fields)
        overlaps.check(kept, [annotation])
        tell(kept, user)
        return kept.version, annotation, True


def change(
    annotation: Annotation,
    user: User,
    *,
    version: int,
    category: int | None = None,
    counts: str | None = None,
    clicks: Sequence[Click] | None = None,
    z: int | None = None,
    attributes: Mapping[str, Any] | None = None,
    crowd: bool | None = None,
) -> tuple[int, Annotation]:
    """Change what is given of a kept object. Content that is already there makes no new version.

    Returns: the version it made and the annotation. Raises: ApiError 400, 409 `conflict`, 422 `overlap`; Http404 when
    it is deleted.
    """
    image = annotation.set.image
    asked = Changed(annotation.uid, category, counts, clicks, z, attributes, crowd)
    fields = _fields(image, asked, annotation)
    with transaction.atomic():
        kept = sets.locked(image, user)
        found = kept.annotations.select_related("category", "created_by").filter(pk=annotation.pk).first()
        made = _made_before(kept, user, version, [asked], [fields])
        if made and found is not None:
            return made[0].version, _as_made(found, made[0])
        compare_open(kept, user, version)
        if found is None:
            raise Http404(GONE)
        if not _same(found, fields):
            _change(kept, user, found, fields)
            overlaps.check(kept, [found] if "counts" in fields else [])
            tell(kept, user)
        return kept.version, found


@transaction.atomic
def delete(annotation: Annotation, user: User, *, version: int) -> int:
    """Delete a kept object; the log keeps its content. Returns the version it made. Raises: ApiError 409, Http404."""
    kept = sets.locked(annotation.set.image, user)
    compare_open(kept, user, version)
    found = kept.annotations.select_related("category", "created_by").filter(pk=annotation.pk).first()
    if found is None:
        raise Http404(GONE)
    _delete(kept, user, found)
    tell(kept, user)
    return kept.version


def change_many(
    image: Image, user: User, *, version: int, changes: Sequence[ObjectChange], main: bool = False
) -> tuple[int, list[Annotation]]:
    """Carry out changes that belong together, all or none: merging, splitting, taking pixels from others.

    Each is an event of its own; what changes nothing is none. main: of the image's labels, also where the user has an
    opinion of it.
    Returns: the version they made, and the objects that were created or changed, in the order given.
    Raises: ApiError 400, 409 `conflict`, 404 `gone` for an object that is not there, 422 `overlap`.
    """
    uids = [one.uid for one in changes]
    if len(set(uids)) < len(uids):
        raise ApiError(400, "bad_request", "changes: each object may be there once.")
    seen = AnnotationSet.objects.filter(main_of=image).first() if main else sets.working_set(image, user)
    there = {one.uid: one for one in seen.annotations.filter(uid__in=uids)} if seen else {}
    fields = [{} if isinstance(one, Deleted) else _fields(image, one, there.get(one.uid)) for one in changes]
    with transaction.atomic():
        kept = sets.locked_main(image) if main else sets.locked(image, user)
        rows = kept.annotations.select_related("category", "created_by").filter(uid__in=uids)
        there = {one.uid: one for one in rows}
        made = _made_before(kept, user, version, changes, fields)
        left = [one for one in changes if not isinstance(one, Deleted)]
        if made and all(one.uid in there for one in left):
            return made[-1].version, [_at(kept, there[one.uid], made[-1].version) for one in left]
        compare_open(kept, user, version)
        carried = [
            _carry_out(kept, user, one, given, there.get(one.uid)) for one, given in zip(changes, fields, strict=True)
        ]
        results = [one for one in carried if one is not None]
        overlaps.check(kept, [one for one in results if one.uid in _reshaped(changes)])
        tell(kept, user)
        return kept.version, results


def _reshaped(changes: Sequence[ObjectChange]) -> set[UUID]:
    """The objects whose masks are given."""
    return {one.uid for one in changes if not isinstance(one, Deleted) and one.counts is not None}


@transaction.atomic
def set_status(
    image: Image, user: User, *, version: int, status: str, reason: str = "", main: bool = False
) -> AnnotationSet:
    """Say how far the image is; *skipped* has a reason. The status that it has already makes no new version. main: as
    in `change_many`.

    Returns: the set, with the version this made. Raises: ApiError 400, 409.
    """
    reason = " ".join(reason.split())
    if (status == Status.SKIPPED) != bool(reason):
        raise ApiError(400, "bad_reason", "reason: say why the image is skipped; any other status has none.")
    kept = sets.locked_main(image) if main else sets.locked(image, user)
    after = _status(status, reason)
    if retried(kept, user, version, Kind.STATUS, **after):
        kept.version, kept.status, kept.reason = version + 1, Status(status), reason
        return kept
    compare_open(kept, user, version)
    before = _status(kept.status, kept.reason)
    if before != after:
        if kept.status == Status.SENT_BACK and status not in (Status.DONE, Status.SKIPPED):
            text = "A reviewer sent this image back. Finish it again once it is fixed."
            raise ApiError(409, "sent_back", text, **now(kept))
        kept.status, kept.reason = Status(status), reason
        if status == Status.DONE:
            kept.finished_by, kept.finished_at = user, timezone.now()
        record(kept, user, Kind.STATUS, before, after)
        tell(kept, user)
    return kept


@transaction.atomic
def set_note(image: Image, user: User, *, version: int, text: str) -> AnnotationSet:
    """Say something about the image. The note that is there already makes no new version.

    Returns: the set, with the version this made. Raises: ApiError 409.
    """
    kept, text = sets.locked(image, user), text.strip()
    if kept.note == text and retried(kept, user, version, Kind.NOTE, note=text):
        kept.version = version + 1
        return kept
    compare(kept, version)
    if kept.note != text:
        before, kept.note, kept.note_by = kept.note, text, user if text else None
        record(kept, user, Kind.NOTE, {"note": before}, {"note": text})
        tell(kept, user)
    return kept


def _status(status: str, reason: str) -> dict[str, str]:
    """How far an image is, as the log has it."""
    return {"status": str(status), "reason": reason} if reason else {"status": str(status)}


def _fields(image: Image, given: Created | Changed, before: Annotation | None = None) -> dict[str, Any]:
    """Checked model fields for what is given. Called before the lock is taken: a large mask takes a while to check."""
    fields: dict[str, Any] = {}
    if given.category is not None:
        fields["category"] = category_numbered(given.category, image)
    if given.counts is not None:
        fields |= _mask_fields(checked_mask(given.counts, image))
    if given.clicks is not None:
        fields["clicks"] = checked_clicks(list(given.clicks), image)
    if given.z is not None:
        fields["z"] = given.z
    if given.crowd is not None:
        fields["crowd"] = given.crowd
    if given.attributes is not None:
        fields["attributes"] = checked_values(image.project, given.attributes, before.attributes if before else {})
    return fields


def _mask_fields(mask: Mask) -> dict[str, Any]:
    x, y, width, height = mask.box.as_list()
    box = {"bbox_x": x, "bbox_y": y, "bbox_width": width, "bbox_height": height}
    return {"counts": mask.counts, "area": mask.area, **box}


def _same(annotation: Annotation, fields: dict[str, Any]) -> bool:
    return all(getattr(annotation, name) == value for name, value in fields.items())


def _create(kept: AnnotationSet, user: User, uid: UUID, fields: dict[str, Any]) -> Annotation:
    if "z" not in fields:
        highest = kept.annotations.aggregate(highest=Max("z"))["highest"]
        fields = {**fields, "z": 0 if highest is None else highest + Z_GAP}
    annotation = Annotation.objects.create(set=kept, uid=uid, created_by=user, **fields)
    record(kept, user, Kind.CREATE, None, payload(annotation))
    return annotation


def _change(kept: AnnotationSet, user: User, annotation: Annotation, fields: dict[str, Any]) -> None:
    before = payload(annotation)
    for name, value in fields.items():
        setattr(annotation, name, value)
    annotation.save()
    record(kept, user, Kind.CHANGE, before, payload(annotation))


def _delete(kept: AnnotationSet, user: User, annotation: Annotation) -> None:
    before = payload(annotation)
    annotation.delete()
    record(kept, user, Kind.DELETE, before, None)


def _carry_out(
    kept: AnnotationSet, user: User, one: ObjectChange, fields: dict[str, Any], found: Annotation | None
) -> Annotation | None:
    """One of several changes. Raises: ApiError 409 `exists`, 404 `gone`."""
    if isinstance(one, Created):
        if found is not None:
            raise ApiError(409, "exists", "This object is already kept; change that one.", **now(kept))
        return _create(kept, user, one.uid, fields)
    if found is None:
        raise ApiError(404, "gone", GONE)
    if isinstance(one, Deleted):
        _delete(kept, user, found)
        return None
    if not _same(found, fields):
        _change(kept, user, found, fields)
    return found


def _made_before(
    kept: AnnotationSet,
    user: User,
    version: int,
    changes: Sequence[ObjectChange],
    fields: Sequence[dict[str, Any]],
) -> list[AnnotationEvent]:
    """The events that this very request made when it came before; empty when it did not, or changed nothing then.

    They are those right after `version`, one a change and in its order; a change without one changed nothing.
    """
    if kept.version <= version:
        return []
    log = list(kept.events.filter(version__gt=version, version__lte=version + len(changes)).order_by("version"))
    made: list[AnnotationEvent] = []
    for one, given in zip(changes, fields, strict=True):
        event = log[len(made)] if len(made) < len(log) else None
        if event is not None and event.user_id == user.pk and _is_of(event, one, given):
            made.append(event)
        elif not isinstance(one, Changed) or not _stood(kept, one.uid, version + len(made), given):
            return []
    return made


def _is_of(event: AnnotationEvent, one: ObjectChange, fields: dict[str, Any]) -> bool:
    """Whether the event is what this change makes."""
    kinds = {Created: Kind.CREATE, Changed: Kind.CHANGE, Deleted: Kind.DELETE}
    content = (event.before if isinstance(one, Deleted) else event.after) or {}
    return event.kind == kinds[type(one)] and content.get("uid") == str(one.uid) and _logged(content, fields)


def _logged(content: Mapping[str, Any], fields: dict[str, Any]) -> bool:
    """Whether an object as the log has it has these fields. Area and box follow from the mask."""
    asked: dict[str, Any] = {name: fields[name] for name in _LOGGED if name in fields}
    if "category" in fields:
        asked["category"] = fields["category"].number
    return all(content.get(name, _EARLIER.get(name)) == value for name, value in asked.items())


def _then(kept: AnnotationSet, uid: UUID, version: int) -> AnnotationEvent | None:
    """The event that made an object what it was at a version."""
    return kept.events.filter(version__lte=version, after__uid=str(uid)).order_by("version").last()


def _stood(kept: AnnotationSet, uid: UUID, version: int, fields: dict[str, Any]) -> bool:
    """Whether the object had these fields at that version already."""
    event = _then(kept, uid, version)
    return event is not None and _logged(event.after or {}, fields)


def _at(kept: AnnotationSet, found: Annotation, version: int) -> Annotation:
    """The object as it was at a version, not to be saved."""
    event = _then(kept, found.uid, version)
    return found if event is None else _as_made(found, event)


def _as_made(found: Annotation, event: AnnotationEvent) -> Annotation:
    """The object as the event left it, not to be saved."""
    after: dict[str, Any] = event.after or {}
    found.bbox_x, found.bbox_y, found.bbox_width, found.bbox_height = after["bbox"]
    for name in ("area", *_LOGGED):
        if name in after:  # what an older version logged may have fewer
            setattr(found, name, after[name])
    if found.category.number != after["category"]:
        number, project = after["category"], found.category.project_id
        found.category = Category.objects.filter(project=project, number=number).first() or found.category
    found.changed_at = datetime.fromisoformat(after["changed_at"])
    return found
