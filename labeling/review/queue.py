"""Which image a reviewer gets next, and how much waits."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.assignment.models import Slot, Touched
from labeling.assignment.turns import HOLD, free_late, held_by
from labeling.projects.models import Project

State = Slot.State


def waiting(project: Project, user: User) -> QuerySet[Slot]:
    """The slots that wait for the user's review: theirs by name, or anybody's whose work is not their own."""
    slots = Slot.objects.filter(lot__project=project, kind=Slot.Kind.REVIEW)
    mine = Q(member=user) | Q(member=None)
    return slots.filter(mine).exclude(image__in=Touched.objects.filter(user=user).values("image"))


def claim(project: Project, user: User, after: int | None = None) -> int | None:
    """Take the turn at the next image to review; None when nothing waits for the user.

    First what they hold, then what came back to them, then the pool in the order of its lots.
    """
    free_late()
    slots = waiting(project, user)
    if after is None:
        held = slots.filter(held_by(user)).values_list("image", flat=True).first()
        if held is not None:
            return held
    else:
        slots = slots.exclude(image=after)
    line = slots.filter(state=State.OPEN).order_by("-lot__priority", "lot_id", "rank", "pk")
    ahead = _behind(line, after)
    for part in (line.filter(member=user), *ahead):
        with transaction.atomic():
            row = part.select_for_update(of=("self",), skip_locked=True).first()
            if row is not None and Slot.objects.filter(pk=row.pk, state=State.OPEN).update(
                state=State.HELD, held_by=user, held_until=timezone.now() + HOLD
            ):
                return row.image_id
    return None


def _behind(line: QuerySet[Slot], after: int | None) -> tuple[QuerySet[Slot], ...]:
    if after is None:
        return (line,)
    return line.filter(image__gt=after), line.filter(image__lt=after)


def on_the_way(project: Project) -> int:
    """Images that are being labeled or fixed: they will wait for review."""
    begun = (AnnotationSet.Status.IN_PROGRESS, AnnotationSet.Status.SENT_BACK)
    return AnnotationSet.objects.filter(main_of__project=project, status__in=begun).count()
