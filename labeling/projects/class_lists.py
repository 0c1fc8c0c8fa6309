"""Lists of classes to begin with: built in ones, those of another project, and those that somebody pastes or has in a
file.

The names are those of the data sets; Cityscapes and Pascal VOC have the colours that they publish.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from labeling.projects.models import Project
from labeling.projects.specs import CategorySpec
from labeling.web.api import ApiError, field_errors, parse_json

FILE = Path(__file__).parent / "class_lists.json"
MOST = 500
LONGEST_TEXT = 200_000


@dataclass(frozen=True)
class Template:
    """A list of classes that a project can begin with. `classes` as `create_project` takes them."""

    name: str
    title: str
    about: str
    classes: list[dict[str, Any]]


@cache
def built_in() -> dict[str, Template]:
    """The templates that ship with the product, by name, in the order that people see them in."""
    return {one["name"]: Template(**one) for one in json.loads(FILE.read_text(encoding="utf-8"))}


def named(name: str) -> Template:
    """Raises: ApiError 400 `unknown_template`, with the names there are."""
    found = built_in().get(name)
    if found is None:
        message = f"There is no template “{name[:80]}”. There are: {', '.join(built_in())}."
        raise ApiError(400, "unknown_template", message, field="template")
    return found


def written(project: Project) -> list[dict[str, Any]]:
    """A project's classes as a list that `read` takes, in their order."""
    return [dict(row) for row in project.categories.values("name", "color", "hotkey", "kind")]


def read(text: str) -> list[CategorySpec]:
    """The classes in a text: one name a line, or names with commas between them; or JSON, a list of names or of objects
    `{name, color?, hotkey?, kind?}`, perhaps under the key `categories` as COCO has it.

    A name that is there twice counts once. Raises: ApiError 400 `bad_classes`, which names the class that is wrong.
    """
    if len(text) > LONGEST_TEXT:
        raise ApiError(400, "bad_classes", f"The list has {len(text)} characters; at most {LONGEST_TEXT} fit.")
    found = _from_json(text) if text.lstrip()[:1] in ("{", "[") else _from_lines(text)
    specs: dict[str, CategorySpec] = {}
    for place, one in enumerate(found, 1):
        spec = _as_spec(one, place)
        specs.setdefault(spec.name.casefold(), spec)
    if not specs:
        raise ApiError(400, "bad_classes", "There is no name in the list. Write one class a line.")
    if len(specs) > MOST:
        raise ApiError(400, "bad_classes", f"The list has {len(specs)} classes; a project has at most {MOST}.")
    return list(specs.values())


def _from_lines(text: str) -> list[Any]:
    lines = text.splitlines()
    parts = lines if len(lines) > 1 else text.split(",")
    return [name for part in parts if (name := part.strip().rstrip(",").strip())]


def _from_json(text: str) -> list[Any]:
    try:
        given = parse_json(text.encode("utf-8", "surrogatepass"))
    except ApiError as error:
        message = error.message.replace("The body", "The list", 1)
        raise ApiError(400, "bad_classes", message) from error
    if isinstance(given, dict):
        given = given.get("categories", given.get("classes"))
    if not isinstance(given, list):
        message = "The JSON has no list of classes. Send a list, or an object with the list under “categories”."
        raise ApiError(400, "bad_classes", message)
    return given


_TAKEN = ("name", "color", "hotkey", "kind")
"""Of an object in a file; what else files have (ids, super-categories) is left out."""


def _as_spec(given: Any, place: int) -> CategorySpec:
    if isinstance(given, str):
        given = {"name": given}
    if not isinstance(given, dict):
        raise ApiError(400, "bad_classes", f"Class {place} is neither a name nor an object with a “name”.")
    fields = {name: given[name] for name in _TAKEN if given.get(name) is not None}
    if "isthing" in given and "kind" not in fields:  # as COCO's panoptic files say it
        fields["kind"] = "thing" if given["isthing"] else "stuff"
    try:
        return CategorySpec.model_validate(fields)
    except ValidationError as error:
        raise ApiError(400, "bad_classes", f"Class {place} of the list: {field_errors(error)}") from error


def rows(classes: Sequence[CategorySpec]) -> list[dict[str, Any]]:
    """The classes as `create_project` takes them."""
    return [one.model_dump(exclude_unset=True, exclude={"number"}) for one in classes]
