"""Deleting a project for good: its rows part by part, then its files, its own row last.

Each part is a transaction of its own, so that no deletion is too large for the database and a killed worker's work is
kept. Files follow their rows by the signals of the rooms; then everything under the project's prefix goes, which is
what a worker left behind that was killed between a row and its file.
"""

from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import CASCADE, ForeignObjectRel, Model, ProtectedError, RestrictedError
from django.utils import timezone

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.projects import jobs, life
from labeling.projects.models import Membership, Project, ProjectJob
from labeling.projects.signals import project_purged
from labeling.storage.trees import delete_tree

IMAGES_AT_ONCE = 20
ROWS_AT_ONCE = 500
LOOK_AGAIN_FOR = timedelta(days=1)
"""For so long after a deletion files are looked for that a worker was still writing."""


def start(project: Project, user: User | None, *, named: str) -> ProjectJob:
    """Delete a project that is in the bin for good. Harmless when that has begun.

    Raises: ApiError 409 `not_in_bin`, `wrong_name`.
    """
    with transaction.atomic():
        life.lock(project)
        life.require_in_bin(project)
        life.check_name(project, named)
        begun = project.jobs.filter(kind=jobs.Kind.PURGE).first()
        if begun is not None:
            jobs.try_again(begun)
            return begun
        return jobs.start(project, jobs.Kind.PURGE, user, total=project.images.count(), name=project.name)


def empty_bin() -> int:
    """Begin to delete what was in the bin for `BIN_DAYS`; returns how many projects."""
    before = timezone.now() - timedelta(days=life.BIN_DAYS)
    due = Project.objects.filter(binned_at__lt=before).exclude(jobs__kind=jobs.Kind.PURGE)
    for project in due:
        start(project, None, named=project.name)
    failed = ProjectJob.objects.filter(kind=jobs.Kind.PURGE, state=jobs.State.FAILED)
    for job in failed:
        jobs.try_again(job)
    return len(due)


@jobs.does(jobs.Kind.PURGE)
def step(job: ProjectJob) -> bool:
    """Delete a part of what is left of the project."""
    project = Project.objects.filter(pk=job.project_number).first()
    if project is None:
        delete_files(job.project_number)
        return False
    images = project.images.order_by("pk")[:IMAGES_AT_ONCE]
    if deleted := _delete_each(list(images)):
        job.done = min(job.total, job.done + deleted)
        return True
    if _delete_rows(project):
        return True
    delete_files(project.pk)
    with transaction.atomic():
        ProjectJob.objects.filter(project=project).update(project=None)
        ProjectJob.objects.filter(project_number=project.pk).exclude(pk=job.pk).delete()
        record(Action.PROJECT_DELETED, by=job.created_by, about=project, project=project, images=job.done)
        project.delete()
    job.project = None
    return False


def look_once_more() -> None:
    """Delete the files of projects that were deleted lately which a worker wrote meanwhile, unaware of it."""
    since = timezone.now() - LOOK_AGAIN_FOR
    ended = ProjectJob.objects.filter(kind=jobs.Kind.PURGE, state=jobs.State.DONE, finished_at__gt=since)
    numbers = set(ended.values_list("project_number", flat=True))
    numbers -= set(Project.objects.filter(pk__in=numbers).values_list("pk", flat=True))
    for number in numbers:
        delete_files(number)


def delete_files(project_id: int) -> None:
    """Everything that is stored of a project, in every storage."""
    delete_tree(default_storage, f"projects/{project_id}")
    project_purged.send(sender=Project, project_id=project_id)


def _delete_rows(project: Project) -> bool:
    """Delete some rows that belong to the project, of whichever room; False when none is left.

    Memberships stay to the end: who may see the deletion still has to be known.
    """
    held: ProtectedError | RestrictedError | None = None
    for relation in Project._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or getattr(relation, "on_delete", None) is not CASCADE:
            continue
        model = relation.related_model
        if model is Membership or isinstance(model, str):
            continue
        rows = model._base_manager.filter(**{relation.field.name: project}).order_by("pk")[:ROWS_AT_ONCE]
        try:
            if _delete_each(list(rows)):
                return True
        except (ProtectedError, RestrictedError) as error:  # by rows of another table, whose turn comes later
            held = error
    if held is not None:
        raise held
    return False


def _delete_each(rows: list[Model]) -> int:
    """One by one: what hangs on each row goes with it, and its files by signals."""
    with transaction.atomic():
        for row in rows:
            row.delete()
    return len(rows)
