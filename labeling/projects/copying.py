"""Making a project after another one: settings, classes, attributes and members; its images by a job."""

from typing import TypeVar

from django.db import transaction

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.projects import jobs
from labeling.projects.access import OWNER
from labeling.projects.models import Attribute, Category, Membership, Project, ProjectJob
from labeling.projects.signals import project_copied

RowT = TypeVar("RowT", Category, Attribute)

LONGEST_NAME = Project._meta.get_field("name").max_length or 120
OWN = frozenset({"id", "name", "created_by", "created_at", "archived_at", "archived_by", "binned_at", "binned_by"})
"""Fields of a project that its copy does not get."""


def name_of_copy(name: str) -> str:
    """“Copy of …”, as much of the name as fits."""
    return f"Copy of {name}"[:LONGEST_NAME].rstrip()


@transaction.atomic
def duplicate(
    source: Project, user: User, *, name: str, images: bool = False, members: bool = True
) -> tuple[Project, ProjectJob | None]:
    """A new project that `user` manages, with what `source` has but its labels.

    images: a job copies them. Returns: the project and the job, if there is one.
    """
    copy = Project(name=name, created_by=user)
    for field in Project._meta.concrete_fields:
        if field.name not in OWN:
            setattr(copy, field.attname, getattr(source, field.attname))
    copy.save()
    Category.objects.bulk_create(_copies(Category, source, copy))
    Attribute.objects.bulk_create(_copies(Attribute, source, copy))
    people = source.memberships.exclude(user=user) if members else Membership.objects.none()
    Membership.objects.create(project=copy, user=user, role=OWNER)
    for one in people:
        Membership.objects.create(project=copy, user_id=one.user_id, role=one.role)
    project_copied.send(sender=Project, source=source, copy=copy)
    record(Action.PROJECT_CREATED, by=user, about=copy, project=copy, copy_of=source.pk)
    total = source.images.count() if images else 0
    return copy, jobs.start(copy, jobs.Kind.COPY, user, total=total, source=source.pk) if total else None


def _copies(model: type[RowT], source: Project, copy: Project) -> list[RowT]:
    names = [field.attname for field in model._meta.concrete_fields if field.name not in ("id", "project")]
    return [
        model(project=copy, **{name: getattr(row, name) for name in names})
        for row in model._default_manager.filter(project=source)
    ]
