"""Keeping objects. Every change is one transaction: lock the set, compare the version, write, raise it, log it.

A request that was carried out but whose answer got lost may be sent again: it changes nothing and is answered with
the version *it* made and the objects as they were then, not with the newest ones. So its writer still has to see what
others did after it, the same person in another tab too. It is told by the log: the events right after the version that
it names are the ones that it asks for. (A deletion that is sent again finds no object: 404, and its writer loads.)
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, cast
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
    Definitions,
    Deleted,
    Mask,
    ObjectChange,
    checked_clicks,
    checked_mask,
)
from labeling.annotations.log import OBJECTS
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.annotations.signals import worked_on
from labeling.annotations.versions import (
    OPEN_FOR,
    REVIEWING,
    Change,
    compare,
    compare_open,
    now,
    overview,
    payload,
    record,
    record_all,
    retried,
    tell,
)
from labeling.database.locks import hold
from labeling.images.models import Image
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
    (fields,) = _fields(image, [asked], {})
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
        (annotation,) = _carry_out(kept, user, [asked], [fields], {})
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
    (fields,) = _fields(image, [asked], {asked.uid: annotation})
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
            _carry_out(kept, user, [asked], [fields], {found.uid: found})
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
    _carry_out(kept, user, [Deleted(found.uid)], [{}], {found.uid: found})
    tell(kept, user)
    return kept.version


def change_many(
    image: Image,
    user: User,
    *,
    version: int,
    changes: Sequence[ObjectChange],
    main: bool = False,
) -> tuple[int, list[Annotation]]:
    """Carry out changes that belong together, all or none: merging, splitting, taking pixels from others.

    Each is an event of its own; what changes nothing is none. Many new objects cost as many queries as one does.
    main: of the image's labels, also where the user has an opinion of it.
    Returns: the version they made, and the objects that were created or changed, in the order given.
    Raises: ApiError 400, 409 `conflict`, 404 `gone` for an object that is not there, 422 `overlap`.
    """
    uids = _uids(changes)
    seen = AnnotationSet.objects.filter(main_of=image).first() if main else sets.working_set(image, user)
    there = {one.uid: one for one in seen.annotations.filter(uid__in=uids)} if seen else {}
    fields = _fields(image, changes, there)
    with transaction.atomic():
        kept = sets.locked_main(image.pk) if main else sets.locked(image, user)
        there = _there(kept, uids)
        made = _made_before(kept, user, version, changes, fields)
        left = [one for one in changes if not isinstance(one, Deleted)]
        if made and all(one.uid in there for one in left):
            return made[-1].version, [_at(kept, there[one.uid], made[-1].version) for one in left]
        compare_open(kept, user, version)
        results = _change_all(kept, user, changes, fields, there, None)
        return kept.version, results


def change_locked(
    kept: AnnotationSet, user: User, changes: Sequence[ObjectChange], *, status: str | None = None
) -> list[Annotation]:
    """As `change_many`, of a set that its caller has locked and looked at, in the caller's transaction.

    status: how far the image is after them, not *skipped*; one that it has makes no version.
    Returns: the objects that were created or changed, in the order given. Raises: ApiError as `change_many`.
    """
    compare_open(kept, user, kept.version)
    there = _there(kept, _uids(changes))
    return _change_all(kept, user, changes, _fields(kept.image, changes, there), there, status)


def _change_all(
    kept: AnnotationSet,
    user: User,
    changes: Sequence[ObjectChange],
    fields: Sequence[dict[str, Any]],
    there: Mapping[UUID, Annotation],
    status: str | None,
) -> list[Annotation]:
    before = kept.version
    results, reshaped = _carry_out(kept, user, changes, fields, there), _reshaped(changes)
    overlaps.check(kept, [one for one in results if one.uid in reshaped])
    if status is not None:
        _set_status(kept, user, status, "")
    if kept.version > before:
        tell(kept, user)
    return results


def _uids(changes: Sequence[ObjectChange]) -> list[UUID]:
    """The objects that changes are about. Raises: ApiError 400."""
    uids = [one.uid for one in changes]
    if len(set(uids)) < len(uids):
        raise ApiError(400, "bad_request", "changes: each object may be there once.")
    return uids


def _there(kept: AnnotationSet, uids: Sequence[UUID]) -> dict[UUID, Annotation]:
    """Those of these objects that the set has."""
    if not kept.version:
        return {}
    rows = kept.annotations.select_related("category", "created_by").filter(uid__in=uids)
    return {one.uid: one for one in rows}


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
    kept = sets.locked_main(image.pk) if main else sets.locked(image, user)
    after = _status(status, reason)
    if retried(kept, user, version, Kind.STATUS, **after):
        kept.version, kept.status, kept.reason = version + 1, Status(status), reason
        return kept
    compare_open(kept, user, version)
    if _set_status(kept, user, status, reason):
        tell(kept, user)
    return kept


def _set_status(kept: AnnotationSet, user: User, status: str, reason: str) -> bool:
    """False for the status that the set has already. Raises: ApiError 409 `sent_back`."""
    before, after = _status(kept.status, kept.reason), _status(status, reason)
    if before == after:
        return False
    if kept.status == Status.SENT_BACK and status not in (Status.DONE, Status.SKIPPED):
        text = "A reviewer sent this image back. Finish it again once it is fixed."
        raise ApiError(409, "sent_back", text, **now(kept))
    kept.status, kept.reason = Status(status), reason
    if status == Status.DONE:
        kept.finished_by, kept.finished_at = user, timezone.now()
    record(kept, user, Kind.STATUS, before, after)
    return True


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


def _fields(image: Image, changes: Sequence[ObjectChange], there: Mapping[UUID, Annotation]) -> list[dict[str, Any]]:
    """Checked model fields for what each change gives. Called before the lock is taken: a large mask takes a while to
    check. there: the objects as they are."""
    given = [one for one in changes if not isinstance(one, Deleted)]
    known = Definitions(image, {one.category for one in given if one.category is not None})
    return [{} if isinstance(one, Deleted) else _fields_of(image, one, known, there.get(one.uid)) for one in changes]


def _fields_of(image: Image, given: Created | Changed, known: Definitions, before: Annotation | None) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if given.category is not None:
        fields["category"] = known.category(given.category)
    if given.counts is not None:
        fields |= _mask_fields(checked_mask(given.counts, image))
    if given.clicks is not None:
        fields["clicks"] = checked_clicks(list(given.clicks), image)
    if given.z is not None:
        fields["z"] = given.z
    if given.crowd is not None:
        fields["crowd"] = given.crowd
    if given.attributes is not None:
        fields["attributes"] = known.values(given.attributes, before.attributes if before else {})
    return fields


def _mask_fields(mask: Mask) -> dict[str, Any]:
    x, y, width, height = mask.box.as_list()
    box = {"bbox_x": x, "bbox_y": y, "bbox_width": width, "bbox_height": height}
    return {"counts": mask.counts, "area": mask.area, **box}


def _same(annotation: Annotation, fields: dict[str, Any]) -> bool:
    return all(getattr(annotation, name) == value for name, value in fields.items())


def _carry_out(
    kept: AnnotationSet,
    user: User,
    changes: Sequence[ObjectChange],
    fields: Sequence[dict[str, Any]],
    there: Mapping[UUID, Annotation],
) -> list[Annotation]:
    """Write changes and their events, in their order. there: the objects of the set that they name.

    Returns: the objects that are created or stay. Raises: ApiError 409 `exists`, 404 `gone`; then nothing is written.
    """
    order = _Order(kept, there)
    results: list[Annotation] = []
    steps: list[tuple[str, Any, Annotation]] = []
    for one, given in zip(changes, fields, strict=True):
        found = there.get(one.uid)
        if isinstance(one, Created):
            found = _made(kept, user, one.uid, given, found, order)
            steps.append((Kind.CREATE, None, found))
        elif found is None:
            raise ApiError(404, "gone", GONE)
        elif isinstance(one, Deleted):
            order.without(one.uid)
            steps.append((Kind.DELETE, payload(found), found))
            continue
        elif not _same(found, given):
            steps.append((Kind.CHANGE, payload(found), found))
            for name, value in given.items():
                setattr(found, name, value)
            order.put(one.uid, found.z)
        results.append(found)
    record_all(kept, user, _written(kept, steps))
    return results


def _made(
    kept: AnnotationSet, user: User, uid: UUID, fields: dict[str, Any], found: Annotation | None, order: "_Order"
) -> Annotation:
    """A new object that is not saved yet."""
    if found is not None:
        raise ApiError(409, "exists", "This object is already kept; change that one.", **now(kept))
    made = Annotation(set=kept, uid=uid, created_by=user, **fields)
    if "z" not in fields:
        made.z = order.top()
    order.put(uid, made.z)
    return made


def _written(kept: AnnotationSet, steps: Sequence[tuple[str, Any, Annotation]]) -> list[Change]:
    """Save and delete objects; what the log has to say of it."""
    of_kind = {kind: [found for name, _, found in steps if name == kind] for kind in OBJECTS}
    if of_kind[Kind.DELETE]:
        kept.annotations.filter(pk__in=[one.pk for one in of_kind[Kind.DELETE]]).delete()
    for one in of_kind[Kind.CHANGE]:
        one.save()
    Annotation.objects.bulk_create(of_kind[Kind.CREATE])
    return [(kind, before, None if kind == Kind.DELETE else payload(found)) for kind, before, found in steps]


class _Order:
    """The drawing order of a set while changes are carried out. there: the objects that they name."""

    def __init__(self, kept: AnnotationSet, there: Mapping[UUID, Annotation]) -> None:
        self._kept, self._named = kept, list(there)
        self._places = {uid: one.z for uid, one in there.items()}
        self._highest: int | None = None

    @cached_property
    def _others(self) -> int | None:
        """The highest of the objects that the changes do not name."""
        if not self._kept.version:
            return None
        others = self._kept.annotations.exclude(uid__in=self._named)
        return cast("int | None", others.aggregate(highest=Max("z"))["highest"])

    def top(self) -> int:
        """The place over all objects."""
        if self._highest is None:
            others = [] if self._others is None else [self._others]
            self._highest = max([*others, *self._places.values()], default=-Z_GAP)
        return self._highest + Z_GAP

    def put(self, uid: UUID, place: int) -> None:
        """An object is at this place from here on."""
        before = self._places.get(uid)
        self._places[uid] = place
        if self._highest is not None:
            self._highest = max(self._highest, place) if before is None or before < self._highest else None

    def without(self, uid: UUID) -> None:
        """An object is gone."""
        del self._places[uid]
        self._highest = None


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
