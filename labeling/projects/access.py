"""Who may do what in a project: the one place where a role is looked up, and where it is said what a role may.

A new role is a member of `projects.models.Role` and a row of `ROLES`.

An outsider must not learn that a project exists: *not a member* is 404, *too small a role* is 403.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import FilteredRelation, Model, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from labeling.accounts.models import User
from labeling.projects.models import Membership, Project, Role
from labeling.web.api import ApiError


class May(StrEnum):
    """What somebody may do in a project."""

    VIEW = "view"  # look at images, labels, suggestions and progress
    LABEL = "label"  # change labels, decide about suggestions, hold an image
    REVIEW = "review"  # judge finished work, correct it meanwhile
    ASSIGN = "assign"  # lots, who gets which images, tags, several images at once
    EXPORT = "export"  # make exports and download them
    MANAGE = "manage"  # images, classes, members, runs, trainings, settings
    FIGURES = "figures"  # see how well and how much each person works
    DUPLICATE = "duplicate"  # make a project after this one
    ARCHIVE = "archive"  # archive, restore and delete the whole project


ROLES: Mapping[Role, frozenset[May]] = {
    Role.OWNER: frozenset(May),
    Role.MANAGER: frozenset(May) - {May.ARCHIVE},
    Role.REVIEWER: frozenset({May.VIEW, May.REVIEW, May.EXPORT}),
    Role.ANNOTATOR: frozenset({May.VIEW, May.LABEL}),
    Role.VIEWER: frozenset({May.VIEW}),
}
"""What each role may: the one table of permissions."""

IN_ARCHIVE = frozenset({May.VIEW, May.EXPORT, May.FIGURES, May.DUPLICATE, May.ARCHIVE})
"""What can be done in an archived project by those who may: nothing that changes it."""

IN_BIN = frozenset({May.ARCHIVE})
"""What can be done with a project in the bin: restore it or delete it. Who may not is told that there is none."""

OWNER = Role.OWNER
"""The role of who creates a project, and of a superuser everywhere. Each project keeps a member who has it."""


def who_may(what: May) -> frozenset[Role]:
    """The roles that may do something."""
    return frozenset(role for role, allowed in ROLES.items() if what in allowed)


def within(role: Role) -> list[Role]:
    """The roles that may do no more than `role`: those that it can give, change and take."""
    return [one for one in Role if ROLES[one] <= ROLES[role]]


MEASURED = who_may(May.LABEL) - who_may(May.MANAGE)
"""The roles whose work is measured against golden images: they must not see the truth of one."""


@dataclass(frozen=True)
class Standing:
    """What somebody is in a project, and what the project is now."""

    role: Role
    archived: bool = False
    binned: bool = False

    def can(self, what: May) -> bool:
        """Whether they may, as the project is now."""
        return what in ROLES[self.role] and what in self._left

    @property
    def _left(self) -> frozenset[May]:
        return IN_BIN if self.binned else IN_ARCHIVE if self.archived else frozenset(May)

    def abilities(self) -> dict[str, bool]:
        """As pages and the client are told: `can_label`, `can_review`, `can_export`, …."""
        return {f"can_{what}": self.can(what) for what in May if what != May.VIEW}


def named(roles: Iterable[Role], joined: str = "and") -> str:
    """Roles in a sentence: “owners, managers and annotators”."""
    *first, last = [f"{one.label.lower()}s" for one in Role if one in set(roles)]
    return f"{', '.join(first)} {joined} {last}" if first else last


def a_role(role: Role) -> str:
    """The role with its article, in a sentence."""
    return f"{'an' if role.label[0] in 'AEIOU' else 'a'} {role.label.lower()}"


class Shut(PermissionDenied):
    """The role would do, but the project is archived or in the bin. `code` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


BINNED = "This project is in the bin. Restore it in the list of projects under “Bin” to open it."


def _shut(standing: Standing) -> Shut:
    if standing.binned:
        return Shut("in_bin", BINNED)
    return Shut("archived", archived_message())


def archived_message() -> str:
    """Why nothing can be changed, and who can help."""
    return (
        f"This project is archived: it can be viewed but not changed. Its {named(who_may(May.ARCHIVE), 'or')} can "
        "restore it in the list of projects."
    )


ModelT = TypeVar("ModelT", bound=Model)


