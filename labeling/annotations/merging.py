"""Moving objects to another class when classes are merged, and back. One transaction for each set of annotations, with
events in its log; the version rises and open editors are told, as with any change. How far an image is stays as it is:
nobody worked on it.
"""

from collections.abc import Collection
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationEvent, AnnotationSet
from labeling.annotations.versions import Change, payload, record_all, tell
from labeling.projects import jobs, merging
from labeling.projects.models import Category, Project, ProjectJob
from labeling.web.api import ApiError

SETS_AT_ONCE = 10
EVENTS_AT_ONCE = 500


@jobs.does(jobs.Kind.MERGE)
def step(job: ProjectJob) -> bool:
    """Move the objects of some sets; when none is left, the class goes."""
    project, user = job.project, _user(job)
    if project is None:
        return False
    category, into = _categories(project, job)
    if category is None:
        return False
    if into is None:
        message = "The class that the objects were to move to was deleted. Merge the class into another one."
        raise ApiError(409, "unknown_category", message)
    job.options.setdefault("from_event", _newest())
    found = AnnotationSet.objects.filter(annotations__category=category).distinct().order_by("pk")
    sets = list(found.values_list("pk", flat=True)[:SETS_AT_ONCE])
    for pk in sets:
        move(pk, user, category, into)
    job.done += len(sets)
    job.total = max(job.total, job.done)
    if sets or not merging.finish(project, category, into, job.created_by):
        return True
    job.options["to_event"] = _newest()
    return False


@jobs.does(jobs.Kind.UNMERGE)
def step_back(job: ProjectJob) -> bool:
    """Move some objects back that the merge moved and that are still of that class."""
    project, user = job.project, _user(job)
    if project is None:
        return False
    category, into = _categories(project, job)
    if category is None or into is None:
        message = "One of the two classes was deleted meanwhile. The other objects stay as they are."
        raise ApiError(409, "unknown_category", message)
    after = int(job.options.get("after_event", job.options["from_event"]))
    log = AnnotationEvent.objects.filter(set__image__project=project, pk__gt=after, pk__lte=job.options["to_event"])
    log = log.filter(kind=AnnotationEvent.Kind.CHANGE, before__category=category.number)
    moved = log.filter(after__category=job.options["was"]).order_by("pk")
    events = list(moved.values_list("pk", "set", "after__uid")[:EVENTS_AT_ONCE])
    uids: dict[int, set[UUID]] = {}
    for _, kept, uid in events:
        uids.setdefault(kept, set()).add(UUID(uid))
    for kept, those in uids.items():
        move(kept, user, into, category, those)
    job.done, job.total = job.done + len(uids), max(job.total, job.done + len(uids))
    if events:
        job.options["after_event"] = events[-1][0]
    return bool(events)


@transaction.atomic
def move(kept_pk: int, user: User, category: Category, into: Category, uids: Collection[UUID] | None = None) -> int:
    """Make the set's objects of a class (or only those of `uids`) objects of another one; returns how many."""
    kept = AnnotationSet.objects.select_for_update(of=("self",)).select_related("image").filter(pk=kept_pk).first()
    if kept is None:
        return 0
    objects = kept.annotations.select_related("category", "created_by").filter(category=category)
    if uids is not None:
        objects = objects.filter(uid__in=uids)
    changes: list[Change] = []
    for annotation in objects.order_by("pk"):
        before = payload(annotation)
        annotation.category = into
        annotation.save()
        changes.append((AnnotationEvent.Kind.CHANGE, before, payload(annotation)))
    if changes:
        record_all(kept, user, changes, quietly=True)
        tell(kept, user)
    return len(changes)


def _categories(project: Project, job: ProjectJob) -> tuple[Category | None, Category | None]:
    known = {one.number: one for one in project.categories.all()}
    return known.get(job.options["number"]), known.get(job.options["into"])


def _user(job: ProjectJob) -> User:
    """Who merges; who made the project when that account is deleted."""
    return cast(User, job.created_by or (job.project and job.project.created_by))


def _newest() -> int:
    return int(AnnotationEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0)
