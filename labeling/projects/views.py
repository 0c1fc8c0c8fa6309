"""The projects page, a new project, and a project's settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.accounts.models import User
from labeling.projects import class_lists, life, listing, merging, services
from labeling.projects.access import May, a_role, named, project_for, projects_of, require, standing_of, who_may, within
from labeling.projects.attribute_forms import AttributeRows, attribute_rows
from labeling.projects.attributes import save_attributes
from labeling.projects.forms import CategoryRows, MemberForm, ProjectForm, category_rows
from labeling.projects.models import Project, Role
from labeling.projects.summary import project_cards
from labeling.web.api import ApiError

PROJECTS_PER_PAGE = 24
MOST_TO_BEGIN_WITH = 200


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    """The projects of the signed-in user, those that are asked for."""
    user, asked = cast(User, request.user), listing.Asked.of(request.GET)
    found = listing.listed(user, asked).select_related("archived_by", "binned_by")
    page = Paginator(found, PROJECTS_PER_PAGE).get_page(request.GET.get("page"))
    counts = listing.totals(user)
    context = {
        "cards": project_cards(list(page.object_list), user),
        "page": page,
        "asked": asked,
        "pages": asked.address(page=""),
        "without_text": asked.address(q=""),
        "filters": [(show, title, counts[show], asked.address(show=show)) for show, title in listing.SHOWS.items()],
        "sorts": listing.SORTS.items(),
        "any": any(counts.values()),
        "bin_days": life.BIN_DAYS,
        "may_create": services.may_create(user),
    }
    return render(request, "projects/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a project."""
    user = cast(User, request.user)
    if not services.may_create(user):
        raise PermissionDenied(services.MAY_NOT_CREATE)
    chosen = _chosen(request)
    form = ProjectForm(request.POST or None, initial={"instructions": chosen.instructions})
    rows = category_rows(request.POST or None, begin=chosen.classes)
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        try:
            project = services.create_project(
                name=form.cleaned_data["name"],
                user=user,
                instructions=form.cleaned_data["instructions"],
                categories=[row.spec() for row in rows.kept()],
            )
        except ApiError as error:
            rows.refuse(error)
        else:
            return redirect("pages:project", project.pk)
    context = {
        "form": form,
        "rows": rows,
        "refused": request.method == "POST",
        "chosen": chosen,
        "templates": class_lists.built_in().values(),
        "projects": projects_of(user).order_by(Lower("name"))[:MOST_TO_BEGIN_WITH],
    }
    return render(request, "projects/new.html", context)


@dataclass(frozen=True)
class _Chosen:
    """What a new project begins with: the address says `?from=coco` or `?from=7`, a project's id."""

    value: str = ""
    classes: Sequence[dict[str, Any]] = ()
    instructions: str = ""


def _chosen(request: HttpRequest) -> _Chosen:
    """Raises: Http404 for a project that one is no member of. A template that is unknown is none."""
    value = request.GET.get("from", "")
    if value.isdecimal() and len(value) < 19:
        project = project_for(request, int(value))
        return _Chosen(value, class_lists.written(project), project.instructions)
    if value in class_lists.built_in():
        return _Chosen(value, class_lists.named(value).classes)
    return _Chosen()


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, project_id: int) -> HttpResponse:
    """Change a project's name, instructions and classes."""
    project = project_for(request, project_id, May.MANAGE)
    if request.method != "POST":
        shown = ProjectForm(initial={"name": project.name, "instructions": project.instructions})
        return _settings_page(request, project, shown, category_rows(project=project))
    form, rows = ProjectForm(request.POST), category_rows(request.POST, project)
    if form.is_valid() and rows.is_valid():
        try:
            with transaction.atomic():
                services.check_unchanged(project, request.POST.get("seen", ""))
                services.change_project(
                    project,
                    name=form.cleaned_data["name"],
                    instructions=form.cleaned_data["instructions"],
                    categories=[row.spec() for row in rows.kept()],
                    deleted=rows.deleted_numbers(),
                )
                for number, name in rows.moves().items():
                    merging.start_named(project, cast(User, request.user), number=number, into=name)
        except ApiError as error:
            rows.refuse(error)
        else:
            messages.success(request, "Settings saved.")
            return redirect("projects:settings", project.pk)
    return _settings_page(request, project, form, rows)


