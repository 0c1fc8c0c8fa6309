"""Who may do what in a project: the one place where a role is looked up.

An outsider must not learn that a project exists: *not a member* is 404, *too small a role* is 403.
"""

from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from labeling.accounts.models import User
from labeling.projects.models import Membership, Project, Role

EVERY_ROLE = frozenset(Role)
LABELERS = frozenset({Role.MANAGER, Role.ANNOTATOR})
MANAGERS = frozenset({Role.MANAGER})

ModelT = TypeVar("ModelT", bound=Model)


def role_of(user: User | AnonymousUser, project_id: int) -> Role | None:
    """The user's role in the project; None for an outsider. A superuser is a manager everywhere."""
    if not user.is_authenticated:
        return None
    if user.is_superuser:
        return Role.MANAGER
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
        you = f"{'an' if role == Role.ANNOTATOR else 'a'} {role.label.lower()}"
        raise PermissionDenied(f"Only {names} can open this page; you are {you}.")
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

    >>> object_for(request, Annotation.objects.all(), LABELERS, project="set__image__project_id", pk=7)
    """
    found = objects.filter(**lookup).values_list(project, flat=True).first()
    if found is None:
        raise Http404("No such object, or you are not a member of its project.")
    require(request.user, found, allowed)
    return get_object_or_404(objects, **lookup)


def projects_of(user: User) -> QuerySet[Project]:
    """Every project the user may see."""
    if user.is_superuser:
        return Project.objects.all()
    return Project.objects.filter(memberships__user=user)
