"""What the overview of a project shows: how far it is, what to do next, what happened lately."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.projects.access import MEASURED, May, Standing
from labeling.projects.counting import ImageTally, image_tallies
from labeling.projects.models import Project

SHOWN = 8
"""Images of the recent activity."""

PREVIEW = 10
"""Images of the strip of pictures."""

STATES = {"new": "ready", "in_progress": "begun", "sent_back": "sent-back"}
"""What a status is called in the style sheet, where that is another name."""

LABELS = {"in_progress": "In progress", "sent_back": "Sent back", "new": "Not started"}


@dataclass(frozen=True)
class Step:
    """Something to do, and where."""

    text: str
    action: str
    url: str


@dataclass(frozen=True)
class Activity:
    """An image on which somebody worked lately. `state` is the name of its colour."""

    name: str
    editor: str
    thumbnail: str
    by: str
    at: datetime
    state: str
    label: str


def tally_of(project: Project, standing: Standing) -> ImageTally:
    """How far the project is, as somebody may know it."""
    measured = [project.pk] if standing.role in MEASURED else []
    return image_tallies([project.pk], measured)[project.pk]


def next_steps(project: Project, standing: Standing, tally: ImageTally) -> list[Step]:
    """What a manager should do next to get a project going or done."""
    if not standing.can(May.MANAGE):
        return []
    steps = []
    if not project.categories.exists():
        steps.append(
            Step("The project has no classes.", "Add classes", _url("projects:settings", project) + "#classes")
        )
    if project.memberships.count() < 2:
        steps.append(Step("You are the only member.", "Add people", _url("projects:people", project)))
    if not project.instructions:
        text = "There are no instructions for annotators."
        steps.append(Step(text, "Write instructions", _url("projects:settings", project) + "#about"))
    if tally.total and tally.done + tally.skipped == tally.total:
        steps.append(Step("All images are done or skipped.", "Export", _url("pages:exports", project)))
    return steps


def preview(project: Project, standing: Standing) -> list[Image]:
    """The newest images, for a look at what the project is about."""
    images = Image.objects.filter(Image.listed_for(standing.role), project=project).defer("source")
    return list(images.order_by("-pk")[:PREVIEW])


def recent_activity(project: Project, standing: Standing) -> list[Activity]:
    """The images that were worked on last, the newest first."""
    listed = Image.listed_for(standing.role, "main_of__")
    sets = AnnotationSet.objects.filter(listed, main_of__project=project, changed_at__isnull=False)
    sets = sets.select_related("main_of", "changed_by").defer("main_of__source", "note")
    return [_activity(one, one.main_of) for one in sets.order_by("-changed_at")[:SHOWN] if one.main_of]


def _activity(kept: AnnotationSet, image: Image) -> Activity:
    return Activity(
        name=image.name.rpartition("/")[2],
        editor=reverse("pages:editor", args=[image.pk]),
        thumbnail=image.thumbnail_url,
        by=kept.changed_by.shown_name if kept.changed_by else "",
        at=kept.changed_at or image.created_at,
        state=STATES.get(kept.status, kept.status),
        label=LABELS.get(kept.status, kept.status.capitalize()),
    )


def _url(name: str, project: Project) -> str:
    return reverse(name, args=[project.pk])
