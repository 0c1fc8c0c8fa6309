"""Turns at images: taking one, going on with it, ending it.

A turn is a held slot. It lasts `HOLD` from the last thing that its person did. The image's set says whose turn it is,
too (`opened_by`, `opened_for`, `opened_in`): whoever changes labels has that row locked anyway. The set is locked
before its slots, always.
"""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.annotations.sets import OPEN_FOR, opinion_of
from labeling.assignment.models import Slot, Touched
from labeling.features.models import Encoding
from labeling.images.models import Image

HOLD = OPEN_FOR
"""How long a turn lasts after its person did something last: defined in annotations/sets.py, as sets follow it too."""

Kind = Slot.Kind
State = Slot.State
WORK = (Kind.FIX, Kind.LABEL, Kind.RESOLVE)
"""Turns at which labels are made, the most pressing first."""

FREE = {"held_by": None, "held_until": None}


def free_late() -> int:
    """Open the slots again whose people went away; returns how many."""
    late = Slot.objects.filter(state=State.HELD, held_until__lte=timezone.now())
    return late.update(state=State.OPEN, **FREE) if late.exists() else 0


def held_by(user: User) -> Q:
    """Slots that the user holds."""
    return Q(state=State.HELD, held_by=user, held_until__gt=timezone.now())


def not_for(user: User) -> Q:
    """Slots whose labels the user does not get to see: of images that are hidden from them, and of the main set where
    they have an opinion. Handing one out would lead nowhere, or to labels of their own that are finished."""
    own = AnnotationSet.objects.filter(author=user, kind=AnnotationSet.Kind.OPINION).values("image")
    return Q(image__in=Image.out_of_sight(user).values("pk")) | Q(set=None, image__in=own)


def unprepared() -> Q:
    """Slots to label images that can't be prepared. Nobody can click there, so they are handed to nobody who has not
    begun them, until somebody has them tried again. They are a few, which an index finds."""
    failed = Encoding.objects.filter(state=Encoding.State.FAILED).values("image")
    return Q(kind=Kind.LABEL, image__in=failed)


def begun_by(user: User) -> Q:
    """Slots of images that the user began and left: their labels, or an opinion of theirs."""
    # Not by joins: what one person began is little, and the sets of all other slots need not be looked at.
    labels = AnnotationSet.objects.filter(
        status=AnnotationSet.Status.IN_PROGRESS, changed_by=user, main_of__isnull=False
    )
    return Q(image__in=labels.values("main_of")) | Q(set__in=AnnotationSet.objects.filter(author=user).values("pk"))


def go_on(image: Image, user: User) -> Slot | None:
    """Begin or go on with the user's turn at labeling an image; None when no turn is there for them now.

    Called whenever the user does something at the image. An opinion is made with the first turn at an image that
    several people label. Other turns at labeling that the user holds are given back: one at a time.
    """
    now = timezone.now()
    with transaction.atomic():
        slots = list(Slot.objects.select_for_update().filter(image=image, kind__in=WORK).exclude(state=State.CLOSED))
        mine = next((one for one in slots if one.state == State.HELD and one.held_by_id == user.pk), None)
        if mine is None:
            mine = _best(image, slots, user)
        if mine is None:
            return None
        began = mine.held_by_id != user.pk or mine.state != State.HELD
        mine.state, mine.held_by, mine.held_until = State.HELD, user, now + HOLD
        if mine.kind == Kind.LABEL and mine.lot.folds > 1 and mine.set_id is None:
            mine.set, _ = AnnotationSet.objects.get_or_create(image=image, author=user, kind=AnnotationSet.Kind.OPINION)
        mine.save(update_fields=["state", "held_by", "held_until", "set"])
        whose = Q(pk=mine.set_id) if mine.set_id else Q(main_of=image)
        mark = {"opened_for": mine.kind, "opened_in": mine.pk, "opened_by": user, "opened_at": now}
        AnnotationSet.objects.filter(whose).update(**mark)
        Touched.objects.get_or_create(image=image, user=user)
        if began:
            others = Slot.objects.filter(held_by(user), kind__in=WORK, lot__project=mine.lot.project_id)
            others.exclude(pk=mine.pk).update(state=State.OPEN, **FREE)
        return mine


def _best(image: Image, slots: list[Slot], user: User) -> Slot | None:
    """The turn that the user takes at an image: a fix of theirs, one reserved for them, one for anybody."""
    if opinion_of(image, user) is not None:
        slots = [one for one in slots if one.kind == Kind.RESOLVE or (one.set and one.set.author_id == user.pk)]
    now = timezone.now()
    free = [
        one
        for one in slots
        if (one.state == State.OPEN or (one.held_until is not None and one.held_until <= now))
        and one.member_id in (None, user.pk)
        and not (one.set_id and one.set and one.set.author_id != user.pk)
    ]
    ranked = sorted(free, key=lambda one: (WORK.index(Kind(one.kind)), one.member_id is None, one.fold))
    return ranked[0] if ranked else None


def give_back(user: User | int, project_id: int) -> int:
    """Free all turns that somebody holds in a project: they left. Their work stays. Returns how many."""
    slots = Slot.objects.filter(lot__project=project_id)
    reserved = slots.filter(member=user).exclude(state=State.CLOSED).update(member=None)
    return reserved + slots.filter(state=State.HELD, held_by=user).update(state=State.OPEN, **FREE)


def close(image: Image, kept: AnnotationSet, kinds: tuple[Slot.Kind, ...] = WORK) -> None:
    """End the turns at a set that are not ended. Its row has to be locked."""
    _of(image, kept).filter(kind__in=kinds).exclude(state=State.CLOSED).update(
        state=State.CLOSED, closed_at=timezone.now(), **FREE
    )


def reopen(image: Image, kept: AnnotationSet, user: User) -> None:
    """Work that was finished or skipped is taken up again by `user`, in the turn in which it was made last."""
    slots = _of(image, kept).filter(kind__in=(Kind.LABEL, Kind.RESOLVE))
    if slots.exclude(state=State.CLOSED).exists():
        return
    last = slots.order_by("-pk").first()
    if last is not None:
        held = {"state": State.HELD, "held_by": user, "held_until": timezone.now() + HOLD, "closed_at": None}
        Slot.objects.filter(pk=last.pk, state=State.CLOSED).update(**held)


def _of(image: Image, kept: AnnotationSet) -> QuerySet[Slot]:
    slots = Slot.objects.filter(image=image)
    return slots.filter(set=None) if kept.kind == AnnotationSet.Kind.MAIN else slots.filter(set=kept)
