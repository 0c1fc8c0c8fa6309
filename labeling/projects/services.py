"""Making and changing projects, their classes and their members: for pages, the API and management commands alike."""

import hashlib
import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from pydantic import ValidationError

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.projects.access import OWNER, require_over
from labeling.projects.models import Category, Membership, Project, Role
from labeling.projects.palette import free_color, free_hotkey
from labeling.projects.specs import CategorySpec
from labeling.web.api import ApiError, field_errors

MAX_CLASSES = 500
MAY_NOT_CREATE = "You don't have permission to create projects. Ask your administrator."


def may_create(user: User) -> bool:
    """Whether the user may make projects: staff, and whom an administrator gave the permission."""
    return user.is_staff or user.has_perm("projects.add_project")


def create_project(
    *, name: str, user: User, categories: Sequence[CategorySpec | Mapping[str, Any]], instructions: str = ""
) -> Project:
    """A new project managed by `user`. `categories` are specs or dicts `{name, color?, hotkey?, kind?}`.

    Raises: ApiError 400 when a class is wrong or there is none.
    """
    specs = [_as_spec(one) for one in categories]
    with transaction.atomic():
        project = Project.objects.create(name=name, instructions=instructions, created_by=user)
        Membership.objects.create(project=project, user=user, role=OWNER)
        save_categories(project, specs, in_order=True)
        record(Action.PROJECT_CREATED, by=user, about=project, project=project)
    return project


def _as_spec(given: CategorySpec | Mapping[str, Any]) -> CategorySpec:
    if isinstance(given, CategorySpec):
        return given
    try:
        return CategorySpec.model_validate(dict(given))
    except ValidationError as error:
        raise ApiError(400, "bad_category", field_errors(error)) from error


@transaction.atomic
def save_categories(
    project: Project, specs: Sequence[CategorySpec], deleted: Collection[int] = (), *, in_order: bool = False
) -> None:
    """Change the classes that `specs` number, add those without a number, delete `deleted`; others stay as they are.

    in_order: the order of `specs` becomes that of the classes; else new ones come last.

    Raises: ApiError 400 for a clash or an unknown number, 409 `category_in_use` when a deleted class has objects.
    """
    project.refresh_from_db(from_queryset=Project.objects.select_for_update())
    known = {category.number: category for category in project.categories.all()}
    specs, deleted = _found_again(known, specs, deleted)
    unknown = [spec.number for spec in specs if spec.number and spec.number not in known]
    unknown += [number for number in deleted if number not in known]
    if unknown:
        raise ApiError(400, "unknown_category", f"The project has no class number {unknown[0]}. Reload the page.")
    specs = [_completed(spec, known[spec.number]) if spec.number else spec for spec in specs]
    changes = {spec.number: spec for spec in specs if spec.number is not None}
    staying = [category for number, category in known.items() if number not in changes and number not in deleted]
    _check_clashes(staying, specs)
    _delete_categories([known[number] for number in deleted])
    _change_categories([(known[number], spec) for number, spec in changes.items()])
    _add_categories(project, [spec for spec in specs if spec.number is None], specs, staying)
    if in_order:
        _put_in_order(project, [spec.name for spec in specs])


def _put_in_order(project: Project, names: Sequence[str]) -> None:
    """Classes that are not named come last, as they were."""
    places = {name: place for place, name in enumerate(names, 1)}
    categories = sorted(project.categories.all(), key=lambda one: places.get(one.name, len(places) + 1))
    for order, category in enumerate(categories, 1):
        if category.order != order:
            category.order = order
            category.save(update_fields=["order"])


@transaction.atomic
def add_classes(project: Project, specs: Sequence[CategorySpec], seen: str = "") -> None:
    """Add the classes that the project does not have by name. A key that is taken is left out, another one chosen.

    Raises: ApiError 400 `too_many_classes`, 409 `changed` (as `check_unchanged`).
    """
    check_unchanged(project, seen)
    known = list(project.categories.all())
    names, keys = {one.name.casefold() for one in known}, {one.hotkey for one in known}
    new = [spec for spec in specs if spec.name.casefold() not in names]
    if len(known) + len(new) > MAX_CLASSES:
        message = f"The project would have {len(known) + len(new)} classes; at most {MAX_CLASSES} fit."
        raise ApiError(400, "too_many_classes", message)
    for place, spec in enumerate(new):
        if spec.hotkey in keys:
            new[place] = spec.model_copy(update={"hotkey": free_hotkey(keys, spec.name)})
        keys.add(new[place].hotkey)
    save_categories(project, new)


