"""The gallery and the next-image queue as JSON."""

from typing import Any

from django.http import HttpRequest

from labeling.accounts.services import user_of
from labeling.assignment.queue import claim
from labeling.images.models import Image
from labeling.pages.editor import editor_data
from labeling.pages.gallery import image_named, images_before, images_page
from labeling.pages.queue import UPCOMING, next_images
from labeling.pages.schemas import Boot, ImagesPage, JumpedTo, NextImage
from labeling.pages.specs import ImagesQuery, JumpQuery, NextSpec
from labeling.projects.access import May, object_for, project_for, require
from labeling.web.api import ApiError
from labeling.web.routes import Asked, Router, Sent

router = Router(tags=["pages"])


@router.get("projects/{id:project_id}/images")
def images(request: HttpRequest, project_id: int, asked: Asked[ImagesQuery]) -> ImagesPage:
    """A page of the project's images that filters choose, in an order."""
    project, query = project_for(request, project_id), asked.read()
    role = require(request.user, project_id).role
    wanted: dict[str, Any] = {"asked": query.chosen, "order": query.order, "user": user_of(request)}
    if query.before is not None:
        return images_before(project, role, before=query.before, limit=query.limit, **wanted)
    return images_page(project, role, after=query.after, limit=query.limit, **wanted)


@router.get("projects/{id:project_id}/jump")
def jump(request: HttpRequest, project_id: int, asked: Asked[JumpQuery]) -> JumpedTo:
    """The image at a place of the project, or whose name contains a word."""
    project, wanted = project_for(request, project_id), asked.read().to
    found = image_named(project, user_of(request), require(request.user, project_id).role, wanted)
    if found is None:
        raise ApiError(404, "no_image", f"No image has the number or name “{wanted}”.")
    return JumpedTo(image=found.pk, name=found.name)


@router.get("images/{id:image_id}/editor")
def editor(request: HttpRequest, image_id: int) -> Boot:
    """What the editor starts with on an image, for going there without loading a page. Looking ahead opens nothing."""
    image = object_for(request, Image.objects.select_related("project", "encoding"), pk=image_id)
    user = user_of(request)
    return editor_data(image, user, require(user, image.project_id))


@router.post("projects/{id:project_id}/next")
def next_image(request: HttpRequest, project_id: int, sent: Sent[NextSpec]) -> NextImage:
    """The next image for the signed-in person, and the ones likely after it, for prefetching."""
    project, spec = project_for(request, project_id), sent.read()
    user = user_of(request)
    standing = require(user, project_id)
    if not standing.can(May.LABEL):
        found = next_images(project, user, standing, spec.after, 1 + UPCOMING)
        return NextImage(image=found[0] if found else None, upcoming=found[1:])
    image = claim(project, user, spec.after)
    return NextImage(image=image, upcoming=next_images(project, user, standing, image, UPCOMING) if image else [])
