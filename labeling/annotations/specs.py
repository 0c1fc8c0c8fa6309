"""Bodies of the annotation endpoints. Types are strict: `"3"` is not a number and `1` is not a yes."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, StrictStr

from labeling.annotations.content import (
    MAX_CHANGES,
    MAX_CLICKS,
    MAX_COUNTS,
    Changed,
    Created,
    Deleted,
    ObjectChange,
)
from labeling.projects.attributes import MAX_ATTRIBUTES
from labeling.web.api import Spec

Coordinate = Annotated[float, Field(strict=True, allow_inf_nan=False)]
ClickSpec = tuple[Coordinate, Coordinate, StrictBool]
Version = Annotated[StrictInt, Field(ge=0, lt=2**31)]
CategoryNumber = Annotated[StrictInt, Field(ge=1, lt=2**31)]
Counts = Annotated[StrictStr, Field(min_length=1, max_length=MAX_COUNTS)]
Clicks = Annotated[list[ClickSpec], Field(max_length=MAX_CLICKS)]
Z = Annotated[StrictInt, Field(gt=-(2**52), lt=2**52)]
Value = StrictBool | StrictInt | Annotated[float, Field(strict=True, allow_inf_nan=False)] | StrictStr | None
Attributes = Annotated[dict[str, Value], Field(max_length=2 * MAX_ATTRIBUTES)]


class WholeObject(Spec):
    """All that an object needs. `uid` is the client's: saving the same object again is harmless."""

    uid: UUID
    category: CategoryNumber
    counts: Counts
    clicks: Clicks
    z: Z | None = None
    attributes: Attributes | None = None
    crowd: StrictBool = False


class ObjectParts(Spec):
    """What is different about an object; what is left out stays as it is."""

    category: CategoryNumber | None = None
    counts: Counts | None = None
    clicks: Clicks | None = None
    z: Z | None = None
    attributes: Attributes | None = None
    crowd: StrictBool | None = None


class NewAnnotation(WholeObject):
    """Keep an object."""

    version: Version


class ChangedAnnotation(ObjectParts):
    """Change a kept object."""

    version: Version


class CreateOne(WholeObject):
    """One of several changes: keep an object."""

    kind: Literal["create"]

    def change(self) -> ObjectChange:
        return Created(**self.model_dump(exclude={"kind"}))


class ChangeOne(ObjectParts):
    """One of several changes: change an object."""

    kind: Literal["change"]
    uid: UUID

    def change(self) -> ObjectChange:
        return Changed(**self.model_dump(exclude={"kind"}))


class DeleteOne(Spec):
    """One of several changes: delete an object."""

    kind: Literal["delete"]
    uid: UUID

    def change(self) -> ObjectChange:
        return Deleted(self.uid)


class Changes(Spec):
    """Several changes of one image that belong together: all are carried out, or none."""

    version: Version
    changes: list[Annotated[CreateOne | ChangeOne | DeleteOne, Field(discriminator="kind")]] = Field(
        min_length=1, max_length=MAX_CHANGES
    )


class PanopticSwitch(Spec):
    """Whether no pixel of a project's images may belong to two objects."""

    panoptic: StrictBool


class SeenVersion(Spec):
    """A change that needs nothing but the version its writer saw."""

    version: Version


class NewStatus(Spec):
    """Say how far an image is."""

    version: Version
    status: Literal["new", "in_progress", "done", "skipped"]
    reason: Annotated[StrictStr, Field(max_length=200)] = ""


class NewNote(Spec):
    """Say something about an image; empty takes it back."""

    version: Version
    text: Annotated[StrictStr, Field(max_length=2000)]


class TimeReport(Spec):
    """How long somebody has worked on an image since they opened it: `session` is the client's name for that."""

    session: UUID
    seconds: Annotated[StrictInt, Field(ge=0, le=24 * 3600)]
