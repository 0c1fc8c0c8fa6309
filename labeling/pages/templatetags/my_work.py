"""What waits for the signed-in person: on the page of their projects, and on a project's overview."""

from typing import Any

from django import template
from django.urls import reverse

from labeling.assignment.work import Work, work_of
from labeling.projects.access import projects_of, standings_of
from labeling.projects.models import Project

register = template.Library()

SHOWN = 6
"""Projects of which the page of projects tells."""


@register.inclusion_tag("pages/_my_work.html", takes_context=True)
def my_work(context: dict[str, Any], project: Project | None = None) -> dict[str, Any]:
    """What waits in all projects, or in one."""
    user = context["request"].user
    projects = projects_of(user).filter(archived_at=None)
    if project is not None:
        projects = projects.filter(pk=project.pk)
    work = [one for one in work_of(user, standings_of(user, projects)) if one.any]
    work.sort(key=lambda one: (-one.sent_back, -one.begun, -one.reserved, -one.to_review, -one.to_resolve, -one.pool))
    rows = [
        {"work": one, "go_on": _next(one), "review": _review(one), "resolve": _resolve(one)} for one in work[:SHOWN]
    ]
    return {"rows": rows, "more": max(0, len(work) - SHOWN), "one": project is not None}


def _next(work: Work) -> str:
    return reverse("pages:next", args=[work.project.pk]) if work.can_label and work.to_do else ""


def _review(work: Work) -> str:
    return reverse("pages:review", args=[work.project.pk]) if work.to_review else ""


def _resolve(work: Work) -> str:
    return reverse("pages:quality", args=[work.project.pk]) + "#resolve-title" if work.to_resolve else ""
