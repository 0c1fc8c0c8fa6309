"""The editor page, and the way to the next image."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from labeling.accounts.models import User
from labeling.annotations.services import touch_open
from labeling.assignment.queue import claim
from labeling.features.services import open_image
from labeling.images.models import Image
from labeling.pages.editor import editor_data
from labeling.pages.queue import next_images, why_nothing_is_left
from labeling.projects.access import May, object_for, project_for, require
from labeling.review import queue as review_queue
from labeling.review.models import ReviewSettings


@require_safe
def next_image(request: HttpRequest, project_id: int) -> HttpResponse:
    """Go to the editor of the next image; back to the project with a message when nothing is left."""
    found = project_for(request, project_id)
    user = cast(User, request.user)
    standing = require(user, project_id)
    given = request.GET.get("after", "")
    after = int(given) if given.isdecimal() and len(given) < 19 else None
    if standing.can(May.LABEL):
        image = claim(found, user, after)
    elif standing.can(May.REVIEW) and ReviewSettings.of(project_id).enabled:
        return next_review(request, project_id)
    else:
        image = next(iter(next_images(found, user, standing, after, limit=1)), None)
    if image is not None:
        return redirect("pages:editor", image)
    if not found.images.exists():
        messages.info(request, "This project has no images yet.")
    elif standing.can(May.LABEL):
        messages.info(request, why_nothing_is_left(found, user))
    else:
        messages.info(request, "This is the last image.")
    return redirect("pages:project", project_id)


@require_safe
def next_review(request: HttpRequest, project_id: int) -> HttpResponse:
    """Go to the next image that waits for the user's review; back to the project with a message when none does."""
    found = project_for(request, project_id, May.REVIEW)
    user = cast(User, request.user)
    image = review_queue.claim(found, user)
    if image is not None:
        return redirect("pages:editor", image)
    if not ReviewSettings.of(project_id).enabled:
        messages.info(request, "This project doesn't review images. A manager can turn that on.")
    else:
        messages.info(request, nothing_to_review(review_queue.on_the_way(found)))
    return redirect("pages:project", project_id)


def nothing_to_review(on_the_way: int) -> str:
    """What is said to a reviewer for whom nothing waits."""
    if on_the_way == 0:
        return "Nothing to review. Images wait here once somebody finishes them."
    return f"Nothing to review; {on_the_way} {'is' if on_the_way == 1 else 'are'} on the way."


@require_safe
@ensure_csrf_cookie
def editor(request: HttpRequest, image_id: int) -> HttpResponse:
    """Label an image. Opening it puts it to the front of the encode queue and offers others another one next."""
    images = Image.objects.select_related("project", "encoding")
    image = object_for(request, images, pk=image_id)
    user = cast(User, request.user)
    standing = require(user, image.project_id)
    if standing.can(May.LABEL):
        touch_open(image, user)
    open_image(image.pk)
    return render(request, "pages/editor.html", {"image": image, "data": editor_data(image, user, standing).plain()})
