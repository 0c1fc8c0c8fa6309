"""Answers of the API for lots, turns, work and actions on many images."""

from typing import Annotated

from labeling.assignment.models import Lot, Slot
from labeling.assignment.specs import Action, SeenImage
from labeling.assignment.work import LotProgress, Piles, Work
from labeling.web.routes import Answer, Moment, values_of

OrderName = Annotated[Lot.Order, values_of(Lot.Order)]
SlotKind = Annotated[Slot.Kind, values_of(Slot.Kind)]


class LotData(Answer):
    """A lot. Numbers are of turns at labeling: of images where one person labels each. `closed` ones are finished or
    skipped, `held` ones somebody has now, `reserved` ones wait for a person."""

    id: int
    name: str
    is_default: bool
    priority: int
    due: str | None
    folds: int
    order: OrderName
    is_closed: bool
    total: int
    closed: int
    held: int
    reserved: int

    @classmethod
    def of(cls, one: LotProgress) -> "LotData":
        lot = one.lot
        return cls(
            id=lot.pk, name=lot.name, is_default=lot.is_default, priority=lot.priority,
            due=lot.due.isoformat() if lot.due else None, folds=lot.folds, order=Lot.Order(lot.order),
            is_closed=lot.closed_at is not None, total=one.total, closed=one.closed, held=one.held,
            reserved=one.reserved,
        )  # fmt: skip


class LabelerData(Answer):
    """Somebody who may label in a project."""

    id: int
    name: str


class LotList(Answer):
    """The lots of a project, those that are handed out first first; and who may label."""

    results: list[LotData]
    people: list[LabelerData]


class LotDeleted(Answer):
    """The id of a lot that is deleted."""

    deleted: int


class HeldData(Answer):
    """A turn that somebody holds now."""

    id: int
    image: int
    image_name: str
    kind: SlotKind
    lot: str
    person: str
    until: Moment

    @classmethod
    def of(cls, slot: Slot) -> "HeldData":
        return cls(
            id=slot.pk, image=slot.image_id, image_name=slot.image.name, kind=Slot.Kind(slot.kind), lot=slot.lot.name,
            person=slot.held_by.shown_name if slot.held_by else "", until=slot.held_until.isoformat() if slot.held_until
            else "",
        )  # fmt: skip


class HeldList(Answer):
    """The turns that people hold in a project, at most 200."""

    results: list[HeldData]


class Freed(Answer):
    """Whether the turn was taken back; false: nobody held it any more."""

    freed: bool


class RefusedImage(Answer):
    """An image that was not changed, and why."""

    id: int
    name: str
    code: str
    message: str


class UndoStep(Answer):
    """What takes a part of an action back: the body of another request."""

    action: Action
    images: list[SeenImage]


class BulkDone(Answer):
    """What became of the images. `refused` says how many were not changed and `why` names the first of them; `next`
    is the `after` of the request that goes on, null at the end; `undo`: what takes it back."""

    done: int
    refused: int
    why: list[RefusedImage]
    next: int | None
    undo: list[UndoStep]


class PilesData(Answer):
    """Where the work of a project piles up, in images: whoever they are reserved for, or sent back to."""

    unassigned: int
    to_fix: int
    to_review: int
    oldest_review: Moment | None
    to_resolve: int

    @classmethod
    def of(cls, piles: Piles) -> "PilesData":
        return cls(
            unassigned=piles.unassigned, to_fix=piles.to_fix, to_review=piles.to_review,
            oldest_review=piles.oldest_review.isoformat() if piles.oldest_review else None, to_resolve=piles.to_resolve,
        )  # fmt: skip


class WorkData(Answer):
    """What waits for the signed-in person in a project, in images. `sent_back` to them; `begun` by them; `reserved` for
    them; `pool`: for anybody; `in_review`: theirs that wait for a reviewer; `to_review`: that they can review;
    `to_resolve`: whose opinions differ, for who may decide.
    `piles`: of all people, for who may assign; else null."""

    project: int
    name: str
    sent_back: int
    begun: int
    reserved: int
    pool: int
    in_review: int
    to_review: int
    returned: int
    to_resolve: int
    oldest_review: Moment | None
    piles: PilesData | None
    lots: list[LotData]

    @classmethod
    def of(cls, work: Work) -> "WorkData":
        return cls(
            project=work.project.pk, name=work.project.name, sent_back=work.sent_back, begun=work.begun,
            reserved=work.reserved, pool=work.pool, in_review=work.in_review, to_review=work.to_review,
            returned=work.returned, to_resolve=work.to_resolve,
            oldest_review=work.oldest_review.isoformat() if work.oldest_review else None,
            piles=PilesData.of(work.piles) if work.piles else None, lots=[LotData.of(one) for one in work.lots],
        )  # fmt: skip


class WorkList(Answer):
    """What waits for the signed-in person, in projects where something does."""

    results: list[WorkData]
