"""What the overview of a project shows: how far it is, what to do next, what happened lately."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.history.models import Activity as Happened
from labeling.history.services import visible
from labeling.images.models import Image
from labeling.projects.access import May, Standing
from labeling.projects.counting import ImageTally
from labeling.projects.models import Project

SHOWN, LOOKED_AT = 8, 60
"""Images of the recent activity, and how far back it looks for as many different ones."""

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


def preview(project: Project, user: User, standing: Standing) -> list[Image]:
    """The newest images, for a look at what the project is about."""
    images = Image.objects.filter(Image.listed_for(user, standing.role), project=project).defer("source")
    return list(images.order_by("-pk")[:PREVIEW])


def recent_activity(project: Project, user: User, standing: Standing) -> list[Activity]:
    """The images that were worked on last, the newest first, with the state of the set that was changed. What people
    label without sight of each other is told to nobody else."""
    own = Q(set__kind=AnnotationSet.Kind.OPINION, set__author=user)
    told = Q(visible(user, standing), Q(set__main_of__isnull=False) | own)
    rows = Happened.objects.filter(told, project=project).order_by("-id")
    rows = rows.select_related("image", "set", "user").defer("image__source")[:LOOKED_AT]
    newest: dict[int, Happened] = {}
    for row in rows:
        newest.setdefault(row.image_id, row)
    return [_activity(row) for row in list(newest.values())[:SHOWN]]


def _activity(row: Happened) -> Activity:
    image, status = row.image, row.set.status if row.set else AnnotationSet.Status.NEW
    return Activity(
        name=image.name.rpartition("/")[2],
        editor=reverse("pages:editor", args=[image.pk]),
        thumbnail=image.thumbnail_url,
        by=row.user.shown_name if row.user else "",
        at=row.at,
        state=STATES.get(status, status),
        label=LABELS.get(status, status.capitalize()),
    )


def _url(name: str, project: Project) -> str:
    return reverse(name, args=[project.pk])
