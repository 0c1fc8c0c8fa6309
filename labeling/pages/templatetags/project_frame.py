"""The head of a project's pages: its name, what one may do next, and the tabs that one may open."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse

from labeling.assignment import queue
from labeling.images.models import Image
from labeling.projects import jobs
from labeling.projects.access import May, Standing, require
from labeling.projects.models import Project
from labeling.review.models import ReviewSettings

register = template.Library()


@dataclass(frozen=True)
class Tab:
    """A tab of a project's page. `url_name` has the project's id; `count` stands beside the title unless it is 0."""

    name: str
    title: str
    url_name: str
    what: May = May.VIEW
    count: int = 0
    url: str = ""


TABS = (
    Tab("overview", "Overview", "pages:project"),
    Tab("images", "Images", "pages:images"),
    Tab("lots", "Lots", "pages:lots", May.ASSIGN),
    Tab("suggestions", "Suggestions", "pages:suggestions"),
    Tab("quality", "Quality", "pages:quality"),
    Tab("figures", "Figures", "figures:page"),
    Tab("activity", "Activity", "history:project"),
    Tab("exports", "Exports", "pages:exports", May.EXPORT),
    Tab("people", "People", "projects:people"),
    Tab("settings", "Settings", "projects:settings", May.MANAGE),
)


@register.inclusion_tag("pages/_head.html", takes_context=True)
def project_head(context: dict[str, Any], project: Project, current: str) -> dict[str, Any]:
    """The head of a project's page, for whoever asks for it. current: the open tab's name."""
    user = context["request"].user
    standing = require(user, project.pk)
    images = Image.count_listed(project.images.all(), user, standing.role)
    counts = {"images": images, "people": project.memberships.count()}
    return {
        "project": project,
        "role": standing.role,
        "current": current,
        "images": images,
        "waits": not standing.can(May.LABEL) or queue.waits(project, user),
        "tabs": tabs_for(project, standing, counts),
        "jobs": [jobs.describe(job) for job in jobs.unfinished([project.pk])],
        "csrf_token": context.get("csrf_token"),
        "reviews": standing.can(May.REVIEW) and ReviewSettings.of(project.pk).enabled,
        **standing.abilities(),
    }


def tabs_for(project: Project, standing: Standing, counts: dict[str, int]) -> list[Tab]:
    """The tabs that somebody may open, in their order."""
    found = []
    for tab in TABS:
        url = _address(tab, project)
        if url and standing.can(tab.what):
            found.append(Tab(tab.name, tab.title, tab.url_name, tab.what, counts.get(tab.name, 0), url))
    return found


def _address(tab: Tab, project: Project) -> str:
    """Where a tab is; empty for a page that this server does not have."""
    try:
        return reverse(tab.url_name, args=[project.pk])
    except NoReverseMatch:
        return ""