@transaction.atomic
def order_categories(project: Project, numbers: Sequence[int], seen: str = "") -> None:
    """Put the project's classes into this order. Raises: ApiError 409 `changed` unless these are its classes, all of
    them and each once, and the settings are those that were `seen` (`settings_state`)."""
    check_unchanged(project, seen)
    names = dict(project.categories.values_list("number", "name"))
    if sorted(numbers) != sorted(names):
        message = "The project has other classes now than this list. Reload the page and order them again."
        raise ApiError(409, "changed", message)
    _put_in_order(project, [names[number] for number in numbers])


def _found_again(
    known: Mapping[int, Category], specs: Sequence[CategorySpec], deleted: Collection[int]
) -> tuple[list[CategorySpec], set[int]]:
    """A class that is to be deleted and one of the same name that is to be made are one class, and stay it: a request
    that is sent again, or from a list without numbers, makes no other class of it."""
    left = {known[number].name.casefold(): number for number in deleted if number in known}
    found = [
        spec.model_copy(update={"number": left.pop(spec.name.casefold())})
        if spec.number is None and spec.name.casefold() in left
        else spec
        for spec in specs
    ]
    return found, set(deleted) - {spec.number for spec in found}


def _completed(spec: CategorySpec, category: Category) -> CategorySpec:
    """A change with the colour and key that the class has where the change leaves them out."""
    hotkey = spec.hotkey if "hotkey" in spec.model_fields_set else category.hotkey
    return spec.model_copy(update={"color": spec.color or category.color, "hotkey": hotkey})


def _check_clashes(staying: Iterable[Category], specs: Sequence[CategorySpec]) -> None:
    """Raises: ApiError 400 when two classes would share a name or a hotkey, or none would be left."""
    names = [category.name.casefold() for category in staying] + [spec.name.casefold() for spec in specs]
    keys = [category.hotkey for category in staying] + [spec.hotkey for spec in specs]
    if not names:
        raise ApiError(400, "no_category", "A project needs at least one class.")
    for spec in specs:
        if names.count(spec.name.casefold()) > 1:
            raise ApiError(400, "name_taken", f"Two classes are named “{spec.name}”. Rename one of them.")
        if spec.hotkey is not None and keys.count(spec.hotkey) > 1:
            raise ApiError(
                400, "hotkey_taken", f"Two classes use the key {spec.hotkey}. Choose another key for one of them."
            )


def in_use(category: Category, used: int) -> str:
    """Why a class of `used` objects can't be deleted."""
    objects = "1 object uses" if used == 1 else f"{used} objects use"
    return f"“{category.name}” can't be deleted: {objects} this class. Choose the class to move them to."


def _delete_categories(categories: Sequence[Category]) -> None:
    for category in categories:
        used = category.annotations.count()
        if used:
            raise ApiError(409, "category_in_use", in_use(category, used), category=category.number, objects=used)
        category.delete()


def _change_categories(changes: Sequence[tuple[Category, CategorySpec]]) -> None:
    """Write the changes. Names and keys are moved out of the way first, so that two classes can swap them."""
    for category, _ in changes:
        Category.objects.filter(pk=category.pk).update(name=uuid.uuid4().hex, hotkey=None)
    for category, spec in changes:
        category.name, category.kind, category.hotkey = spec.name, spec.kind, spec.hotkey
        category.color = spec.color or category.color
        category.save()


def _add_categories(
    project: Project, new: Sequence[CategorySpec], specs: Sequence[CategorySpec], staying: Iterable[Category]
) -> None:
    staying = list(staying)
    colors = {spec.color for spec in specs if spec.color} | {category.color for category in staying}
    keys = {spec.hotkey for spec in specs} | {category.hotkey for category in staying}
    order = 1 + (project.categories.aggregate(last=Max("order"))["last"] or 0)
    for spec in new:
        color = spec.color or free_color(colors)
        hotkey = spec.hotkey if "hotkey" in spec.model_fields_set else free_hotkey(keys, spec.name)
        Category.objects.create(
            project=project,
            number=project.next_category_number,
            name=spec.name,
            color=color,
            hotkey=hotkey,
            kind=spec.kind,
            order=order,
        )
        order += 1
        project.next_category_number += 1
        colors.add(color)
        keys.add(hotkey)
    project.save(update_fields=["next_category_number"])


