"""The projects page in a few queries. Counts go through reverse relations, so this room imports none below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from labeling.accounts.models import User
from labeling.projects.access import MEASURED, OWNER, May, Standing
from labeling.projects.models import Membership, Project, Role

THUMBNAILS = 4


@dataclass(frozen=True)
class ProjectCard:
    """A project as its card shows it; numbers are of images."""

    project: Project
    role: Role
    total: int
    ready: int
    failed: int
    done: int
    thumbnails: list[str]  # URLs

    @property
    def can_manage(self) -> bool:
        """Whether the role may manage the project."""
        return Standing(self.role, archived=self.project.archived_at is not None).can(May.MANAGE)

    @property
    def preparing(self) -> int:
        """Images whose features are still to come."""
        return self.total - self.ready - self.failed


def project_cards(projects: Sequence[Project], user: User) -> list[ProjectCard]:
    """A card for each of `projects`, in their order."""
    ids = [project.pk for project in projects]
    roles = dict(Membership.objects.filter(project_id__in=ids, user=user).values_list("project_id", "role"))
    measured = [] if user.is_superuser else [pk for pk, role in roles.items() if role in MEASURED]
    listed = Q(images__golden=False) | ~Q(pk__in=measured)  # as `Image.listed_for`
    counted = Project.objects.filter(pk__in=ids).annotate(
        total=Count("images", filter=listed),
        ready=Count("images", filter=listed & Q(images__encoding__state="ready")),
        failed=Count("images", filter=listed & Q(images__encoding__state="failed")),
        done=Count("images", filter=listed & Q(images__annotation_set__status__in=["done", "accepted"])),
    )  # fmt: skip
    counts = {row["pk"]: row for row in counted.values("pk", "total", "ready", "failed", "done")}
    return [_card(project, counts[project.pk], roles.get(project.pk)) for project in projects]


def _card(project: Project, counts: Mapping[str, Any], role: str | None) -> ProjectCard:
    return ProjectCard(
        project=project,
        role=Role(role) if role else OWNER,  # a superuser sees everything without being a member
        total=counts["total"],
        ready=counts["ready"],
        failed=counts["failed"],
        done=counts["done"],
        thumbnails=[image.thumbnail_url for image in project.images.filter(golden=False).order_by("id")[:THUMBNAILS]],
    )
