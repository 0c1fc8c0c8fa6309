"""Answers of the projects' API, and the parts of a project that other answers have, too."""

from typing import Annotated, Literal

from labeling.projects.models import Attribute, Category, ProjectJob, Role
from labeling.web.events import News
from labeling.web.routes import Answer, Moment, Omitted, values_of

RoleName = Annotated[Role, values_of(Role)]
CategoryKind = Annotated[Category.Kind, values_of(Category.Kind)]
AttributeKind = Annotated[Attribute.Kind, values_of(Attribute.Kind)]


ProjectState = Literal["active", "archived", "bin"]


class CategoryData(Answer):
    """A class. `number` names it in every other answer and request; classes come in the order of the project's list.

    `hotkey` is one key (`5`) or several that are pressed one after the other (`07`, `0ca`).
    """

    number: int
    name: str
    color: str
    hotkey: str | None
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
    can_review: bool
    can_assign: bool
    can_export: bool
    can_manage: bool
    can_archive: bool


class ProjectLifeMessage(News):
    """The project was archived, restored, or moved to the bin: what its people may do has changed."""

    type: Literal["project"] = "project"
    project: int
    state: ProjectState


JobKind = Annotated[ProjectJob.Kind, values_of(ProjectJob.Kind)]
JobState = Annotated[ProjectJob.State, values_of(ProjectJob.State)]


class ProjectJobData(Answer):
    """How far work on a whole project is, in images.

    `reason` says why it failed, or what was left out, and what to do.
    """

    id: int
    project: int
    kind: JobKind
    state: JobState
    done: int
    total: int
    reason: Omitted[str] = None


class ProjectJobMessage(News, ProjectJobData):
    """How far work on a whole project is."""

    type: Literal["job"] = "job"


class ProjectJobList(Answer):
    """Work on a whole project, the newest first."""

    results: list[ProjectJobData]


class MergedCategoryData(Answer):
    """A class that was merged into another one. Its number still means that one."""

    number: int
    into: int
    name: str
    merged_by: str | None
    merged_at: Moment


class CategoryList(Answer):
    """The classes of a project in their order. `seen` is to be sent back with a change of the list."""

    seen: str
    results: list[CategoryData]
    merged: list[MergedCategoryData]


class ClassData(Answer):
    """A class of a list that is no project's."""

    name: str
    color: str | None
    hotkey: str | None
    kind: CategoryKind


class ClassTemplateData(Answer):
    """A list of classes that a project can begin with."""

    name: str
    title: str
    about: str
    classes: int


class ClassTemplates(Answer):
    """The templates that ship with the product."""

    results: list[ClassTemplateData]


class ClassList(Answer):
    """Classes that were read from a text."""

    results: list[ClassData]


class ProjectCopy(Answer):
    """A project that was made after another one. `job` copies its images, if they are copied."""

    id: int
    name: str
    url: str
    job: ProjectJobData | None


class ProjectLife(Answer):
    """What a project is now; `deleted_at` is when one in the bin is deleted for good."""

    id: int
    state: ProjectState
    deleted_at: Omitted[Moment] = None


class MergedData(Answer):
    """A class that was merged into another one, by their numbers: who sends `number` means `into`."""

    number: int
    into: int


class ProjectData(Abilities):
    """A project as the signed-in person sees it; `role` is theirs. An archived one can be viewed but not changed."""

    id: int
    name: str
    state: ProjectState
    instructions: str
    url: str
    role: RoleName
    categories: list[CategoryData]
    merged: list[MergedData]
    attributes: list[AttributeData]
    panoptic: bool


class ProjectList(Answer):
    """The projects of the signed-in person."""

    results: list[ProjectData]


class Deleted(Answer):
    """The id of what was deleted."""

    deleted: int
