"""Retrying images that could not be encoded, over JSON."""

from typing import Any

from django.http import HttpRequest

from labeling.common.api import api
from labeling.features import services
from labeling.images.models import Image
from labeling.projects import access


@api("POST")
def retry_image(request: HttpRequest, image_id: int) -> dict[str, Any]:
    """Encode a failed image again."""
    image = access.object_for(request, Image.objects.all(), access.LABELERS, pk=image_id)
    return {"queued": services.retry_image(image)}


@api("POST")
def retry_project(request: HttpRequest, project_id: int) -> dict[str, Any]:
    """Encode all failed images of the project again."""
    project = access.project_for(request, project_id, access.MANAGERS)
    return {"queued": services.retry_project(project)}
