"""The projects page in a few queries. Counts go through reverse relations, so this room imports none below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.timesince import timesince

from labeling.accounts.models import User
from labeling.projects import jobs
from labeling.projects.access import OWNER, May, Standing
from labeling.projects.counting import Counted, ImageTally, counted
from labeling.projects.life import deleted_for_good_at
from labeling.projects.models import Membership, Project, Role
from labeling.projects.schemas import ProjectJobData

THUMBNAILS = 4


@dataclass(frozen=True)
class ProjectCard:
    """A project as its card shows it; numbers are of images."""

    project: Project
    standing: Standing
    tally: ImageTally
    activity: datetime
    thumbnails: list[str]  # URLs
    job: ProjectJobData | None = None

    @property
    def role(self) -> Role:
        """The role of who looks."""
        return self.standing.role

    @property
    def can_manage(self) -> bool:
        """Whether they may change the project as it is now."""
        return self.standing.can(May.MANAGE)

    @property
    def can_archive(self) -> bool:
        """Whether they may restore or delete it."""
        return self.standing.can(May.ARCHIVE)

    @property
    def ago(self) -> str:
        """How long ago something was done, in words."""
        return (
            "just now" if timezone.now() - self.activity < timedelta(minutes=1) else f"{timesince(self.activity)} ago"
        )

    @property
    def deleted_at(self) -> datetime | None:
        """When one in the bin is deleted for good."""
        return deleted_for_good_at(self.project)


def project_cards(projects: Sequence[Project], user: User) -> list[ProjectCard]:
    """A card for each of `projects`, in their order. As many queries for one as for many."""
    ids = [project.pk for project in projects]
    roles = dict(Membership.objects.filter(project_id__in=ids, user=user).values_list("project_id", "role"))
    images = counted(ids, user, {} if user.is_superuser else {pk: Role(role) for pk, role in roles.items()})
    thumbnails = _thumbnails(ids, user)
    going_on = {job.project_number: jobs.describe(job) for job in jobs.unfinished(ids)}
    return [
        ProjectCard(
            project=project,
            standing=_standing(project, roles.get(project.pk), user),
            thumbnails=thumbnails.get(project.pk, []),
            job=going_on.get(project.pk),
            tally=images[project.pk].tally,
            activity=_last_activity(project, images[project.pk]),
        )
        for project in projects
    ]


def _last_activity(project: Project, images: Counted) -> datetime:
    """As `listing.last_activity` says it."""
    return max(at for at in (project.created_at, images.labeled, images.added) if at is not None)


def _standing(project: Project, role: str | None, user: User) -> Standing:
    known = OWNER if user.is_superuser or not role else Role(role)  # a superuser need not be a member
    return Standing(known, project.archived_at is not None, project.binned_at is not None)


def _thumbnails(ids: Sequence[int], user: User) -> dict[int, list[str]]:
    """The first thumbnails of each project that somebody sees: an index look-up for each, in one query."""
    images: Any = Project._meta.get_field("images").related_model
    hidden = images.out_of_sight(user).values("pk")
    shown = images._default_manager.filter(project=OuterRef("pk")).exclude(pk__in=hidden).order_by("pk").values("pk")
    nth = {f"image_{place}": Subquery(shown[place : place + 1]) for place in range(THUMBNAILS)}
    rows = Project.objects.filter(pk__in=ids).annotate(**nth).values_list("pk", *nth)
    found = {pk: [image for image in firsts if image is not None] for pk, *firsts in rows}
    there = images._default_manager.in_bulk([image for firsts in found.values() for image in firsts])
    return {pk: [there[image].thumbnail_url for image in firsts if image in there] for pk, firsts in found.items()}
