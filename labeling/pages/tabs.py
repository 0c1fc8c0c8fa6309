"""The tabs of a project's page, each with its own address. `projects.views` has two more: people and settings."""

from typing import Any, cast

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from pydantic import ValidationError

from labeling.accounts.models import User
from labeling.assignment import manage
from labeling.assignment.work import lots_of
from labeling.exchange import services as exchange
from labeling.figures.views import scope_of
from labeling.images.reading import PICKED, READABLE
from labeling.pages import overview as overview_page
from labeling.pages import suggestions_panel as panels
from labeling.pages import time_panel
from labeling.pages.gallery import images_page
from labeling.pages.project_page import format_choices, project_data
from labeling.pages.specs import ImagesQuery
from labeling.projects.access import May, Standing, project_for, require
from labeling.projects.counting import ImageTally
from labeling.projects.models import Project
from labeling.quality.intervals import share_text
from labeling.review.models import ReviewSettings
from labeling.review.samples import samples_of
from labeling.sources import services as sources

TURNS_SHOWN = 200


def _context(request: HttpRequest, tab: str, project: Project, standing: Standing, **parts: Any) -> dict[str, Any]:
    """What every tab needs. parts: what `project_data` tells the page's script beside."""
    data = project_data(project, cast(User, request.user), standing, **parts)
    return {
        "tab": tab,
        "project": project,
        "role": standing.role,
        "data": data.plain(),
        "readable": READABLE,
        "picked": PICKED,
        **standing.abilities(),
    }


@require_safe
@ensure_csrf_cookie
def overview(request: HttpRequest, project_id: int) -> HttpResponse:
    """A project: how far it is, what to do next, what happened lately."""
    project, standing = project_for(request, project_id), require(request.user, project_id)
    user = cast(User, request.user)
    context = _context(request, "overview", project, standing)
    tally = ImageTally(**context["data"]["counts"])
    context |= {
        "tally": tally,
        "steps": overview_page.next_steps(project, standing, tally),
        "preview": overview_page.preview(project, user, standing),
        "activity": overview_page.recent_activity(project, user, standing),
        "times": time_panel.panel(scope_of(request, project_id)),
    }
    return render(request, "pages/project.html", context)


@require_safe
@ensure_csrf_cookie
def images(request: HttpRequest, project_id: int) -> HttpResponse:
    """The images of a project; managers add more here."""
    project, standing = project_for(request, project_id), require(request.user, project_id)
    query = _asked(request)
    page = images_page(project, standing.role, asked=query.chosen, order=query.order, user=cast(User, request.user))
    context = _context(request, "images", project, standing, images=page) | {
        "people": list(manage.eligible(project)),
        "members": [one.user for one in project.memberships.select_related("user")],
        "lots": list(project.lots.all()),
        "tags": list(project.tags.all()),
        "broken": sources.broken(project) if standing.can(May.MANAGE) else 0,
        "formats": format_choices() if standing.can(May.EXPORT) else [],
        "reviews": standing.can(May.REVIEW) and ReviewSettings.of(project.pk).enabled,
    }
    return render(request, "pages/images_tab.html", context)


def _asked(request: HttpRequest) -> ImagesQuery:
    """The filters in the address; all images for an address that is none of ours."""
    given = {name: value for name, value in request.GET.items() if name in ImagesQuery.model_fields}
    try:
        return ImagesQuery.model_validate({name: value for name, value in given.items() if name not in _PLACE})
    except ValidationError:
        return ImagesQuery()


_PLACE = ("after", "before", "limit")
"""Where a page begins: the address says only which images there are."""


@require_safe
@ensure_csrf_cookie
def lots(request: HttpRequest, project_id: int) -> HttpResponse:
    """The lots of a project, and who has which image now."""
    project, standing = project_for(request, project_id, May.ASSIGN), require(request.user, project_id)
    context = _context(request, "lots", project, standing) | {
        "lots": lots_of([project.pk]),
        "people": list(manage.eligible(project)),
        "turns": manage.held(project)[:TURNS_SHOWN],
        "samples": [(one, share_text(one.passed, one.judged)) for one in samples_of(project)],
        "tags": project.tags.annotate(count=Count("images")),
    }
    return render(request, "pages/lots_tab.html", context)


@require_safe
@ensure_csrf_cookie
def suggestions(request: HttpRequest, project_id: int) -> HttpResponse:
    """What the models propose, and the models."""
    project, standing = project_for(request, project_id), require(request.user, project_id)
    context = _context(request, "suggestions", project, standing)
    return render(request, "pages/suggestions_tab.html", context | {"suggestions": panels.panel(project, standing)})


@require_safe
def suggestions_panel(request: HttpRequest, project_id: int) -> HttpResponse:
    """The content of that tab alone: the page puts it in place of the old one when something changed."""
    project, standing = project_for(request, project_id), require(request.user, project_id)
    context = {"project": project, "suggestions": panels.panel(project, standing)}
    return render(request, "pages/_suggestions.html", context)


@require_safe
@ensure_csrf_cookie
def exports(request: HttpRequest, project_id: int) -> HttpResponse:
    """Making exports, and those that were made."""
    project, standing = project_for(request, project_id, May.EXPORT), require(request.user, project_id)
    user = cast(User, request.user)
    listed = {"exports": exchange.recent(project, user), "versions": exchange.versions_of(project, user)}
    context = _context(request, "exports", project, standing, **listed)
    choices = format_choices(others=standing.can(May.FIGURES))
    return render(request, "pages/exports_tab.html", context | {"formats": choices, "sinks": settings.EXPORT_BUCKETS})