@require_POST
def attributes(request: HttpRequest, project_id: int) -> HttpResponse:
    """Change what is asked of each object beside its class."""
    project = project_for(request, project_id, May.MANAGE)
    rows = attribute_rows(request.POST)
    if rows.is_valid():
        try:
            with transaction.atomic():
                services.check_unchanged(project, request.POST.get("seen", ""))
                save_attributes(project, rows.specs(), rows.deleted_numbers())
        except ApiError as error:
            rows.refuse(error)
        else:
            messages.success(request, "Attributes saved.")
            return redirect(reverse("projects:settings", args=[project.pk]) + "#attributes")
    shown = ProjectForm(initial={"name": project.name, "instructions": project.instructions})
    return _settings_page(request, project, shown, category_rows(project=project), attributes=rows)


@require_safe
def people(request: HttpRequest, project_id: int) -> HttpResponse:
    """The members of a project; managers change them here."""
    return _people_page(request, project_for(request, project_id))


@require_POST
def add_member(request: HttpRequest, project_id: int) -> HttpResponse:
    """Add somebody by sign-in name."""
    project = project_for(request, project_id, May.MANAGE)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            role = Role(form.cleaned_data["role"])
            added = services.add_member(project, form.cleaned_data["username"], role, by=cast(User, request.user))
        except ApiError as error:
            form.add_error("username", error.message)
        else:
            messages.success(request, f"{added.user.shown_name} was added as {a_role(role)}.")
            return redirect("projects:people", project.pk)
    return _people_page(request, project, form)


@require_POST
def change_member(request: HttpRequest, project_id: int, user_id: int) -> HttpResponse:
    """Give a member the posted `role`, or take them out when `remove` is posted."""
    project = project_for(request, project_id, May.MANAGE)
    wanted, user = request.POST.get("role", ""), cast(User, request.user)
    try:
        if "remove" in request.POST:
            gone = services.remove_member(project, user_id, by=user)
            messages.success(request, f"{gone.user.shown_name} was removed. The objects they labeled are kept.")
        elif wanted in Role.values:
            changed = services.change_role(project, user_id, Role(wanted), by=user)
            messages.success(request, f"{changed.user.shown_name} is now {a_role(Role(wanted))}.")
        else:
            messages.error(request, f"Unknown role. Choose one of {', '.join(Role.labels).lower()}.")
    except ApiError as error:
        messages.error(request, error.message)
    standing = standing_of(request.user, project.pk)  # they may have changed themselves
    still_manages = standing is not None and standing.can(May.MANAGE)
    return redirect("projects:people", project.pk) if still_manages else redirect("projects:list")


def _settings_page(
    request: HttpRequest,
    project: Project,
    form: ProjectForm,
    rows: CategoryRows,
    attributes: AttributeRows | None = None,
) -> HttpResponse:
    context = {
        "project": project,
        "seen": services.settings_state(project),
        "form": form,
        "rows": rows,
        "attribute_rows": attributes or attribute_rows(project=project),
        "merged": project.merged_categories.select_related("into", "merged_by"),
        "bin_days": life.BIN_DAYS,
        "may_create": services.may_create(cast(User, request.user)),
        "tab": "settings",
        **require(request.user, project.pk).abilities(),
        "refused": request.method == "POST",
    }
    return render(request, "projects/settings.html", context)


def _people_page(request: HttpRequest, project: Project, member_form: MemberForm | None = None) -> HttpResponse:
    standing = require(request.user, project.pk)
    context = {
        "project": project,
        "tab": "people",
        "member_form": member_form or MemberForm(),
        "memberships": project.memberships.select_related("user"),
        "roles": within(standing.role),
        "only_owner": services.only_owner(project),
        "managers": who_may(May.MANAGE),
        "who_manages": named(who_may(May.MANAGE)),
        **standing.abilities(),
    }
    return render(request, "projects/people.html", context)
