"""Bodies of the projects' API, and the classes' part of them that the pages use too."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StringConstraints, model_validator

from labeling.projects.models import HOTKEY_PATTERN
from labeling.web.api import Spec

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Color = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^#[0-9a-fA-F]{6}$")]


def _hotkey(given: object) -> object:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


Hotkey = Annotated[
    str, BeforeValidator(_hotkey), StringConstraints(strip_whitespace=True, to_lower=True, pattern=HOTKEY_PATTERN)
]


class CategorySpec(Spec):
    """One class. `number` names one that exists; without it a new one is meant.

    A colour or hotkey that is left out is chosen; `"hotkey": null` means none. A hotkey is `1` – `9`, `01` – `09`, or
    `0` and two letters; the keys are pressed one after the other.
    """

    number: int | None = Field(default=None, ge=1)
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    color: Color | None = None
    hotkey: Hotkey | None = None
    kind: Literal["thing", "stuff"] = "thing"


Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class AttributeSpec(Spec):
    """One attribute. `number` names one that exists; its kind stays. `choices` are for a choice, in their order."""

    number: int | None = Field(default=None, ge=1)
    name: Label
    kind: Literal["text", "number", "choice", "flag"]
    choices: list[Label] = Field(default=[], max_length=100)

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        if self.kind == "choice" and not self.choices:
            raise ValueError(f"“{self.name}” is a choice: enter at least one option")
        if self.kind != "choice" and self.choices:
            raise ValueError(f"“{self.name}” is not a choice: leave the options empty")
        if len(set(self.choices)) < len(self.choices):
            raise ValueError(f"“{self.name}” has the same option twice")
        return self


class ProjectSpec(Spec):
    """`POST /api/projects`. The classes are those of the template (`GET /api/class-templates`), if there is one, and
    then `categories`; there has to be one at least."""

    name: Name
    instructions: str = Field(default="", max_length=20_000)
    template: Annotated[str, Field(max_length=80)] | None = None
    categories: list[CategorySpec] = Field(default=[], max_length=500)
    attributes: list[AttributeSpec] = Field(default=[], max_length=50)


class ProjectChange(Spec):
    """`PATCH /api/projects/<id>`: what is left out stays. `categories` and `attributes` are whole lists: a missing one
    is deleted. `seen` as for `CategoryOrder`: settings that somebody changed since are not overwritten."""

    name: Name | None = None
    instructions: str | None = Field(default=None, max_length=20_000)
    categories: list[CategorySpec] | None = Field(default=None, min_length=1, max_length=500)
    attributes: list[AttributeSpec] | None = Field(default=None, max_length=50)
    seen: Annotated[str, Field(max_length=64)] = ""


class ClassText(Spec):
    """Classes as text: one name a line, or JSON."""

    text: Annotated[str, Field(max_length=200_000)]


class ClassImport(ClassText):
    """Classes to add to a project: those whose names it does not have. `seen` as for `CategoryOrder`."""

    seen: Annotated[str, Field(max_length=64)] = ""


class CategoryOrder(Spec):
    """The numbers of all classes of a project in their new order. `seen` is what `GET …/categories` gave: an order that
    somebody changed since is not overwritten."""

    numbers: list[Annotated[StrictInt, Field(ge=1, lt=2**31)]] = Field(max_length=10_000)
    seen: Annotated[str, Field(max_length=64)] = ""


class CategoryMerge(Spec):
    """Which class the objects become, by its number; `seen` as for `CategoryOrder`."""

    into: Annotated[StrictInt, Field(ge=1, lt=2**31)]
    seen: Annotated[str, Field(max_length=64)] = ""


class ProjectDuplication(Spec):
    """Make a project after another one. Without a name it is “Copy of …”."""

    name: Name | None = None
    images: StrictBool = False
    members: StrictBool = True


class ProjectDeletion(Spec):
    """The project's name, so that a wrong id deletes nothing."""

    name: str