def standing_of(user: User | AnonymousUser, project_id: int) -> Standing | None:
    """What the user is in the project; None for an outsider, who is not told what is in the bin either.

    A superuser is an owner everywhere.
    """
    if not user.is_authenticated:
        return None
    own = FilteredRelation("memberships", condition=Q(memberships__user=user))
    rows = Project.objects.alias(own=own).filter(pk=project_id).values_list("archived_at", "binned_at", "own__role")
    row = rows.first()
    if row is None:
        return None  # for superusers, too
    archived, binned, role = row
    if user.is_superuser:
        role = OWNER
    if not role:
        return None
    standing = Standing(Role(role), archived is not None, binned is not None)
    return None if binned is not None and not standing.can(May.ARCHIVE) else standing


def may(user: User | AnonymousUser, project_id: int, what: May) -> bool:
    """Whether the user may do this in the project now."""
    standing = standing_of(user, project_id)
    return standing is not None and standing.can(what)


def standings_of(user: User, projects: QuerySet[Project]) -> list[tuple[Project, Standing]]:
    """Each of `projects` with what the user is in it, in two queries; those where they are nothing are left out."""
    roles = {one.project_id: Role(one.role) for one in Membership.objects.filter(user=user)}
    found = []
    for project in projects:
        role = OWNER if user.is_superuser else roles.get(project.pk)
        if role is not None:
            standing = Standing(role, project.archived_at is not None, project.binned_at is not None)
            found.append((project, standing))
    return found


def require(user: User | AnonymousUser, project_id: int, what: May = May.VIEW) -> Standing:
    """What the user is in the project, if they may do this in it now.

    Raises: Http404 for an outsider, PermissionDenied (403) for a role that is too small, and its kind Shut for a
    project that is archived or in the bin.
    """
    standing = standing_of(user, project_id)
    if standing is None:
        raise Http404("No such project, or you are not a member of it.")
    if standing.can(what):
        return standing
    if what in ROLES[standing.role]:
        raise _shut(standing)
    raise _too_small(standing.role, who_may(what), "may do this")


def require_one(user: User | AnonymousUser, project_id: int, *what: May, doing: str) -> Standing:
    """As `require`, for who may do at least one of `what`. `doing` says what for: “can comment”."""
    standing = require(user, project_id)
    if any(standing.can(one) for one in what):
        return standing
    if ROLES[standing.role].intersection(what):
        raise _shut(standing)
    raise _too_small(standing.role, frozenset().union(*map(who_may, what)), doing)


def _too_small(role: Role, enough: Iterable[Role], doing: str) -> PermissionDenied:
    return PermissionDenied(f"Only {named(enough)} {doing}; you are {a_role(role)}.")


def require_over(user: User | AnonymousUser, project_id: int, *roles: Role) -> None:
    """Raises: ApiError 403 `role_above` where one of the roles may do more than the user's own; as `require`."""
    own = require(user, project_id, May.MANAGE).role
    for role in roles:
        if role not in within(own):
            above = named(one for one in Role if role in within(one))
            raise ApiError(
                403, "role_above", f"Only {above} can make or change {role.label.lower()}s. Ask one of them."
            )


def project_for(request: HttpRequest, project_id: int, what: May = May.VIEW) -> Project:
    """The project, if the request's user may; otherwise as `require`."""
    require(request.user, project_id, what)
    return get_object_or_404(Project, pk=project_id)


def object_for(
    request: HttpRequest,
    objects: QuerySet[ModelT],
    what: May = May.VIEW,
    *,
    project: str = "project_id",
    **lookup: Any,
) -> ModelT:
    """One of `objects`, if the request's user may; `project` is the lookup path to its project's id.

    A model with a `hidden_from(user, role)` says by it what a member must not see either: that is 404, too.

    >>> object_for(request, Annotation.objects.all(), May.LABEL, project="set__image__project_id", pk=7)
    """
    found = objects.filter(**lookup).values_list(project, flat=True).first()
    if found is None:
        raise Http404("No such object, or you are not a member of its project.")
    standing = require(request.user, found, what)
    if hidden_from := getattr(objects.model, "hidden_from", None):
        objects = objects.exclude(hidden_from(request.user, standing.role))
    return get_object_or_404(objects, **lookup)


def projects_of(user: User) -> QuerySet[Project]:
    """Every project the user may open: archived ones too, none that is in the bin."""
    projects = Project.objects.filter(binned_at=None)
    return projects if user.is_superuser else projects.filter(memberships__user=user)


def bin_of(user: User) -> QuerySet[Project]:
    """The projects in the bin that the user may restore or delete."""
    projects = Project.objects.exclude(binned_at=None)
    if user.is_superuser:
        return projects
    own = Membership.objects.filter(user=user, role__in=who_may(May.ARCHIVE))
    return projects.filter(pk__in=own.values("project"))
