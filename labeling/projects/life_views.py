"""What buttons do with a whole project: archive, restore, into the bin, delete for good."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling.accounts.models import User
from labeling.projects import copying, life
from labeling.projects import purge as purging
from labeling.projects.access import BINNED, May, Shut, project_for
from labeling.projects.forms import DuplicateForm
from labeling.projects.models import Project
from labeling.projects.services import MAY_NOT_CREATE, may_create
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
    project, user = project_for(request, project_id, May.ARCHIVE), cast(User, request.user)
    said = f"“{project.name}” is restored and can be changed again."
    page = reverse("pages:project", args=[project.pk])
    return _carry_out(request, lambda: life.unarchive(project, user), said, page, _list("bin"))


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
    project, user = project_for(request, project_id, May.ARCHIVE), cast(User, request.user)
    said = f"“{project.name}” is restored."
    page = reverse("pages:project", args=[project.pk])
    return _carry_out(request, lambda: life.restore(project, user), said, page, _list("bin"))


@require_http_methods(["GET", "HEAD", "POST"])
def duplicate(request: HttpRequest, project_id: int) -> HttpResponse:
    """Make a project after this one: its `name`, with `images` or without, with `members` or without."""
    project, user = project_for(request, project_id, May.DUPLICATE), cast(User, request.user)
    if project.binned_at is not None:
        raise Shut("in_bin", BINNED)
    if not may_create(user):
        raise PermissionDenied(MAY_NOT_CREATE)
    form = DuplicateForm(request.POST or None, initial={"name": copying.name_of_copy(project.name), "members": True})
    if request.method == "POST" and form.is_valid():
        made, _ = copying.duplicate(project, user, **form.cleaned_data)
        messages.success(request, f"“{made.name}” is made after “{project.name}”.")
        return redirect("pages:project", made.pk)
    context = {"project": project, "form": form, "images": project.images.count()}
    return render(request, "projects/duplicate.html", context)


@require_POST
def purge(request: HttpRequest, project_id: int) -> HttpResponse:
    """Delete a project in the bin for good, its `name` typed."""
    project = project_for(request, project_id, May.ARCHIVE)
    user, named = cast(User, request.user), request.POST.get("name", "")
    said = f"“{project.name}” is being deleted for good."
    return _carry_out(request, lambda: purging.start(project, user, named=named), said, _list("bin"), _list("bin"))
