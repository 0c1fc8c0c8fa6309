"""What waits for somebody, project by project: their own work, reviews, and for managers where it piles up.

All of it comes from slots and sets in as many queries for one project as for fifty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from labeling.accounts.models import User
from labeling.assignment.models import Lot, Slot, Touched
from labeling.assignment.turns import begun_by, not_for, unprepared
from labeling.images.models import Image
from labeling.projects.access import May, Standing
from labeling.projects.models import Project

Kind, State = Slot.Kind, Slot.State
LOTS_SHOWN = 3


@dataclass(frozen=True)
class LotProgress:
    """A lot in numbers of turns at labeling: for one annotator an image, images."""

    lot: Lot
    total: int
    closed: int
    held: int
    reserved: int

    @property
    def due(self) -> date | None:
        """The day by which it is to be finished."""
        return self.lot.due


@dataclass
class Piles:
    """Where the work of a project piles up, for who assigns it, in images."""

    unassigned: int = 0
    to_fix: int = 0
    to_review: int = 0
    oldest_review: datetime | None = None
    to_resolve: int = 0


@dataclass
class Work:
    """What waits for somebody in a project. `piles`: of all people, where they may assign; else None."""

    project: Project
    standing: Standing
    sent_back: int = 0
    begun: int = 0
    reserved: int = 0
    pool: int = 0
    in_review: int = 0
    to_review: int = 0
    oldest_review: datetime | None = None
    returned: int = 0
    to_resolve: int = 0
    piles: Piles | None = None
    lots: list[LotProgress] = field(default_factory=list)

    @property
    def can_label(self) -> bool:
        """Whether they may label here."""
        return self.standing.can(May.LABEL)

    @property
    def to_do(self) -> int:
        """Images that they can label or fix now."""
        return self.sent_back + self.begun + self.reserved + self.pool

    @property
    def any(self) -> bool:
        """Whether anything waits for them."""
        return bool(self.to_do or self.to_review or self.to_resolve)


def work_of(user: User, projects: Sequence[tuple[Project, Standing]]) -> list[Work]:
    """What waits for somebody in each of `projects`, in their order."""
    found = {project.pk: Work(project, standing) for project, standing in projects}
    labeled = [pk for pk, one in found.items() if one.standing.can(May.LABEL)]
    reviewed = [pk for pk, one in found.items() if one.standing.can(May.REVIEW)]
    managed = [pk for pk, one in found.items() if one.standing.can(May.ASSIGN)]
    resolved = [pk for pk, one in found.items() if one.standing.can(May.MANAGE)]
    if labeled:
        _own(user, labeled, found)
    if reviewed:
        _reviews(user, reviewed, found)
    if resolved:  # in closed lots, too: nobody is handed these, they are chosen from a list
        waiting = Slot.objects.filter(lot__project__in=resolved, kind=Kind.RESOLVE).exclude(state=State.CLOSED)
        _put(found, "to_resolve", waiting.values_list("lot__project").annotate(Count("pk")))
    if managed:
        _piles(managed, found)
    for progress in lots_of(list(found)):
        work = found[progress.lot.project_id]
        if progress.lot.closed_at is None and progress.closed < progress.total and len(work.lots) < LOTS_SHOWN:
            work.lots.append(progress)
    return list(found.values())


def _own(user: User, ids: list[int], found: dict[int, Work]) -> None:
    mine = _open(ids).filter(member=user)
    _put(found, "sent_back", mine.filter(kind=Kind.FIX).values_list("lot__project").annotate(Count("pk")))
    begun = begun_by(user)
    labeling = _current(ids).filter(kind=Kind.LABEL)
    own = labeling.filter(Q(state=State.HELD, held_by=user) | (Q(state=State.OPEN) & begun))
    _put(found, "begun", own.values_list("lot__project").annotate(Count("pk")))
    failed = unprepared()
    reserved = mine.filter(kind=Kind.LABEL).exclude(begun).exclude(failed)
    _put(found, "reserved", reserved.values_list("lot__project").annotate(Count("pk")))
    free = _open(ids).filter(kind=Kind.LABEL, member=None).exclude(not_for(user))
    _put(found, "pool", free.filter(lot__folds=1).values_list("lot__project").annotate(Count("pk")))
    # What they began, or can't be prepared, is a few rows: taking it off is cheaper than to look at every free image.
    for pk, count in free.filter(begun | failed, lot__folds=1).values_list("lot__project").annotate(Count("pk")):
        found[pk].pool -= count
    touched = Exists(Touched.objects.filter(user=user, image=OuterRef("image")))
    blind = free.filter(~touched, lot__folds__gt=1).exclude(failed)
    blind = blind.exclude(image__in=mine.filter(kind=Kind.LABEL).values("image"))  # one turn at an image
    for pk, count in blind.values_list("lot__project").annotate(Count("image", distinct=True)):
        found[pk].pool += count
    waiting = _current(ids).filter(kind=Kind.REVIEW, image__annotation_set__finished_by=user)
    _put(found, "in_review", waiting.values_list("lot__project").annotate(Count("pk")))


def _reviews(user: User, ids: list[int], found: dict[int, Work]) -> None:
    touched = Exists(Touched.objects.filter(user=user, image=OuterRef("image")))
    waiting = _open(ids).filter(Q(member=None) | Q(member=user), kind=Kind.REVIEW).exclude(touched)
    again = Count("pk", filter=Q(image__annotation_set__round__gte=1))
    rows = waiting.values_list("lot__project").annotate(count=Count("pk"), oldest=Min("made_at"), again=again)
    for pk, count, oldest, returned in rows:
        found[pk].to_review, found[pk].oldest_review, found[pk].returned = count, oldest, returned


def _piles(ids: list[int], found: dict[int, Work]) -> None:
    piles = {pk: Piles() for pk in ids}
    free = Q(kind=Kind.LABEL, state=State.OPEN, member=None)
    rows = _current(ids).filter(free | Q(kind__in=(Kind.FIX, Kind.REVIEW, Kind.RESOLVE)))
    for pk, kind, count, oldest in rows.values_list("lot__project", "kind").annotate(Count("pk"), Min("made_at")):
        one = piles[pk]
        match kind:
            case Kind.LABEL:
                one.unassigned = count
            case Kind.FIX:
                one.to_fix = count
            case Kind.REVIEW:
                one.to_review, one.oldest_review = count, oldest
            case Kind.RESOLVE:
                one.to_resolve = count
    for pk in ids:
        found[pk].piles = piles[pk]


def _put(found: dict[int, Work], name: str, counted: Any) -> None:
    for pk, count in counted.order_by():
        setattr(found[pk], name, count)


def _current(ids: list[int]) -> QuerySet[Slot]:
    return Slot.objects.filter(lot__project__in=ids, lot__closed_at=None).exclude(state=State.CLOSED).order_by()


def _open(ids: list[int]) -> QuerySet[Slot]:
    return Slot.objects.filter(lot__project__in=ids, lot__closed_at=None, state=State.OPEN).order_by()


def lots_of(project_ids: Sequence[int]) -> list[LotProgress]:
    """How far the lots of projects are, in two queries; those that come first first.

    Turns at golden images are not among them: there is one more whenever somebody gets one.
    """
    golden = Image.objects.filter(project__in=project_ids, golden=True).values("pk")
    turns = Slot.objects.filter(lot__project__in=project_ids, kind=Kind.LABEL).exclude(image__in=golden).order_by()
    rows = turns.values("lot").annotate(
        total=Count("pk"),
        closed=Count("pk", filter=Q(state=State.CLOSED)),
        held=Count("pk", filter=Q(state=State.HELD)),
        reserved=Count("pk", filter=Q(state=State.OPEN, member__isnull=False)),
    )
    counted = {row["lot"]: (row["total"], row["closed"], row["held"], row["reserved"]) for row in rows}
    lots = Lot.objects.filter(project__in=project_ids)
    return [LotProgress(lot, *counted.get(lot.pk, (0, 0, 0, 0))) for lot in lots]
