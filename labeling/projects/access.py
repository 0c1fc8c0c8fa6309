"""Who may do what in a project: the one place where a role is looked up, and where it is said what a role may.

A new role is a member of `projects.models.Role` and a row of `ROLES`.

An outsider must not learn that a project exists: *not a member* is 404, *too small a role* is 403.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from labeling.accounts.models import User
from labeling.projects.models import Membership, Project, Role


class May(StrEnum):
    """What somebody may do in a project."""

    VIEW = "view"  # look at images, labels, suggestions and progress
    LABEL = "label"  # change labels, decide about suggestions, hold an image
    EXPORT = "export"  # make exports and download them
    MANAGE = "manage"  # images, classes, members, runs, trainings, settings, deletion


ROLES: Mapping[Role, frozenset[May]] = {
    Role.MANAGER: frozenset({May.VIEW, May.LABEL, May.EXPORT, May.MANAGE}),
    Role.ANNOTATOR: frozenset({May.VIEW, May.LABEL}),
    Role.REVIEWER: frozenset({May.VIEW, May.EXPORT}),
}
"""What each role may: the one table of permissions."""

OWNER = Role.MANAGER
"""The role of who creates a project, and of a superuser everywhere. Each project keeps a member who has it."""


def who_may(what: May) -> frozenset[Role]:
    """The roles that may do something."""
    return frozenset(role for role, allowed in ROLES.items() if what in allowed)


EVERY_ROLE = who_may(May.VIEW)
LABELERS = who_may(May.LABEL)
EXPORTERS = who_may(May.EXPORT)
MANAGERS = who_may(May.MANAGE)
MEASURED = LABELERS - MANAGERS
"""The roles whose work is measured against golden images: they must not see the truth of one."""


def abilities(role: Role) -> dict[str, bool]:
    """What a role may, as pages and the client are told: `can_label`, `can_export`, `can_manage`."""
    return {f"can_{what}": what in ROLES[role] for what in May if what != May.VIEW}


def a_role(role: Role) -> str:
    """The role with its article, in a sentence."""
    return f"{'an' if role.label[0] in 'AEIOU' else 'a'} {role.label.lower()}"


ModelT = TypeVar("ModelT", bound=Model)


def role_of(user: User | AnonymousUser, project_id: int) -> Role | None:
    """The user's role in the project; None for an outsider. A superuser is an owner everywhere."""
    if not user.is_authenticated:
        return None
    if user.is_superuser:
        return OWNER
    role = Membership.objects.filter(project_id=project_id, user_id=user.pk).values_list("role", flat=True).first()
    return Role(role) if role else None


def require(user: User | AnonymousUser, project_id: int, allowed: frozenset[Role] = EVERY_ROLE) -> Role:
    """The user's role, if it is one of `allowed`.

    Raises: Http404 for an outsider, PermissionDenied (403) for a role that is too small.
    """
    role = role_of(user, project_id)
    if role is None:
        raise Http404("No such project, or you are not a member of it.")
    if role not in allowed:
        names = " and ".join(sorted(f"{one.label.lower()}s" for one in allowed))
        raise PermissionDenied(f"Only {names} can open this page; you are {a_role(role)}.")
    return role


def project_for(request: HttpRequest, project_id: int, allowed: frozenset[Role] = EVERY_ROLE) -> Project:
    """The project, if the request's user may; otherwise as `require`."""
    require(request.user, project_id, allowed)
    return get_object_or_404(Project, pk=project_id)


def object_for(
    request: HttpRequest,
    objects: QuerySet[ModelT],
    allowed: frozenset[Role] = EVERY_ROLE,
    *,
    project: str = "project_id",
    **lookup: Any,
) -> ModelT:
    """One of `objects`, if the request's user may; `project` is the lookup path to its project's id.

    A model with a `hidden_from(user, role)` says by it what a member must not see either: that is 404, too.

    >>> object_for(request, Annotation.objects.all(), LABELERS, project="set__image__project_id", pk=7)
    """
    found = objects.filter(**lookup).values_list(project, flat=True).first()
    if found is None:
        raise Http404("No such object, or you are not a member of its project.")
    role = require(request.user, found, allowed)
    if hidden_from := getattr(objects.model, "hidden_from", None):
        objects = objects.exclude(hidden_from(request.user, role))
    return get_object_or_404(objects, **lookup)


def projects_of(user: User) -> QuerySet[Project]:
    """Every project the user may see."""
    if user.is_superuser:
        return Project.objects.all()
    return Project.objects.filter(memberships__user=user)
