"""What happens is noted in the transaction in which it happens."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from labeling.annotations.models import AnnotationEvent, AnnotationSet
from labeling.annotations.signals import events_logged
from labeling.history.models import Activity
from labeling.history.recording import BURST, OBJECTS, TEXT, fields_of
from labeling.images.models import Image
from labeling.review.models import Comment
from labeling.review.signals import comments_published


@receiver(events_logged)
def note_events(kept: AnnotationSet, events: Sequence[AnnotationEvent], **_: Any) -> None:
    """New versions: a part of what their person was doing, or something new."""
    event, last = events[0], events[-1]
    fields = fields_of(event.kind, event.after)
    if event.kind in OBJECTS:
        counts = Counter(OBJECTS[one.kind] for one in events)
        before = Activity.objects.filter(
            set=kept, user=event.user_id, kind=Activity.Kind.OBJECTS, last=event.version - 1, at__gt=event.at - BURST
        )
        goes_on = event.version > 1 and before.update(
            last=last.version, at=last.at, **{name: F(name) + count for name, count in counts.items()}
        )
        if goes_on:
            return
        fields |= counts
    image = kept.image
    Activity.objects.create(
        project_id=image.project_id, image=image, set=kept, user_id=event.user_id, at=last.at,
        first=event.version, last=last.version, **fields,
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
