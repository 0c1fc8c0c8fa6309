"""Slots follow images, features, work and members."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from labeling.accounts.models import User
from labeling.accounts.signals import deactivated
from labeling.annotations.log import OBJECTS
from labeling.annotations.models import ENDED, AnnotationEvent, AnnotationSet
from labeling.annotations.signals import events_logged, status_changed, worked_on
from labeling.assignment import lots, telling, turns
from labeling.assignment.models import Slot, Touched
from labeling.features.signals import features_ready
from labeling.images.models import Image
from labeling.projects.models import Membership

Status = AnnotationSet.Status
State = Slot.State


@receiver(post_save, sender=Image)
def queue_image(instance: Image, created: bool, **_: Any) -> None:
    """Every image can be labeled."""
    if created:
        lots.add_image(instance)


@receiver(features_ready)
def is_ready(image_id: int, **_: Any) -> None:
    """Ready images are handed out first."""
    Slot.objects.filter(image=image_id, ready=False).update(ready=True)


@receiver(worked_on)
def go_on(image: Image, user: User, **_: Any) -> None:
    """Whoever works on an image has the turn."""
    turns.go_on(image, user)


@receiver(status_changed)
def follow(kept: AnnotationSet, user: User, was: str, **_: Any) -> None:
    """Finished work ends its turns; taken up again, it has one."""
    if kept.status in ENDED:
        turns.close(kept.image, kept)
        telling.finished(kept.image_id, user)
    elif was in ENDED and kept.status != Status.SENT_BACK:
        turns.reopen(kept.image, kept, user)


@receiver(events_logged)
def note_author(kept: AnnotationSet, events: Sequence[AnnotationEvent], **_: Any) -> None:
    """Who changes objects without a turn, a script say, has labeled the image all the same."""
    one = events[0]
    if one.slot is not None or one.quiet or one.user is None or one.kind not in OBJECTS:
        return
    if not Touched.objects.filter(image=kept.image, user=one.user).exists():
        Touched.objects.bulk_create([Touched(image=kept.image, user=one.user)], ignore_conflicts=True)


@receiver(deactivated)
def stop(user: User, **_: Any) -> None:
    """Nor does somebody whose account was deactivated."""
    theirs = Slot.objects.exclude(state=State.CLOSED).filter(Q(held_by=user) | Q(member=user))
    for project_id in theirs.order_by().values_list("lot__project", flat=True).distinct():
        turns.give_back(user, project_id)


@receiver(post_delete, sender=Membership)
def leave(instance: Membership, **_: Any) -> None:
    """Who is no member any more holds nothing up."""
    turns.give_back(instance.user_id, instance.project_id)
