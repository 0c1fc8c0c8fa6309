"""What follows from members who come or get another role."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from labeling.annotations.models import AnnotationSet
from labeling.annotations.own_copy import keep_apart
from labeling.annotations.sets import locked_main
from labeling.images.models import Image
from labeling.projects.access import MEASURED
from labeling.projects.models import Membership


@receiver(post_save, sender=Membership)
def keep_truth_from(instance: Membership, **_: Any) -> None:
    """Who is measured from now on, and labeled golden images as something else or before they left, sees of these what
    they left, as who was an annotator when the images were marked."""
    if instance.role not in MEASURED:
        return
    theirs = AnnotationSet.objects.filter(events__user=instance.user_id, events__quiet=False).values("main_of")
    for image in Image.objects.filter(project=instance.project_id, golden=True, pk__in=theirs):
        with transaction.atomic():
            keep_apart(image, locked_main(image.pk))
