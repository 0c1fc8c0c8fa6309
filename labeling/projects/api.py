"""`/api/projects`."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from ninja import Status

from labeling.accounts.models import User
from labeling.accounts.services import user_of
from labeling.projects.access import MANAGERS, abilities, project_for, projects_of, require
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Project
from labeling.projects.schemas import AttributeData, CategoryData, Deleted, ProjectData, ProjectList
from labeling.projects.services import change_project, create_project, delete_project, may_create
from labeling.projects.specs import ProjectChange, ProjectDeletion, ProjectSpec
from labeling.web.routes import Router, Sent

router = Router(tags=["projects"])


def project_data(project: Project, user: User) -> ProjectData:
    """A project with its classes, as the user sees it."""
    role = require(user, project.pk)
    return ProjectData(
        id=project.pk,
        name=project.name,
        instructions=project.instructions,
        url=reverse("pages:project", args=[project.pk]),
        role=role,
        **abilities(role),
        categories=[CategoryData.of(category) for category in project.categories.all()],
        attributes=[AttributeData.of(attribute) for attribute in project.attributes.all()],
        panoptic=project.panoptic,
    )


@router.get("projects")
def projects(request: HttpRequest) -> ProjectList:
    """The projects of the signed-in person."""
    user = user_of(request)
    found = projects_of(user).prefetch_related("categories", "attributes")
    return ProjectList(results=[project_data(project, user) for project in found])


@router.post("projects", response={201: ProjectData})
def create(request: HttpRequest, sent: Sent[ProjectSpec]) -> Status[ProjectData]:
    """Make a project, whose manager the signed-in person is."""
    user = user_of(request)
    if not may_create(user):
        raise PermissionDenied("You don't have permission to create projects. Ask your administrator.")
    spec = sent.read()
    with transaction.atomic():
        made = create_project(name=spec.name, user=user, instructions=spec.instructions, categories=spec.categories)
        save_attributes(made, spec.attributes)
    return Status(201, project_data(made, user))


@router.get("projects/{id:project_id}")
def project(request: HttpRequest, project_id: int) -> ProjectData:
    """A project with its classes and attributes."""
    return project_data(project_for(request, project_id), user_of(request))


@router.patch("projects/{id:project_id}")
def change(request: HttpRequest, project_id: int, sent: Sent[ProjectChange]) -> ProjectData:
    """Change a project. Managers only; what is left out stays."""
    found = project_for(request, project_id, MANAGERS)
    wanted = sent.read()
    listed = {one.number for one in wanted.categories or []}
    gone = set(found.categories.values_list("number", flat=True)) - listed if wanted.categories else set()
    with transaction.atomic():
        change_project(
            found, name=wanted.name, instructions=wanted.instructions, categories=wanted.categories, deleted=gone
        )
        if wanted.attributes is not None:
            kept = {one.number for one in wanted.attributes}
            known = found.attributes.values_list("number", flat=True)
            save_attributes(found, wanted.attributes, set(known) - kept)
    return project_data(found, user_of(request))


@router.delete("projects/{id:project_id}")
def delete(request: HttpRequest, project_id: int, sent: Sent[ProjectDeletion]) -> Deleted:
    """Delete a project with all its images. Managers only; the name guards against a wrong id."""
    delete_project(project_for(request, project_id, MANAGERS), named=sent.read().name)
    return Deleted(deleted=project_id)
