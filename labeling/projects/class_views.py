"""The list of classes as a file, and undoing a merge."""

import json
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from labeling.accounts.models import User
from labeling.projects import class_lists, merging
from labeling.projects.access import May, project_for
from labeling.web.api import ApiError


@require_safe
def export_classes(request: HttpRequest, project_id: int) -> HttpResponse:
    """The classes as JSON, as *Paste a list* takes them."""
    project = project_for(request, project_id)
    text = json.dumps({"categories": class_lists.written(project)}, indent=1, ensure_ascii=False)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = f"{slugify(project.name) or 'project'}-classes.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
def unmerge(request: HttpRequest, project_id: int, number: int) -> HttpResponse:
    """Make a merged class again."""
    project = project_for(request, project_id, May.MANAGE)
    try:
        job = merging.start_undo(project, cast(User, request.user), number=number)
    except ApiError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"“{job.options['name']}” is a class again. Its objects are being moved back.")
    return redirect(f"{reverse('projects:settings', args=[project.pk])}#classes")
