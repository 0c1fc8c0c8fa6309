"""What has an image counted anew, in the transaction of the change itself."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from labeling.annotations.models import AnnotationSet
from labeling.annotations.signals import events_logged, time_reported
from labeling.figures.counting import note
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.review.models import Thread
from labeling.suggestions.signals import suggestions_decided


@receiver(post_save, sender=Image)
def note_image(instance: Image, created: bool, **_: Any) -> None:
    """A new image."""
    if created:
        note(instance.project_id, instance.pk)


@receiver(post_delete, sender=Image)
def note_deletion(instance: Image, origin: Any = None, **_: Any) -> None:
    """A deleted one, unless the whole project goes."""
    if not isinstance(origin, Project) and getattr(origin, "model", None) is not Project:
        note(instance.project_id, instance.pk)


@receiver(events_logged)
def note_events(kept: AnnotationSet, **_: Any) -> None:
    """New versions: objects, states and verdicts. Suggestions that were kept follow the same events."""
    _note(kept.image)


@receiver(post_delete, sender=AnnotationSet)
def note_set(instance: AnnotationSet, origin: Any = None, **_: Any) -> None:
    """A set alone was deleted."""
    if isinstance(origin, AnnotationSet) or getattr(origin, "model", None) is AnnotationSet:
        _note(instance.image)


@receiver(post_save, sender=Thread)
def note_thread(instance: Thread, **_: Any) -> None:
    """A pin. Those that a verdict publishes come with its event."""
    _note(instance.image)


@receiver(time_reported)
@receiver(suggestions_decided)
def _note_sent(image: Image, **_: Any) -> None:
    _note(image)


def _note(image: Image) -> None:
    note(image.project_id, image.pk)
