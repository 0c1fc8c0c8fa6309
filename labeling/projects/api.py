"""`/api/projects`."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from ninja import Status

from labeling.accounts.models import User
from labeling.accounts.services import user_of
from labeling.projects import class_lists, copying, jobs, life, merging
from labeling.projects import purge as purging
from labeling.projects.access import May, Standing, project_for, projects_of, require, standings_of
from labeling.projects.attributes import save_attributes
from labeling.projects.life import require_out_of_bin
from labeling.projects.models import Category, Project
from labeling.projects.schemas import (
    AttributeData,
    CategoryData,
    CategoryList,
    ClassData,
    ClassList,
    ClassTemplateData,
    ClassTemplates,
    MergedCategoryData,
    MergedData,
    ProjectCopy,
    ProjectData,
    ProjectJobData,
    ProjectJobList,
    ProjectLife,
    ProjectList,
)
from labeling.projects.services import (
    MAY_NOT_CREATE,
    add_classes,
    change_project,
    check_unchanged,
    create_project,
    may_create,
    order_categories,
    settings_state,
)
from labeling.projects.specs import (
    CategoryMerge,
    CategoryOrder,
    ClassImport,
    ClassText,
    ProjectChange,
    ProjectDeletion,
    ProjectDuplication,
    ProjectSpec,
)
from labeling.web.routes import Router, Sent

router = Router(tags=["projects"])


_PARTS = ("categories", "attributes", "merged_categories__into")
"""What an answer tells of a project besides its own row."""


def project_data(project: Project, user: User) -> ProjectData:
    """A project with its classes, as the user sees it."""
    prefetch_related_objects([project], *_PARTS)
    return _data(project, require(user, project.pk))


def _data(project: Project, standing: Standing) -> ProjectData:
    return ProjectData(
        id=project.pk,
        name=project.name,
        state=life.state_of(project),
        instructions=project.instructions,
        url=reverse("pages:project", args=[project.pk]),
        role=standing.role,
        **standing.abilities(),
        categories=[CategoryData.of(category) for category in project.categories.all()],
        merged=[MergedData(number=one.number, into=one.into.number) for one in project.merged_categories.all()],
        attributes=[AttributeData.of(attribute) for attribute in project.attributes.all()],
        panoptic=project.panoptic,
    )


@router.get("projects")
def projects(request: HttpRequest) -> ProjectList:
    """The projects of the signed-in person."""
    user = user_of(request)
    found = standings_of(user, projects_of(user).prefetch_related(*_PARTS))
    return ProjectList(results=[_data(project, standing) for project, standing in found])


@router.post("projects", response={201: ProjectData})
def create(request: HttpRequest, sent: Sent[ProjectSpec]) -> Status[ProjectData]:
    """Make a project, whose manager the signed-in person is."""
    user = user_of(request)
    if not may_create(user):
        raise PermissionDenied(MAY_NOT_CREATE)
    spec = sent.read()
    with transaction.atomic():
        wanted: list[Any] = [*(class_lists.named(spec.template).classes if spec.template else []), *spec.categories]
        made = create_project(name=spec.name, user=user, instructions=spec.instructions, categories=wanted)
        save_attributes(made, spec.attributes)
    return Status(201, project_data(made, user))


@router.get("projects/{id:project_id}")
def project(request: HttpRequest, project_id: int) -> ProjectData:
    """A project with its classes and attributes."""
    return project_data(project_for(request, project_id), user_of(request))


@router.patch("projects/{id:project_id}")
def change(request: HttpRequest, project_id: int, sent: Sent[ProjectChange]) -> ProjectData:
    """Change a project. Managers only; what is left out stays."""
    found = project_for(request, project_id, May.MANAGE)
    wanted = sent.read()
    listed = {one.number for one in wanted.categories or []}
    gone = set(found.categories.values_list("number", flat=True)) - listed if wanted.categories else set()
    with transaction.atomic():
        check_unchanged(found, wanted.seen)
        change_project(
            found, name=wanted.name, instructions=wanted.instructions, categories=wanted.categories, deleted=gone
        )
        if wanted.attributes is not None:
            kept = {one.number for one in wanted.attributes}
            known = found.attributes.values_list("number", flat=True)
            save_attributes(found, wanted.attributes, set(known) - kept)
    return project_data(found, user_of(request))


@router.delete("projects/{id:project_id}")
def delete(request: HttpRequest, project_id: int, sent: Sent[ProjectDeletion]) -> ProjectLife:
    """Move a project to the bin, where it can be restored for 30 days. Owners only.

    The name guards against a wrong id.
    """
    found = project_for(request, project_id, May.ARCHIVE)
    life.move_to_bin(found, user_of(request), named=sent.read().name)
    return life.describe(found)


@router.post("projects/{id:project_id}/archive")
def archive(request: HttpRequest, project_id: int) -> ProjectLife:
    """Make a project read-only and put it aside. Owners only."""
    found = project_for(request, project_id, May.ARCHIVE)
    life.archive(found, user_of(request))
    return life.describe(found)


@router.post("projects/{id:project_id}/unarchive")
def unarchive(request: HttpRequest, project_id: int) -> ProjectLife:
    """Let an archived project be changed again. Owners only."""
    found = project_for(request, project_id, May.ARCHIVE)
    life.unarchive(found, user_of(request))
    return life.describe(found)


@router.post("projects/{id:project_id}/restore")
def restore(request: HttpRequest, project_id: int) -> ProjectLife:
    """Take a project out of the bin. Owners only; 409 `being_deleted` when its deletion for good has begun."""
    found = project_for(request, project_id, May.ARCHIVE)
    life.restore(found, user_of(request))
    return life.describe(found)


@router.get("class-templates")
def class_templates(request: HttpRequest) -> ClassTemplates:
    """The lists of classes that a project can begin with."""
    return ClassTemplates(
        results=[
            ClassTemplateData(name=one.name, title=one.title, about=one.about, classes=len(one.classes))
            for one in class_lists.built_in().values()
        ]
    )


@router.post("class-lists")
def read_class_list(request: HttpRequest, sent: Sent[ClassText]) -> ClassList:
    """What classes a text names: one name a line, or JSON as an export has it. Nothing is changed."""
    found = class_lists.read(sent.read().text)
    return ClassList(
        results=[
            ClassData(name=one.name, color=one.color, hotkey=one.hotkey, kind=Category.Kind(one.kind)) for one in found
        ]
    )


@router.post("projects/{id:project_id}/categories/import")
def import_classes(request: HttpRequest, project_id: int, sent: Sent[ClassImport]) -> CategoryList:
    """Add the classes of a list that the project does not have by name. Managers only; all or none."""
    found, wanted = project_for(request, project_id, May.MANAGE), sent.read()
    add_classes(found, class_lists.read(wanted.text), wanted.seen)
    return _categories(found)


def _categories(project: Project) -> CategoryList:
    return CategoryList(
        seen=settings_state(project),
        results=[CategoryData.of(category) for category in project.categories.all()],
        merged=[
            MergedCategoryData(
                number=one.number,
                into=one.into.number,
                name=one.name,
                merged_by=one.merged_by.shown_name if one.merged_by else None,
                merged_at=one.merged_at.isoformat(),
            )
            for one in project.merged_categories.select_related("into", "merged_by")
        ],
    )


@router.get("projects/{id:project_id}/categories")
def categories(request: HttpRequest, project_id: int) -> CategoryList:
    """The classes of a project in their order, and those that were merged."""
    return _categories(project_for(request, project_id))


@router.put("projects/{id:project_id}/categories/order")
def order(request: HttpRequest, project_id: int, sent: Sent[CategoryOrder]) -> CategoryList:
    """Put the classes into another order. Managers only; 409 `changed` unless it names all classes that there are."""
    found, wanted = project_for(request, project_id, May.MANAGE), sent.read()
    order_categories(found, wanted.numbers, wanted.seen)
    return _categories(found)


@router.post("projects/{id:project_id}/categories/{id:number}/merge", response={202: ProjectJobData})
def merge(request: HttpRequest, project_id: int, number: int, sent: Sent[CategoryMerge]) -> Status[ProjectJobData]:
    """Merge a class into another one: its objects become that one's, then it is deleted. Managers only.

    A worker does it. `…/unmerge` undoes it.
    """
    found, wanted = project_for(request, project_id, May.MANAGE), sent.read()
    job = merging.start(found, user_of(request), number=number, into=wanted.into, seen=wanted.seen)
    return Status(202, jobs.describe(job))


@router.post("projects/{id:project_id}/categories/{id:number}/unmerge", response={202: ProjectJobData})
def unmerge(request: HttpRequest, project_id: int, number: int) -> Status[ProjectJobData]:
    """Make a merged class again; objects go back that are still of the class they were moved to. Managers only."""
    found = project_for(request, project_id, May.MANAGE)
    return Status(202, jobs.describe(merging.start_undo(found, user_of(request), number=number)))


@router.post("projects/{id:project_id}/duplicate", response={201: ProjectCopy})
def duplicate(request: HttpRequest, project_id: int, sent: Sent[ProjectDuplication]) -> Status[ProjectCopy]:
    """Make a project with the settings, classes, attributes and members of another one. Managers who may make projects.

    Labels are not copied. Images are, by a job, if that is wanted.
    """
    found, user = project_for(request, project_id, May.DUPLICATE), user_of(request)
    require_out_of_bin(found)
    if not may_create(user):
        raise PermissionDenied(MAY_NOT_CREATE)
    wanted = sent.read()
    name = wanted.name or copying.name_of_copy(found.name)
    made, job = copying.duplicate(found, user, name=name, images=wanted.images, members=wanted.members)
    url = reverse("pages:project", args=[made.pk])
    return Status(201, ProjectCopy(id=made.pk, name=made.name, url=url, job=jobs.describe(job) if job else None))


@router.post("projects/{id:project_id}/purge", response={202: ProjectJobData})
def purge(request: HttpRequest, project_id: int, sent: Sent[ProjectDeletion]) -> Status[ProjectJobData]:
    """Delete a project that is in the bin for good, with all its images, labels and files.

    Owners only; the name guards against a wrong id. A worker does it.
    """
    found = project_for(request, project_id, May.ARCHIVE)
    return Status(202, jobs.describe(purging.start(found, user_of(request), named=sent.read().name)))


@router.get("projects/{id:project_id}/jobs")
def project_jobs(request: HttpRequest, project_id: int) -> ProjectJobList:
    """Work on the whole project that is going on or failed, and what ended in the last day, the newest first."""
    require(request.user, project_id, May.ARCHIVE)
    return ProjectJobList(results=[jobs.describe(job) for job in jobs.recent(project_id)])
