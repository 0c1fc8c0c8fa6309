"""What managers do with lots, and with turns that people hold."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, F, QuerySet
from django.db.models.functions import Cast, Random
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.assignment.lots import RANDOM
from labeling.assignment.models import Lot, Slot
from labeling.assignment.turns import FREE
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.projects.access import May, who_may
from labeling.projects.models import Project
from labeling.web.api import ApiError

MOST_FOLDS = 20


def eligible(project: Project) -> QuerySet[User]:
    """The members who may label."""
    members = project.memberships.filter(role__in=who_may(May.LABEL), user__is_active=True)
    return User.objects.filter(pk__in=members.values("user")).order_by("first_name", "username")


def create_lot(
    project: Project, user: User, *, name: str, priority: int = 0, due: date | None = None, folds: int = 1,
    order: str = Lot.Order.UPLOAD,
) -> Lot:  # fmt: skip
    """Make an empty lot. Raises: ApiError 400 `bad_name`, 409 `name_taken`, 409 `too_few_people`."""
    name = _checked_name(name)
    check_folds(project, folds)
    try:
        with transaction.atomic():
            lot = Lot.objects.create(
                project=project, created_by=user, name=name, priority=priority, due=due, folds=folds, order=order
            )
            record(Action.LOT_CREATED, by=user, about=lot, project=project, people_for_each_image=folds)
            return lot
    except IntegrityError as error:
        raise _taken(name) from error


def check_folds(project: Project, folds: int) -> None:
    """Raises: ApiError 409 `too_few_people` when fewer people may label than each image needs."""
    people = eligible(project).count()
    if folds > people:
        raise ApiError(
            409,
            "too_few_people",
            f"{folds} people are to label each image, but {people} may label in this project. "
            f"Add {folds - people} more first, or choose fewer.",
        )


def change_lot(lot: Lot, **fields: Any) -> Lot:
    """Change what is given: `name`, `priority`, `due`, `folds`, `order`, `closed`.

    Raises: ApiError as `create_lot`; 409 `has_images` for other folds of a lot with images.
    """
    with transaction.atomic():
        lot = Lot.objects.select_for_update().get(pk=lot.pk)
        if "name" in fields:
            lot.name = _checked_name(fields["name"])
        if fields.get("folds", lot.folds) != lot.folds:
            if lot.slots.exists():
                text = "This lot has images already. Make a new lot for another number of people, and move them there."
                raise ApiError(409, "has_images", text)
            check_folds(lot.project, fields["folds"])
            lot.folds = fields["folds"]
        if fields.get("order", lot.order) != lot.order:
            lot.order = fields["order"]
            _rank_again(lot)
        if fields.get("closed", lot.closed_at is not None) != (lot.closed_at is not None):
            record(Action.LOT_CLOSED if fields["closed"] else Action.LOT_REOPENED, about=lot, project=lot.project)
        if "closed" in fields:
            lot.closed_at = (lot.closed_at or timezone.now()) if fields["closed"] else None
        for one in ("priority", "due"):
            if one in fields:
                setattr(lot, one, fields[one])
        try:
            with transaction.atomic():
                lot.save()
        except IntegrityError as error:
            raise _taken(lot.name) from error
    return lot


def _rank_again(lot: Lot) -> None:
    """Put the turns that are not ended into the lot's order."""
    rank: Any = F("image_id")
    if lot.order == Lot.Order.RANDOM:
        rank = Cast(Random() * RANDOM, BigIntegerField())
    lot.slots.exclude(state=Slot.State.CLOSED).update(rank=rank)


def delete_lot(lot: Lot) -> None:
    """Delete an empty lot. Raises: ApiError 409 `default_lot`, 409 `has_images`."""
    with transaction.atomic():
        lot = Lot.objects.select_for_update().get(pk=lot.pk)
        if lot.is_default:
            raise ApiError(409, "default_lot", "New images go into this lot, so it can't be deleted.")
        if lot.slots.exists():
            raise ApiError(409, "has_images", "Only an empty lot can be deleted. Move its images into another one.")
        record(Action.LOT_DELETED, about=lot, project=lot.project)
        lot.delete()


def held(project: Project) -> QuerySet[Slot]:
    """The turns that people hold now, the longest first."""
    slots = Slot.objects.filter(lot__project=project, state=Slot.State.HELD, held_until__gt=timezone.now())
    return slots.select_related("image", "held_by", "lot").defer("image__source").order_by("held_until", "pk")


def free(slot: Slot) -> bool:
    """Take a turn back from who holds it; what they saved stays. False when nobody held it any more."""
    taken = Slot.objects.filter(pk=slot.pk, state=Slot.State.HELD)
    if not taken.update(state=Slot.State.OPEN, **FREE):
        return False
    AnnotationSet.objects.filter(opened_in=slot.pk).update(
        opened_by=None, opened_at=None, opened_for="", opened_in=None
    )
    return True


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 120:
        raise ApiError(400, "bad_name", "name: give the lot a name of 1 to 120 characters.")
    return name


def _taken(name: str) -> ApiError:
    return ApiError(409, "name_taken", f"There is a lot “{name}” already. Choose another name.")
