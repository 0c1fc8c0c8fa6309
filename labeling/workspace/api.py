"""The gallery and the next-image queue as JSON."""

from typing import Any, cast

from django.http import HttpRequest
from pydantic import ValidationError

from labeling.accounts.models import User
from labeling.common.api import ApiError, api, body, field_errors
from labeling.images.models import Image
from labeling.projects.access import object_for, project_for, require
from labeling.workspace.editor import editor_data
from labeling.workspace.gallery import images_before, images_page
from labeling.workspace.queue import UPCOMING, next_images
from labeling.workspace.specs import ImagesQuery, NextSpec


@api("GET")
def images(request: HttpRequest, project_id: int) -> Any:
    """A page of the project's images; `after` or `before`, `limit`, `filter` and `category` in the query."""
    project = project_for(request, project_id)
    try:
        query = ImagesQuery.model_validate(request.GET.dict())
    except ValidationError as error:
        raise ApiError(400, "bad_request", field_errors(error)) from error
    chosen: dict[str, Any] = {"which": query.filter, "category": query.category, "user": request.user}
    if query.before is not None:
        return images_before(project, before=query.before, limit=query.limit, **chosen)
    return images_page(project, after=query.after, limit=query.limit, **chosen)


@api("GET")
def editor(request: HttpRequest, image_id: int) -> Any:
    """What the editor starts with on an image, for going there without loading a page. Looking ahead opens nothing."""
    image = object_for(request, Image.objects.select_related("project", "encoding"), pk=image_id)
    user = cast(User, request.user)
    return editor_data(image, user, require(user, image.project_id))


@api("POST")
def next_image(request: HttpRequest, project_id: int) -> Any:
    """The next image for the signed-in user, and the ones likely after it, for prefetching."""
    project = project_for(request, project_id)
    spec = body(request, NextSpec)
    user = cast(User, request.user)
    found = next_images(project, user, require(user, project_id), spec.after, 1 + UPCOMING)
    return {"image": found[0] if found else None, "upcoming": found[1:]}
