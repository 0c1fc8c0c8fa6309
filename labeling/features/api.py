"""Retrying images that could not be encoded, over JSON."""

from django.http import HttpRequest

from labeling.features import services
from labeling.features.schemas import Queued
from labeling.images.models import Image
from labeling.projects import access
from labeling.web.routes import Router

router = Router(tags=["features"])


@router.post("images/{id:image_id}/encode")
def retry_image(request: HttpRequest, image_id: int) -> Queued:
    """Encode a failed image again."""
    image = access.object_for(request, Image.objects.all(), access.May.LABEL, pk=image_id)
    return Queued(queued=services.retry_image(image))


@router.post("projects/{id:project_id}/encode")
def retry_project(request: HttpRequest, project_id: int) -> Queued:
    """Encode all failed images of the project again. Managers only."""
    project = access.project_for(request, project_id, access.May.MANAGE)
    return Queued(queued=services.retry_project(project))
