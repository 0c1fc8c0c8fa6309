"""Where pictures come from beside uploads: connected folders and buckets."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from labeling.projects.access import May, project_for, require
from labeling.sources import services


@require_safe
@ensure_csrf_cookie
def sources(request: HttpRequest, project_id: int) -> HttpResponse:
    """The folders and buckets of a project, what was found in them, and a form for another one."""
    project, standing = project_for(request, project_id, May.MANAGE), require(request.user, project_id)
    listed = services.listed(project)
    context = {
        "tab": "images",
        "project": project,
        "sources": [(one, datetime.fromisoformat(one.scanned_at) if one.scanned_at else None) for one in listed],
        "roots": services.allowed_roots(),
        "busy": any(one.state != "done" or one.waiting for one in listed),
        "shown": services.SHOWN,
        **standing.abilities(),
    }
    return render(request, "pages/sources.html", context)