@transaction.atomic
def change_project(
    project: Project,
    *,
    name: str | None = None,
    instructions: str | None = None,
    categories: Sequence[CategorySpec] | None = None,
    deleted: Collection[int] = (),
) -> None:
    """Change what is given, all or nothing; `categories` and `deleted` as in `save_categories`. Raises: ApiError."""
    if categories is not None:
        save_categories(project, categories, deleted, in_order=True)
    if name is not None:
        project.name = name
    if instructions is not None:
        project.instructions = instructions
    project.save(update_fields=["name", "instructions"])


def settings_state(project: Project) -> str:
    """A mark of what the settings page shows of a project; it changes with any of it."""
    classes = project.categories.values_list("number", "name", "color", "hotkey", "kind", "order")
    attributes = project.attributes.values_list("number", "name", "kind", "choices")
    about = Project.objects.values_list("name", "instructions").get(pk=project.pk)
    shown = json.dumps([about, list(classes), list(attributes)], default=str)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def check_unchanged(project: Project, seen: str) -> None:
    """Raises: ApiError 409 `changed` when the settings are not those that `settings_state` gave as `seen` ("": not
    asked). Takes the project's lock, so that nobody changes them before the transaction ends."""
    Project.objects.select_for_update().filter(pk=project.pk).first()
    if seen and seen != settings_state(project):
        message = (
            "Somebody changed these settings after you opened this page. Your entries are still here. Compare them "
            "with the settings in another tab; save again to replace those."
        )
        raise ApiError(409, "changed", message)


def add_member(project: Project, username: str, role: Role, by: User) -> Membership:
    """Make the user called `username` a member.

    Raises: ApiError 400 when there is nobody or they are one already, 403 `role_above` for a role above that of `by`.
    """
    require_over(by, project.pk, role)
    found = list(User.objects.filter(username__iexact=username.strip(), is_active=True)[:100])
    user = found[0] if len(found) == 1 else next((one for one in found if one.username == username.strip()), None)
    if user is None and found:  # accounts may differ in capitals alone
        raise ApiError(400, "no_such_user", f"Several accounts are named “{username}”. Write its capitals, too.")
    if user is None:
        message = f"No account named “{username}”. Check the spelling, or ask your administrator to create an account."
        raise ApiError(400, "no_such_user", message)
    membership, made = Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})
    if not made:
        raise ApiError(400, "already_member", f"{user.shown_name} is already a member. Change the role in the list.")
    return membership


@transaction.atomic
def change_role(project: Project, user_id: int, role: Role, by: User) -> Membership:
    """Give a member another role. Raises: ApiError 404 for no member, 409 `last_owner`, 403 `role_above`."""
    membership = _locked_member(project, user_id)
    require_over(by, project.pk, role, Role(membership.role))
    if role != OWNER:
        _keep_an_owner(project, membership, "made " + role.label.lower())
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove_member(project: Project, user_id: int, by: User) -> Membership:
    """Take a member out; what they labeled stays.

    Raises: ApiError 404 for no member, 409 `last_owner`, 403 `role_above`.
    """
    membership = _locked_member(project, user_id)
    require_over(by, project.pk, Role(membership.role))
    _keep_an_owner(project, membership, "removed")
    membership.delete()
    return membership


def _locked_member(project: Project, user_id: int) -> Membership:
    Project.objects.select_for_update().get(pk=project.pk)  # two managers can't remove each other at the same time
    membership = Membership.objects.select_related("user").filter(project=project, user_id=user_id).first()
    if membership is None:
        raise ApiError(404, "not_a_member", "That person is no longer a member. Reload the page.")
    return membership


def only_owner(project: Project) -> int | None:
    """The id of the member who can't leave or get another role, as the project has no other owner."""
    owners = list(project.memberships.filter(role=OWNER).values_list("user", flat=True)[:2])
    return owners[0] if len(owners) == 1 else None


def _keep_an_owner(project: Project, leaving: Membership, what: str) -> None:
    others = project.memberships.filter(role=OWNER).exclude(pk=leaving.pk)
    if leaving.role == OWNER and not others.exists():
        message = f"{leaving.user.shown_name} can't be {what}: a project needs an owner. Make someone else owner first."
        raise ApiError(409, "last_owner", message)
