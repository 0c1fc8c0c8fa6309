"""Bodies and queries of the review's API."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from labeling.annotations.specs import Coordinate, Version
from labeling.web.api import Spec

Id = Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]
Text = Annotated[StrictStr, Field(min_length=1, max_length=2000, pattern=r"\S")]


class StartReview(Spec):
    """Take the turn at reviewing an image; with `correct` its labels may be changed meanwhile."""

    correct: StrictBool = False


class GiveVerdict(Spec):
    """Judge a version of an image's labels."""

    version: Version
    verdict: Literal["accepted", "sent_back"]
    summary: Annotated[StrictStr, Field(max_length=2000)] = ""
    override: Annotated[StrictStr, Field(max_length=300)] = ""


class NewThread(Spec):
    """Begin a thread: at a point of the view, at a point of an object's box, or about the whole image."""

    text: Text
    x: Coordinate | None = None
    y: Coordinate | None = None
    object: UUID | None = None

    @model_validator(mode="after")
    def _whole_pin(self) -> "NewThread":
        if (self.x is None) != (self.y is None) or (self.object is not None and self.x is None):
            raise ValueError("x and y belong together, and an object needs both")
        return self


class NewComment(Spec):
    """Say something in a thread, or change what one said."""

    text: Text


class ThreadChange(Spec):
    """How far a thread is, or where its pin is; what is left out stays."""

    state: Literal["open", "fixed", "resolved"] | None = None
    x: Coordinate | None = None
    y: Coordinate | None = None
    object: UUID | None = None

    @model_validator(mode="after")
    def _something(self) -> "ThreadChange":
        if (self.x is None) != (self.y is None) or (self.object is not None and self.x is None):
            raise ValueError("x and y belong together, and an object needs both")
        if self.state is None and self.x is None:
            raise ValueError("state, or x and y: say what changes")
        return self


class NextReview(Spec):
    """Ask for the next image to review."""

    after: Annotated[StrictInt, Field(ge=1, le=2**63 - 1)] | None = None


class ReviewSettingsSpec(Spec):
    """Change how a project reviews; what is left out stays."""

    enabled: StrictBool | None = None
    rate: Annotated[StrictInt, Field(ge=0, le=100)] | None = None
    newcomers: Annotated[StrictInt, Field(ge=0, le=1000)] | None = None
    may_correct: StrictBool | None = None
    strict: StrictBool | None = None
    blind: StrictBool | None = None


class VersionQuery(Spec):
    """Which version of an image's labels."""

    version: int = Field(ge=0, lt=2**31)


class SampleVerdict(Spec):
    """Accept finished images that were not drawn for review, or `draw` them: `images`, or all of a `lot`.

    One request deals with at most 200 images of a lot; its answer says where the next one goes on.
    """

    images: Annotated[list[Id], Field(min_length=1, max_length=500)] | None = None
    lot: Id | None = None
    after: Annotated[StrictInt, Field(ge=0, le=2**63 - 1)] = 0
    draw: StrictBool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> "SampleVerdict":
        if (self.images is None) == (self.lot is None):
            raise ValueError("Send either images or lot.")
        return self
