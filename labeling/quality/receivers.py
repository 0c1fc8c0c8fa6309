"""What makes sets of an image worth comparing (again)."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from labeling.annotations.models import FINISHED, AnnotationEvent, AnnotationSet
from labeling.quality import comparing
from labeling.quality.models import PairScore

Kind = AnnotationSet.Kind


@receiver(post_save, sender=AnnotationEvent)
def follow_event(instance: AnnotationEvent, created: bool, **_: Any) -> None:
    """In the transaction of the change itself: an opinion was finished, or is not what it was when it was compared."""
    kept = instance.set
    if not created or kept.kind == Kind.MAIN:
        return
    compared = PairScore.objects.filter(image_id=kept.image_id)
    if kept.kind == Kind.GOLDEN or kept.status in FINISHED or compared.exists():
        comparing.ask(kept.image_id)


@receiver(post_delete, sender=AnnotationSet)
def forget_set(instance: AnnotationSet, **_: Any) -> None:
    """Its pairs go with it; what was made of them has to be made anew."""
    if instance.kind != Kind.MAIN:
        comparing.ask_report_if_there(instance.image_id)
