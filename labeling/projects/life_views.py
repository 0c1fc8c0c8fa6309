"""What buttons do with a whole project: archive, restore, into the bin, delete for good."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from labeling.accounts.models import User
from labeling.projects import life
from labeling.projects import purge as purging
from labeling.projects.access import May, project_for
from labeling.projects.models import Project
from labeling.web.api import ApiError


def _list(show: str) -> str:
    return f"{reverse('projects:list')}?show={show}"


def _carry_out(request: HttpRequest, done: Callable[[], object], said: str, then: str, otherwise: str) -> HttpResponse:
    """Do it, say it and go on; a refusal is told where it came from."""
    try:
        done()
    except ApiError as error:
        messages.error(request, error.message)
        return redirect(otherwise)
    messages.success(request, said)
    return redirect(then)


def _settings(project: Project) -> str:
    return f"{reverse('projects:settings', args=[project.pk])}#life"


@require_POST
def archive(request: HttpRequest, project_id: int) -> HttpResponse:
    """Put a project aside: read-only."""
    project = project_for(request, project_id, May.ARCHIVE)
    user = cast(User, request.user)
    said = f"“{project.name}” is archived. Find it in the list of projects under “Archived”."
    page = reverse("pages:project", args=[project.pk])
    return _carry_out(request, lambda: life.archive(project, user), said, page, _list("archived"))


@require_POST
def unarchive(request: HttpRequest, project_id: int) -> HttpResponse:
    """Let an archived project be changed again."""
    project = project_for(request, project_id, May.ARCHIVE)
    said = f"“{project.name}” is restored and can be changed again."
    page = reverse("pages:project", args=[project.pk])
    return _carry_out(request, lambda: life.unarchive(project), said, page, _list("bin"))


@require_POST
def delete(request: HttpRequest, project_id: int) -> HttpResponse:
    """Move a project to the bin, its `name` typed."""
    project = project_for(request, project_id, May.ARCHIVE)
    user, named = cast(User, request.user), request.POST.get("name", "")
    said = f"“{project.name}” is in the bin. It can be restored for {life.BIN_DAYS} days; then it is deleted for good."
    return _carry_out(
        request, lambda: life.move_to_bin(project, user, named=named), said, _list("bin"), _settings(project)
    )


@require_POST
def restore(request: HttpRequest, project_id: int) -> HttpResponse:
    """Take a project out of the bin."""
    project = project_for(request, project_id, May.ARCHIVE)
    said = f"“{project.name}” is restored."
    page = reverse("pages:project", args=[project.pk])
    return _carry_out(request, lambda: life.restore(project), said, page, _list("bin"))


@require_POST
def purge(request: HttpRequest, project_id: int) -> HttpResponse:
    """Delete a project in the bin for good, its `name` typed."""
    project = project_for(request, project_id, May.ARCHIVE)
    user, named = cast(User, request.user), request.POST.get("name", "")
    said = f"“{project.name}” is being deleted for good."
    return _carry_out(request, lambda: purging.start(project, user, named=named), said, _list("bin"), _list("bin"))
