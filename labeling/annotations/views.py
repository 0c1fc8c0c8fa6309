"""The page on which a manager makes a project panoptic, and the masks over a thumbnail."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from labeling.accounts.models import User
from labeling.annotations import overlay, panoptic
from labeling.annotations.sets import working_set
from labeling.images.models import Image
from labeling.images.views import A_YEAR
from labeling.projects.access import May, object_for, project_for
from labeling.projects.models import Project
from labeling.web.api import ApiError


@require_http_methods(["GET", "HEAD", "POST"])
def panoptic_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """Turn the rule on (`panoptic=on`) or off; `clear` first lets upper objects keep what they share with lower ones.

    What still overlaps is listed, each image with a link to its editor.
    """
    project = project_for(request, project_id, May.MANAGE)
    if request.method != "POST":
        return _page(request, project)
    if request.POST.get("panoptic") == "off":
        panoptic.turn_off(project)
        messages.success(request, "Panoptic mode is off. Objects may overlap.")
        return _settings(project)
    if "clear" in request.POST:
        panoptic.clear(project, cast(User, request.user))
    try:
        panoptic.turn_on(project)
    except ApiError:
        return _page(request, project)
    messages.success(request, "Panoptic mode is on. No pixel belongs to two objects.")
    return _settings(project)


@require_safe
def image_overlay(request: HttpRequest, image_id: int) -> HttpResponse:
    """The masks over an image's thumbnail. An address that names the version of now may be kept for ever."""
    image = object_for(request, Image.objects.all(), pk=image_id)
    kept = working_set(image, cast(User, request.user))
    response = HttpResponse(overlay.draw(image, kept), content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    if kept is not None and request.GET.get("v") == str(kept.version):
        patch_cache_control(response, private=True, max_age=A_YEAR, immutable=True)
    else:
        patch_cache_control(response, private=True, no_cache=True)
    return response


def _page(request: HttpRequest, project: Project) -> HttpResponse:
    found = list(panoptic.overlapping(project))
    context = {
        "project": project,
        "found": found[: panoptic.IMAGES_TOLD],
        "more": max(0, len(found) - panoptic.IMAGES_TOLD),
        "images": len(found),
        "pairs": sum(len(one.overlaps) for one in found),
    }
    return render(request, "annotations/panoptic.html", context)


def _settings(project: Project) -> HttpResponse:
    return redirect(reverse("projects:settings", args=[project.pk]) + "#panoptic")
