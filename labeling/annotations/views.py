"""The page on which a manager makes a project panoptic."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling.accounts.models import User
from labeling.annotations import panoptic
from labeling.projects.access import May, project_for
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
