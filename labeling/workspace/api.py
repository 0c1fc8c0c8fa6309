"""The gallery and the next-image queue as JSON."""

from typing import Any, cast

from django.http import HttpRequest
from pydantic import ValidationError

from labeling.accounts.models import User
from labeling.common.api import ApiError, api, body, field_errors
from labeling.projects.access import project_for, require
from labeling.workspace.gallery import images_page
from labeling.workspace.queue import next_images
from labeling.workspace.specs import ImagesQuery, NextSpec

UPCOMING = 3


@api("GET")
def images(request: HttpRequest, project_id: int) -> Any:
    """A page of the project's images; `after`, `limit` and `filter` in the query."""
    project = project_for(request, project_id)
    try:
        query = ImagesQuery.model_validate(request.GET.dict())
    except ValidationError as error:
        raise ApiError(400, "bad_request", field_errors(error)) from error
    return images_page(project, after=query.after, limit=query.limit, which=query.filter)


@api("POST")
def next_image(request: HttpRequest, project_id: int) -> Any:
    """The next image for the signed-in user, and the ones likely after it, for prefetching."""
    project = project_for(request, project_id)
    spec = body(request, NextSpec)
    user = cast(User, request.user)
    found = next_images(project, user, require(user, project_id), spec.after, 1 + UPCOMING)
    return {"image": found[0] if found else None, "upcoming": found[1:]}
