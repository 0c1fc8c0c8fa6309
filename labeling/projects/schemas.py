"""Answers of the projects' API, and the parts of a project that other answers have, too."""

from typing import Annotated

from labeling.projects.models import Attribute, Category, Role
from labeling.web.routes import Answer, values_of

RoleName = Annotated[Role, values_of(Role)]
CategoryKind = Annotated[Category.Kind, values_of(Category.Kind)]
AttributeKind = Annotated[Attribute.Kind, values_of(Attribute.Kind)]


class CategoryData(Answer):
    """A class. `number` names it in every other answer and request."""

    number: int
    name: str
    color: str
    hotkey: int | None
    kind: CategoryKind

    @classmethod
    def of(cls, category: Category) -> "CategoryData":
        return cls(
            number=category.number,
            name=category.name,
            color=category.color,
            hotkey=category.hotkey,
            kind=Category.Kind(category.kind),
        )


class AttributeData(Answer):
    """An attribute that objects can have. `choices` are for the kind *choice*."""

    number: int
    name: str
    kind: AttributeKind
    choices: list[str]

    @classmethod
    def of(cls, attribute: Attribute) -> "AttributeData":
        return cls(
            number=attribute.number, name=attribute.name, kind=Attribute.Kind(attribute.kind), choices=attribute.choices
        )


class Abilities(Answer):
    """What the signed-in person may do in a project."""

    can_label: bool
    can_export: bool
    can_manage: bool


class ProjectData(Abilities):
    """A project as the signed-in person sees it; `role` is theirs."""

    id: int
    name: str
    instructions: str
    url: str
    role: RoleName
    categories: list[CategoryData]
    attributes: list[AttributeData]
    panoptic: bool


class ProjectList(Answer):
    """The projects of the signed-in person."""

    results: list[ProjectData]


class Deleted(Answer):
    """The id of what was deleted."""

    deleted: int
