"""What makes sets of an image worth comparing (again)."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from labeling.annotations.models import FINISHED, AnnotationSet
from labeling.annotations.signals import events_logged
from labeling.quality import comparing
from labeling.quality.models import PairScore

Kind = AnnotationSet.Kind


@receiver(events_logged)
def follow_events(kept: AnnotationSet, **_: Any) -> None:
    """In the transaction of the change itself: an opinion was finished, or is not what it was when it was compared."""
    if kept.kind == Kind.MAIN:
        return
    compared = PairScore.objects.filter(image_id=kept.image_id)
    if kept.kind == Kind.GOLDEN or kept.status in FINISHED or compared.exists():
        comparing.ask(kept.image_id)


@receiver(post_delete, sender=AnnotationSet)
def forget_set(instance: AnnotationSet, **_: Any) -> None:
    """Its pairs go with it; what was made of them has to be made anew."""
    if instance.kind != Kind.MAIN:
        comparing.ask_report_if_there(instance.image_id)
