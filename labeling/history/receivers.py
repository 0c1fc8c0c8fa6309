"""What happens is noted in the transaction in which it happens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from labeling.annotations.models import AnnotationEvent
from labeling.history.models import Activity
from labeling.history.recording import BURST, OBJECTS, TEXT, fields_of
from labeling.images.models import Image
from labeling.review.models import Comment
from labeling.review.signals import comments_published


@receiver(post_save, sender=AnnotationEvent)
def note_event(instance: AnnotationEvent, created: bool, **_: Any) -> None:
    """A new version: a part of what its person was doing, or something new."""
    event = instance
    if not created:
        return
    if event.kind in OBJECTS:
        before = Activity.objects.filter(
            set=event.set_id, user=event.user_id, kind=Activity.Kind.OBJECTS, last=event.version - 1,
            at__gt=event.at - BURST,
        )  # fmt: skip
        counter = OBJECTS[event.kind]
        if before.update(last=event.version, at=event.at, **{counter: F(counter) + 1}):
            return
    image = event.set.image
    Activity.objects.create(
        project_id=image.project_id, image=image, set=event.set, user_id=event.user_id, at=event.at,
        first=event.version, last=event.version, **fields_of(event.kind, event.after),
    )  # fmt: skip


@receiver(post_save, sender=Comment)
def note_comment(instance: Comment, created: bool, **_: Any) -> None:
    """A comment that others see."""
    if created and not instance.draft:
        _activity_of(instance, instance.thread.image, instance.at).save()


@receiver(comments_published)
def note_published(image: Image, comments: Sequence[Comment], **_: Any) -> None:
    """Others see these comments from the verdict on."""
    Activity.objects.bulk_create(_activity_of(comment, image, timezone.now()) for comment in comments)


def _activity_of(comment: Comment, image: Image, at: datetime) -> Activity:
    return Activity(
        project_id=image.project_id, image=image, user_id=comment.author_id, kind=Activity.Kind.COMMENT, at=at,
        text=comment.text[:TEXT],
    )  # fmt: skip
