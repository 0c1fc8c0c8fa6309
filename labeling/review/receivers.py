"""Finished work waits for a reviewer, where the project wants that."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.annotations.signals import status_changed
from labeling.assignment import turns
from labeling.assignment.models import Slot
from labeling.projects.access import May, may
from labeling.projects.models import Membership
from labeling.review import draws, services
from labeling.review.models import ReviewSettings, Verdict

Status = AnnotationSet.Status


@receiver(status_changed)
def follow(kept: AnnotationSet, user: User, was: str, **_: Any) -> None:
    """Draw whether it is reviewed; work that is taken up again waits no more."""
    if kept.kind != AnnotationSet.Kind.MAIN:
        return
    if kept.status == Status.DONE:
        settings = ReviewSettings.of(kept.image.project_id)
        if settings.enabled and draws.is_drawn(kept, user, settings):
            services.open_slot(kept, _who_sent_it_back(kept))
    elif was == Status.DONE and kept.status not in (Status.ACCEPTED, Status.SENT_BACK):
        turns.close(kept.image, kept, (Slot.Kind.REVIEW,))


def _who_sent_it_back(kept: AnnotationSet) -> User | None:
    """The reviewer who knows what was wrong, if they may still review."""
    last = kept.verdicts.filter(kind=Verdict.Kind.SENT_BACK).order_by("-version").first()
    if last is None or last.by is None or not last.by.is_active:
        return None
    return last.by if may(last.by, kept.image.project_id, May.REVIEW) else None


@receiver(post_delete, sender=Membership)
def leave(instance: Membership, **_: Any) -> None:
    """Who is no member any more reviews nothing."""
    AnnotationSet.objects.filter(
        main_of__project=instance.project_id, opened_by=instance.user_id, opened_for__in=("review", "correct")
    ).update(opened_by=None, opened_at=None, opened_for="", opened_in=None)
