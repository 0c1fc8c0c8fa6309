"""Bodies of the API for lots, turns and actions on many images."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from labeling.assignment.bulk import AT_ONCE
from labeling.assignment.filters import ImageFilter
from labeling.assignment.manage import MOST_FOLDS
from labeling.web.api import Spec

Id = Annotated[StrictInt, Field(ge=1, lt=2**63)]
Version = Annotated[StrictInt, Field(ge=0, lt=2**31)]
Priority = Annotated[StrictInt, Field(ge=-100, le=100)]
Folds = Annotated[StrictInt, Field(ge=1, le=MOST_FOLDS)]
Order = Literal["upload", "random"]
Name = Annotated[StrictStr, Field(max_length=200)]


class NewLot(Spec):
    """Make a lot. `folds`: how many people label each image; `order`: in which its images are handed out."""

    name: Name
    priority: Priority = 0
    due: date | None = None
    folds: Folds = 1
    order: Order = "upload"


class LotChange(Spec):
    """Change a lot; what is left out stays. `closed`: nothing of it is handed out."""

    name: Name | None = None
    priority: Priority | None = None
    due: date | None = None
    folds: Folds | None = None
    order: Order | None = None
    closed: StrictBool | None = None


class SeenImage(Spec):
    """An image, and the version of its labels that was seen; without one, that of now."""

    id: Id
    version: Version | None = None


class Assign(Spec):
    """Reserve images for people, in equal shares; nobody takes it back."""

    kind: Literal["assign"]
    members: list[Id] = Field(max_length=100)


class IntoLot(Spec):
    """Put images into a lot."""

    kind: Literal["lot"]
    lot: Id


class PutTag(Spec):
    """Put a tag on images; `remove`: take it off."""

    kind: Literal["tag"]
    tag: Annotated[StrictStr, Field(max_length=100)]
    remove: StrictBool = False


class SetState(Spec):
    """Say how far images are; *skipped* has a reason. `in_progress` opens finished ones again."""

    kind: Literal["status"]
    status: Literal["new", "in_progress", "done", "skipped"]
    reason: Annotated[StrictStr, Field(max_length=200)] = ""


class MarkGolden(Spec):
    """Make finished images golden: their labels are the truth that people are measured against; `remove`: no longer."""

    kind: Literal["golden"]
    remove: StrictBool = False


class DeleteImages(Spec):
    """Delete images with their labels."""

    kind: Literal["delete"]


Action = Annotated[Assign | IntoLot | PutTag | SetState | MarkGolden | DeleteImages, Field(discriminator="kind")]


class Bulk(Spec):
    """One action on many images: on `images`, or on all that `filter` chooses, from `after` on.

    One request deals with at most 200 images of a filter; its answer says where the next one goes on.
    """

    action: Action
    images: list[SeenImage] | None = Field(default=None, min_length=1, max_length=AT_ONCE)
    filter: ImageFilter | None = None
    after: Annotated[StrictInt, Field(ge=0, lt=2**63)] = 0

    @model_validator(mode="after")
    def _one_of_both(self) -> "Bulk":
        if (self.images is None) == (self.filter is None):
            raise ValueError("Send either images or filter.")
        return self
