"""What a project asks of each object beside its class: defining it, and checking what annotators answer.

Answers are kept by the attribute's number, so renaming one changes no object; exports write its name. An attribute
that is deleted, or a choice that is no longer offered, stays on the objects that have it; it is only not asked any
more.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from labeling.projects.models import Attribute, Project
from labeling.projects.specs import AttributeSpec
from labeling.web.api import ApiError

MAX_TEXT = 1000
LARGEST = 1e300
MAX_ATTRIBUTES = 50

Value = str | int | float | bool
Values = Mapping[str, Value]
"""By the attribute's number, written as text because JSON keys are."""

Kind = Attribute.Kind


@transaction.atomic
def save_attributes(project: Project, specs: Sequence[AttributeSpec], deleted: Collection[int] = ()) -> None:
    """Change the attributes that `specs` number, add those without a number, delete `deleted`; others stay.

    Raises: ApiError 400 `unknown_attribute`, `attribute_taken` for a name that is there twice, `kind_fixed`.
    """
    project.refresh_from_db(from_queryset=Project.objects.select_for_update())
    known = {one.number: one for one in project.attributes.all()}
    specs, deleted = _found_again(known, specs, deleted)
    named = [spec.number for spec in specs if spec.number]
    for number in [*named, *deleted]:
        if number not in known:
            message = f"The project has no attribute number {number}. Reload the page."
            raise ApiError(400, "unknown_attribute", message)
    staying = [one for number, one in known.items() if number not in deleted and number not in named]
    _check_clashes(staying, specs)
    project.attributes.filter(number__in=deleted).delete()
    changes = [(known[spec.number], spec) for spec in specs if spec.number]
    for attribute, spec in changes:
        _check_kind(attribute, spec)
        Attribute.objects.filter(pk=attribute.pk).update(name=uuid.uuid4().hex)  # so that two can swap their names
    for attribute, spec in changes:
        attribute.name, attribute.choices = spec.name, spec.choices
        attribute.save()
    for spec in specs:
        if spec.number is None:
            _add(project, spec)
    project.save(update_fields=["next_attribute_number"])


def _found_again(
    known: Mapping[int, Attribute], specs: Sequence[AttributeSpec], deleted: Collection[int]
) -> tuple[list[AttributeSpec], set[int]]:
    """An attribute that is to be deleted and one of the same name and kind that is to be made are one, and stay it:
    else what objects answer to it would be lost by a request that is sent again."""
    left = {(known[one].name.casefold(), known[one].kind): one for one in deleted if one in known}
    found = [
        spec.model_copy(update={"number": left.pop((spec.name.casefold(), spec.kind))})
        if spec.number is None and (spec.name.casefold(), spec.kind) in left
        else spec
        for spec in specs
    ]
    return found, set(deleted) - {spec.number for spec in found}


def _add(project: Project, spec: AttributeSpec) -> None:
    Attribute.objects.create(
        project=project, number=project.next_attribute_number, name=spec.name, kind=spec.kind, choices=spec.choices
    )
    project.next_attribute_number += 1


def _check_clashes(staying: Iterable[Attribute], specs: Sequence[AttributeSpec]) -> None:
    names = [one.name.casefold() for one in staying] + [spec.name.casefold() for spec in specs]
    for spec in specs:
        if names.count(spec.name.casefold()) > 1:
            message = f"Two attributes are named “{spec.name}”. Rename one of them."
            raise ApiError(400, "attribute_taken", message)
    if len(names) > MAX_ATTRIBUTES:
        raise ApiError(400, "too_many_attributes", f"A project has at most {MAX_ATTRIBUTES} attributes.")


def _check_kind(attribute: Attribute, spec: AttributeSpec) -> None:
    if attribute.kind != spec.kind:
        message = f"The kind of “{attribute.name}” can't be changed: objects have values. Add another attribute."
        raise ApiError(400, "kind_fixed", message)


def asked(project: Project) -> dict[str, Attribute]:
    """What the project asks, by the number as `Values` have it."""
    return {str(one.number): one for one in project.attributes.all()}


def checked_values(
    project: Project, given: Mapping[str, Any], before: Values, defined: Mapping[str, Attribute]
) -> dict[str, Value]:
    """What an object's attributes become when `given` is sent for an object that has `before`. None is no answer.

    defined: as `asked`. What the object has already may stay, whatever is offered now; so does what is no longer asked.
    Raises: ApiError 400 `bad_attributes`; its message and `field` name the attribute.
    """
    values = {number: value for number, value in before.items() if number not in defined}
    for number, value in given.items():
        attribute = defined.get(number)
        if attribute is None:
            if not _was_deleted(project, number):
                raise _refused(f"attribute {number}", "is not an attribute of this project. Reload the page.")
            if value is not None:
                _check_size(f"attribute {number}", value)
                values[number] = value  # deleted since; what undo brings back still has it
        elif value is not None:
            if number not in before or before[number] != value:
                check_value(attribute, value)
            values[number] = value
    return values


def _was_deleted(project: Project, number: str) -> bool:
    return number.isdecimal() and len(number) < 10 and 1 <= int(number) < project.next_attribute_number


def check_value(attribute: Attribute, value: Any) -> None:
    """Raises: ApiError 400 unless the value is of the attribute's kind."""
    match attribute.kind:
        case Kind.TEXT if not isinstance(value, str):
            raise _refused(attribute.name, "is a text.")
        case Kind.NUMBER if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refused(attribute.name, "is a number.")
        case Kind.FLAG if not isinstance(value, bool):
            raise _refused(attribute.name, "is yes or no: true or false.")
        case Kind.CHOICE if value not in attribute.choices:
            raise _refused(attribute.name, f"is one of {', '.join(attribute.choices)}.")
    _check_size(attribute.name, value)


def _check_size(name: str, value: Value) -> None:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise _refused(name, f"has {len(value)} characters; at most {MAX_TEXT} fit.")
    if isinstance(value, int | float) and not abs(value) <= LARGEST:  # neither does NaN fit
        raise _refused(name, "is too large a number.")


def _refused(name: str, what: str) -> ApiError:
    return ApiError(400, "bad_attributes", f"attributes: “{name}” {what}", field=name)


def by_name(attributes: Iterable[Attribute], values: Values) -> dict[str, Value]:
    """The values as exports write them: by the attribute's name, in the project's order; only what was answered."""
    return {one.name: values[str(one.number)] for one in attributes if str(one.number) in values}
