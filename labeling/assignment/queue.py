"""Which image somebody gets next.

In this order: what was sent back to one; what one holds already; what is reserved for one; then the pool of each lot,
lots of higher priority and nearer due dates first. Images that are ready go before those still being prepared. `after`
goes forward from an image and wraps at the end, so that "next" never bounces between two unfinished images. Looking
ahead takes no turn; `claim` does, by one conditional update, so that no image is handed to two people.
"""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from labeling.accounts.models import User
from labeling.assignment import golden_turns
from labeling.assignment.models import Lot, Slot, Touched
from labeling.assignment.turns import FREE, HOLD, Kind, State, begun_by, free_late, held_by, not_for, unprepared
from labeling.features.models import Encoding
from labeling.projects.models import Project


def upcoming(project: Project, user: User, after: int | None = None, limit: int = 4) -> list[int]:
    """Ids of the next images to label for `user`, best first, at most `limit`; never `after` itself."""
    free_late()
    found: list[int] = []
    for slots in _lines(project, user, after):
        wanted = limit - len(found)
        found += [pk for pk in slots.values_list("image", flat=True)[: wanted + 1] if pk not in found][:wanted]
        if len(found) == limit:
            break
    return found


def waits(project: Project, user: User) -> bool:
    """Whether `claim` would find an image for `user`, in one query; nothing is taken."""
    slots = _for_user(project, user).filter(lot__closed_at=None, kind__in=(Kind.LABEL, Kind.FIX))
    late = Q(state=State.HELD, held_until__lte=timezone.now())
    free = (Q(state=State.OPEN) | late) & Q(member=None)
    touched = Exists(Touched.objects.filter(user=user, image=OuterRef("image")))
    pool = free & ~unprepared() & ~(Q(kind=Kind.LABEL, lot__folds__gt=1) & Q(touched))
    mine = (Q(state=State.OPEN) | late) & Q(member=user) & ~unprepared()
    begun = (Q(state=State.OPEN) | late) & (Q(member=None) | Q(member=user)) & begun_by(user)
    return slots.filter(held_by(user) | begun | mine | pool).exists()


def claim(project: Project, user: User, after: int | None = None) -> int | None:
    """Take the turn at the next image and return its id; None when nothing is left for `user`."""
    free_late()
    for slots in _lines(project, user, after):
        while True:
            with transaction.atomic():
                row = slots.select_for_update(of=("self",), skip_locked=True).first()
                if row is None:
                    break
                if (golden := golden_turns.take_instead(row, user)) is not None:
                    _leave_others(project, user, golden.pk)
                    return golden.image_id
                until = timezone.now() + HOLD
                taken = Slot.objects.filter(Q(state=State.OPEN) | Q(held_by=user), pk=row.pk)
                if taken.update(state=State.HELD, held_by=user, held_until=until):
                    _leave_others(project, user, row.pk)
                    return row.image_id
    return None


def _leave_others(project: Project, user: User, slot: int) -> None:
    """One turn at labeling at a time: what somebody left for another image is free again."""
    others = Slot.objects.filter(lot__project=project, held_by=user, state=State.HELD, kind=Kind.LABEL)
    others.exclude(pk=slot).update(state=State.OPEN, **FREE)


def _lines(project: Project, user: User, after: int | None) -> Iterator[QuerySet[Slot]]:
    """The user's lines of slots in a project, the first to be emptied first."""
    slots = _for_user(project, user).filter(lot__closed_at=None)
    slots = slots.exclude(image=after) if after else slots
    lots = list(project.lots.filter(closed_at=None))
    mine = slots.filter(state=State.OPEN, member=user)
    if after is None:
        yield slots.filter(held_by(user), kind=Kind.FIX).order_by("pk")
    yield mine.filter(kind=Kind.FIX).order_by("pk")  # before what one holds: the editor went there by itself
    if after is None:
        yield slots.filter(held_by(user), kind=Kind.LABEL).order_by("rank", "pk")
    yield slots.filter(state=State.OPEN, member=None, kind=Kind.FIX).order_by("pk")  # their authors are gone
    if after is None:
        yield _begun(slots, user)
    yield from _forward(mine.filter(kind=Kind.LABEL).exclude(unprepared()), after)
    for lot in lots:
        pool = slots.filter(state=State.OPEN, lot=lot, kind=Kind.LABEL, member=None).exclude(unprepared())
        if lot.folds > 1:
            pool = pool.exclude(image__in=Touched.objects.filter(user=user).values("image"))
        yield from _forward(pool.filter(ready=True), after)
    for lot in lots:  # what is still being prepared comes after all that is ready
        yield _being_prepared(slots.filter(state=State.OPEN, lot=lot, kind=Kind.LABEL, member=None, ready=False))


def _for_user(project: Project, user: User) -> QuerySet[Slot]:
    """The project's slots at which the user can work."""
    return Slot.objects.filter(lot__project=project).exclude(not_for(user))


def _begun(slots: QuerySet[Slot], user: User) -> QuerySet[Slot]:
    """What the user began and left."""
    free = slots.filter(Q(member=None) | Q(member=user), begun_by(user), state=State.OPEN, kind=Kind.LABEL)
    return free.order_by("rank", "pk")


def _forward(slots: QuerySet[Slot], after: int | None) -> Iterator[QuerySet[Slot]]:
    """The slots behind that of `after`, then those before it."""
    ordered = slots.order_by("rank", "image", "fold")
    here = Slot.objects.filter(image=after, kind=Kind.LABEL).values_list("rank", flat=True).first() if after else None
    if here is None:
        yield ordered
    else:
        behind = Q(rank__gt=here) | Q(rank=here, image__gt=after)
        yield ordered.filter(behind)
        yield ordered.exclude(behind)


def _being_prepared(slots: QuerySet[Slot]) -> QuerySet[Slot]:
    """Those at the front of the encode queue are ready soonest; those that can't be prepared never."""
    encoding = Case(When(image__encoding__state=Encoding.State.ENCODING, then=0), default=1)
    urgency = Coalesce("image__encoding__priority", 0)
    return slots.exclude(unprepared()).order_by(encoding, urgency.desc(), "rank", "fold", "pk")


def rank_by_doubt(image_id: int, doubt: float) -> None:
    """Put an image where its doubt (0 to 1) places it among its lot's: the least sure first, and all that no head has
    looked at after them. Written once, by the run that looked."""
    waiting = Slot.objects.filter(image=image_id, kind=Kind.LABEL, lot__order=Lot.Order.UPLOAD)
    waiting.exclude(state=State.CLOSED).update(rank=-round(doubt * 2**40))


def rank_by_upload(project_id: int) -> None:
    """Take the ranks by doubt back."""
    Slot.objects.filter(lot__project=project_id, kind=Kind.LABEL, rank__lt=0).update(rank=F("image_id"))
