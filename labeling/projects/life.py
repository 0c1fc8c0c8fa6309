"""A project's life: archived and restored, into the bin and out of it again. What takes a while is a job (`jobs`).

An archived project can be viewed and exported but not changed (`access.IN_ARCHIVE`). A project in the bin is there for
nobody but those who may restore it; after `BIN_DAYS` it is deleted for good.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.projects.models import Project
from labeling.projects.schemas import ProjectLife, ProjectLifeMessage, ProjectState
from labeling.web import events
from labeling.web.api import ApiError

BIN_DAYS = 30


class _Gone(StrEnum):
    """Why a change of a project's life is refused."""

    NOT_THERE = "This project was deleted for good meanwhile."
    IN_BIN = "This project is in the bin. Restore it first."
    NOT_IN_BIN = "This project is not in the bin any more: somebody restored it. Nothing was deleted."


def state_of(project: Project) -> ProjectState:
    """Whether the project is in use, archived or in the bin."""
    if project.binned_at is not None:
        return "bin"
    return "active" if project.archived_at is None else "archived"


def deleted_for_good_at(project: Project) -> datetime | None:
    """When a project in the bin is deleted; None for one that is not there."""
    return None if project.binned_at is None else project.binned_at + timedelta(days=BIN_DAYS)


def describe(project: Project) -> ProjectLife:
    """What the project is now."""
    ends = deleted_for_good_at(project)
    return ProjectLife(id=project.pk, state=state_of(project), deleted_at=ends.isoformat() if ends else None)


@transaction.atomic
def archive(project: Project, user: User) -> None:
    """Make the project read-only and put it aside. Harmless when it is. Raises: ApiError 409 `in_bin`."""
    lock(project)
    require_out_of_bin(project)
    if project.archived_at is None:
        project.archived_at, project.archived_by = timezone.now(), user
        _save(project, Action.PROJECT_ARCHIVED, user, "archived_at", "archived_by")


@transaction.atomic
def unarchive(project: Project, user: User) -> None:
    """Let the project be changed again. Harmless when it can be. Raises: ApiError 409 `in_bin`."""
    lock(project)
    require_out_of_bin(project)
    if project.archived_at is not None:
        project.archived_at = project.archived_by = None
        _save(project, Action.PROJECT_RESTORED, user, "archived_at", "archived_by")


@transaction.atomic
def move_to_bin(project: Project, user: User, *, named: str) -> None:
    """Put the project into the bin; harmless when it is there.

    Raises: ApiError 409 `wrong_name` unless `named` is the project's name.
    """
    lock(project)
    check_name(project, named)
    if project.binned_at is None:
        project.binned_at, project.binned_by = timezone.now(), user
        _save(project, Action.PROJECT_BINNED, user, "binned_at", "binned_by")


@transaction.atomic
def restore(project: Project, user: User) -> None:
    """Take the project out of the bin as it was; harmless when it is not there.

    Raises: ApiError 409 `being_deleted` when its deletion for good has begun.
    """
    lock(project)
    if project.jobs.filter(kind="purge").exists():
        message = "This project is being deleted for good. It can't be restored any more."
        raise ApiError(409, "being_deleted", message)
    if project.binned_at is not None:
        project.binned_at = project.binned_by = None
        _save(project, Action.PROJECT_RESTORED, user, "binned_at", "binned_by")


def check_name(project: Project, named: str) -> None:
    """Raises: ApiError 409 `wrong_name` unless `named` is the project's name."""
    if named.strip() != project.name.strip():
        message = f"This project is called “{project.name}”. Type that name to delete it; nothing was deleted."
        raise ApiError(409, "wrong_name", message, field="name")


def require_in_bin(project: Project) -> None:
    """Raises: ApiError 409 `not_in_bin`."""
    if project.binned_at is None:
        raise ApiError(409, "not_in_bin", _Gone.NOT_IN_BIN)


def require_out_of_bin(project: Project) -> None:
    """Raises: ApiError 409 `in_bin`."""
    if project.binned_at is not None:
        raise ApiError(409, "in_bin", _Gone.IN_BIN)


def lock(project: Project) -> None:
    """Have the project's row, as it is now, to ourselves until the transaction ends. Raises: ApiError 404."""
    try:
        project.refresh_from_db(from_queryset=Project.objects.select_for_update())
    except Project.DoesNotExist as error:
        raise ApiError(404, "not_found", _Gone.NOT_THERE) from error


def _save(project: Project, action: Action, user: User, *fields: str) -> None:
    """Every open editor and page looks again what its person may."""
    # Before the news that `save` tells: what editors load then is asked for with the new standing.
    events.publish_committed(events.editors_group(project.pk), {"type": "membership", "user": None})
    project.save(update_fields=fields)
    record(action, by=user, about=project, project=project)
    news = ProjectLifeMessage(project=project.pk, state=state_of(project))
    events.publish_committed(events.project_group(project.pk), news.event())
