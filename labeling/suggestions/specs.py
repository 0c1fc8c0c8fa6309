"""Bodies and queries of the suggestions' API."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StringConstraints, model_validator

from labeling.annotations.specs import CategoryNumber, Clicks, Counts, Version
from labeling.suggestions import registry
from labeling.suggestions.learning import STEPS
from labeling.web.api import Spec

MAX_UIDS = 500
Registered = Annotated[str, AfterValidator(lambda name: registry.named(name).name)]


def _on_images(name: str) -> str:
    return _one_of(name, registry.for_images())


def _with_head(name: str) -> str:
    return _one_of(name, registry.with_head())


def _one_of(name: str, methods: list[registry.Method]) -> str:
    names = [method.name for method in methods]
    if name not in names:
        raise ValueError(f"choose one of {', '.join(names)}")
    return name


MethodOnImages = Annotated[str, AfterValidator(_on_images)]
MethodWithHead = Annotated[str, AfterValidator(_with_head)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Id = Annotated[int, Field(strict=True, ge=1, lt=2**63)]


class OffersQuery(Spec):
    """The query of `GET /api/images/<id>/suggestions`."""

    method: Registered | None = None
    above: Score = 0.0


class WantedSpec(Spec):
    """A suggestion to accept; another class or mask makes it an edited one."""

    uid: UUID
    category: CategoryNumber | None = None
    counts: Counts | None = None
    clicks: Clicks | None = None


class ChoiceSpec(Spec):
    """Which of the offered suggestions; `give` is the class for those that have none."""

    above: Score = 0.0
    category: CategoryNumber | None = None
    methods: list[Registered] = Field(default=[], max_length=20)
    give: CategoryNumber | None = None


class AcceptSpec(Spec):
    """`POST /api/images/<id>/suggestions/accept`: these ones, or all that fit a choice."""

    version: Version
    suggestions: list[WantedSpec] | None = Field(default=None, min_length=1, max_length=MAX_UIDS)
    all: ChoiceSpec | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "AcceptSpec":
        if (self.suggestions is None) == (self.all is None):
            raise ValueError("send either suggestions or all")
        return self


class ProjectAcceptSpec(ChoiceSpec):
    """`POST /api/projects/<id>/suggestions/accept`; `after` is the `next` of the answer before."""

    after: int = Field(default=0, ge=0, lt=2**63)


class UidsSpec(Spec):
    """Suggestions of an image."""

    uids: list[UUID] = Field(min_length=1, max_length=MAX_UIDS)


class RunOptions(Spec):
    """How a run asks: least score; what a panoptic head answers; whether the click model draws the borders again."""

    threshold: Score | None = None
    mode: Literal["instances", "panoptic", "semantic"] | None = None
    refine: StrictBool | None = None


class NewRun(Spec):
    """`POST /api/projects/<id>/suggestions/runs`.

    Without `head` the best one is asked; without `images` all are looked at that are not done.
    """

    method: MethodOnImages
    head: Id | None = None
    images: list[Id] | None = Field(default=None, min_length=1, max_length=10_000)
    options: RunOptions = RunOptions()


class NewImageRun(Spec):
    """`POST /api/images/<id>/suggestions`."""

    method: MethodOnImages
    head: Id | None = None
    options: RunOptions = RunOptions()


class NewHead(Spec):
    """`POST /api/projects/<id>/heads`."""

    kind: MethodWithHead
    steps: int = Field(default=STEPS, ge=10, le=20_000, strict=True)


class SettingsSpec(Spec):
    """`PATCH /api/projects/<id>/suggestions/settings`: what is left out stays."""

    everything_when_ready: StrictBool | None = None
    learn_at_doublings: StrictBool | None = None
    least_sure_first: StrictBool | None = None


class MappingSpec(Spec):
    """`PATCH /api/projects/<id>/heads/<id>/mapping`: words and the numbers of their classes (null: no class)."""

    mapping: dict[Annotated[str, StringConstraints(max_length=120)], CategoryNumber | None] = Field(max_length=1000)


class PhraseSpec(Spec):
    """`POST /api/images/<id>/text`."""

    phrase: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
