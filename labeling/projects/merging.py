"""Merging a class into another one: its objects move (by a job, `annotations.merging`), then it is deleted.

Its number stays known: who still sends it means the class that it was merged into. So an editor that did not hear of
it loses nothing.
"""

from collections.abc import Collection

from django.db import transaction

from labeling.accounts.models import User
from labeling.projects import jobs
from labeling.projects.models import Category, MergedCategory, Project, ProjectJob
from labeling.projects.palette import free_hotkey
from labeling.projects.services import check_unchanged
from labeling.projects.signals import category_merged
from labeling.web.api import ApiError

Kind = jobs.Kind
WORKING = (jobs.State.QUEUED, jobs.State.RUNNING)


def category_numbered(project_id: int, number: int) -> Category | None:
    """The class with this number, or the one that it was merged into; None for a number that never was one."""
    return categories_numbered(project_id, {number}).get(number)


def categories_numbered(project_id: int, numbers: Collection[int]) -> dict[int, Category]:
    """As `category_numbered`, those of them that there are, by the numbers asked for."""
    found = {one.number: one for one in Category.objects.filter(project=project_id, number__in=numbers)}
    if missing := set(numbers) - set(found):
        merged = MergedCategory.objects.select_related("into").filter(project=project_id, number__in=missing)
        found |= {one.number: one.into for one in merged}
    return found


@transaction.atomic
def start(project: Project, user: User, *, number: int, into: int, seen: str = "") -> ProjectJob:
    """Merge class `number` into class `into`; a job moves the objects.

    Raises: ApiError 400 `bad_merge`, 404 `unknown_category`, 409 `changed` (as `check_unchanged`), 409 `merging`.
    """
    check_unchanged(project, seen)
    if number == into:
        raise ApiError(400, "bad_merge", "A class can't be merged into itself. Choose another class.")
    known = {one.number: one for one in project.categories.filter(number__in=(number, into))}
    for one in (number, into):
        if one not in known:
            message = f"The project has no class number {one}. Reload the page."
            raise ApiError(404, "unknown_category", message)
    _require_still(project, number, into)
    category = known[number]
    sets = category.annotations.values("set").distinct().count()
    return jobs.start(project, Kind.MERGE, user, total=sets, number=number, into=into, name=category.name)


def start_named(project: Project, user: User, *, number: int, into: str) -> ProjectJob:
    """The same with the name of the other class. Raises: ApiError 400 `bad_merge` at class `number`."""
    found = [one.number for one in project.categories.all() if one.name.casefold() == into.strip().casefold()]
    if not found or found[0] == number:
        message = f"There is no other class named “{into.strip()}” to move the objects to. Choose one of the list."
        raise ApiError(400, "bad_merge", message, category=number)
    return start(project, user, number=number, into=found[0])


def _require_still(project: Project, *numbers: int) -> None:
    """Raises: ApiError 409 `merging` while a merge of one of these classes goes on."""
    for job in project.jobs.filter(kind__in=(Kind.MERGE, Kind.UNMERGE), state__in=WORKING):
        if {job.options["number"], job.options["into"]} & set(numbers):
            message = "One of these classes is being merged right now. Wait until that is done, then try again."
            raise ApiError(409, "merging", message)


@transaction.atomic
def finish(project: Project, category: Category, into: Category, user: User | None) -> bool:
    """Delete a class without objects and remember what it is now. False when it has objects: somebody was faster."""
    Project.objects.select_for_update().filter(pk=project.pk).first()
    if category.annotations.exists():
        return False
    MergedCategory.objects.filter(into=category).update(into=into)
    MergedCategory.objects.create(
        project=project, number=category.number, into=into, name=category.name, color=category.color,
        kind=category.kind, merged_by=user,
    )  # fmt: skip
    category_merged.send(sender=Category, category=category, into=into)
    category.delete()
    return True


@transaction.atomic
def start_undo(project: Project, user: User, *, number: int) -> ProjectJob:
    """Make a merged class again and have the objects moved back that are still of the class they were moved to.

    Raises: ApiError 404 `not_merged`, 409 `merging`.
    """
    Project.objects.select_for_update().filter(pk=project.pk).first()
    merged = project.merged_categories.select_related("into").filter(number=number).first()
    job = _job_of(project, number)
    if merged is None or job is None:
        raise ApiError(404, "not_merged", f"No class with the number {number} was merged. Reload the page.")
    _require_still(project, number, merged.into.number)
    _made_again(project, merged)
    moved = {name: job.options[name] for name in ("from_event", "to_event")}
    into = merged.into.number
    merged.delete()
    return jobs.start(
        project, Kind.UNMERGE, user, total=job.done, number=number, into=into, was=job.options["into"],
        name=merged.name, **moved,
    )  # fmt: skip


def _job_of(project: Project, number: int) -> ProjectJob | None:
    merges = project.jobs.filter(kind=Kind.MERGE, state=jobs.State.DONE)
    return next((job for job in merges if job.options["number"] == number), None)


def _made_again(project: Project, merged: MergedCategory) -> Category:
    """The class as it was, with its old number. Its name and key may be another class's by now."""
    categories = list(project.categories.all())
    names = {one.name.casefold() for one in categories}
    name, suffix = merged.name, 2
    while name.casefold() in names:
        name, suffix = f"{merged.name[:74]} ({suffix})", suffix + 1
    hotkey = free_hotkey({one.hotkey for one in categories}, name)
    last = max((one.order for one in categories), default=0)
    return Category.objects.create(
        project=project, number=merged.number, name=name, color=merged.color, kind=merged.kind, hotkey=hotkey,
        order=last + 1,
    )  # fmt: skip
