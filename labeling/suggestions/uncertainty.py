"""How unsure the heads are about images, and the order of labeling that follows from it."""

from django.db import transaction
from django.db.models import Max

from labeling.assignment.queue import rank_by_doubt, rank_by_upload
from labeling.projects.models import Project
from labeling.suggestions.models import RunImage, SuggestionSettings


def order_images(project: Project) -> None:
    """Order a project's images anew after its setting changed: the least sure first, or as uploaded."""
    with transaction.atomic():
        rank_by_upload(project.pk)
        if not SuggestionSettings.of(project.pk).least_sure_first:
            return
        looked_at = RunImage.objects.filter(image__project=project, state=RunImage.State.READY, doubt__isnull=False)
        newest = looked_at.order_by().values("image").annotate(newest=Max("pk")).values("newest")
        for image, doubt in RunImage.objects.filter(pk__in=newest).values_list("image", "doubt"):
            rank_by_doubt(image, doubt or 0.0)
