"""`/api/projects`."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from labeling.accounts.models import User
from labeling.common.api import api, body
from labeling.projects.access import EVERY_ROLE, MANAGERS, project_for, projects_of, require
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Attribute, Category, Project
from labeling.projects.services import change_project, create_project, delete_project, may_create
from labeling.projects.specs import ProjectChange, ProjectDeletion, ProjectSpec


def category_payload(category: Category) -> dict[str, Any]:
    """A class as clients see it."""
    return {
        "number": category.number,
        "name": category.name,
        "color": category.color,
        "hotkey": category.hotkey,
        "kind": category.kind,
    }


def attribute_payload(attribute: Attribute) -> dict[str, Any]:
    """An attribute as clients see it."""
    return {
        "number": attribute.number,
        "name": attribute.name,
        "kind": attribute.kind,
        "choices": attribute.choices,
    }


def project_payload(project: Project, user: User) -> dict[str, Any]:
    """A project with its classes, as the user sees it."""
    return {
        "id": project.pk,
        "name": project.name,
        "instructions": project.instructions,
        "url": reverse("workspace:project", args=[project.pk]),
        "role": require(user, project.pk),
        "categories": [category_payload(category) for category in project.categories.all()],
        "attributes": [attribute_payload(attribute) for attribute in project.attributes.all()],
        "panoptic": project.panoptic,
    }


@api("GET", "POST")
def projects(request: HttpRequest) -> Any:
    """The user's projects; or a new one, whose manager they are."""
    user = cast(User, request.user)
    if request.method == "POST":
        if not may_create(user):
            raise PermissionDenied("You don't have permission to create projects. Ask your administrator.")
        spec = body(request, ProjectSpec)
        with transaction.atomic():
            made = create_project(name=spec.name, user=user, instructions=spec.instructions, categories=spec.categories)
            save_attributes(made, spec.attributes)
        return 201, project_payload(made, user)
    found = projects_of(user).prefetch_related("categories", "attributes")
    return {"results": [project_payload(project, user) for project in found]}


@api("GET", "PATCH", "DELETE")
def project(request: HttpRequest, project_id: int) -> Any:
    """One project; every member may read, managers may change or delete it."""
    user = cast(User, request.user)
    found = project_for(request, project_id, EVERY_ROLE if request.method == "GET" else MANAGERS)
    if request.method == "DELETE":
        delete_project(found, named=body(request, ProjectDeletion).name)
        return {"deleted": project_id}
    if request.method == "PATCH":
        change = body(request, ProjectChange)
        listed = {one.number for one in change.categories or []}
        gone = set(found.categories.values_list("number", flat=True)) - listed if change.categories else set()
        with transaction.atomic():
            change_project(
                found, name=change.name, instructions=change.instructions, categories=change.categories, deleted=gone
            )
            if change.attributes is not None:
                kept = {one.number for one in change.attributes}
                known = found.attributes.values_list("number", flat=True)
                save_attributes(found, change.attributes, set(known) - kept)
    return project_payload(found, user)
