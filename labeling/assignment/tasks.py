"""Celery's side of assignment: what a lost signal or a killed process left behind."""

from celery import shared_task
from django.db.models import QuerySet

from labeling.assignment import lots, turns
from labeling.assignment.models import Slot
from labeling.features.models import Encoding
from labeling.images.models import Image


@shared_task
def sweep() -> None:
    """Free the turns of people who went away, and note images whose features came without a word."""
    turns.free_late()
    missed = Slot.objects.filter(state=Slot.State.OPEN, ready=False, image__encoding__state=Encoding.State.READY)
    Slot.objects.filter(pk__in=list(missed.values_list("pk", flat=True)[:10_000])).update(ready=True)


@shared_task
def tidy() -> None:
    """Give images that have no slot one: those that were written by hand, say."""
    for project_id in _without_slot().order_by().values_list("project", flat=True).distinct():
        images = _without_slot().filter(project=project_id).order_by("pk").values_list("pk", flat=True)
        lots.fill(lots.default_lot(project_id), list(images))


def _without_slot() -> QuerySet[Image]:
    return Image.objects.filter(slots=None)
