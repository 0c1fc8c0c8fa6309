"""Bodies of the annotation endpoints. Types are strict: `"3"` is not a number and `1` is not a yes."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, StrictStr

from labeling.annotations.content import MAX_CLICKS, MAX_COUNTS
from labeling.annotations.models import AnnotationSet
from labeling.common.api import Spec

Coordinate = Annotated[float, Field(strict=True, allow_inf_nan=False)]
ClickSpec = tuple[Coordinate, Coordinate, StrictBool]
Version = Annotated[StrictInt, Field(ge=0, lt=2**31)]
CategoryNumber = Annotated[StrictInt, Field(ge=1, lt=2**31)]
Counts = Annotated[StrictStr, Field(min_length=1, max_length=MAX_COUNTS)]
Clicks = Annotated[list[ClickSpec], Field(max_length=MAX_CLICKS)]


class NewAnnotation(Spec):
    """Keep an object. `uid` is the client's: saving the same object again is harmless."""

    version: Version
    uid: UUID
    category: CategoryNumber
    counts: Counts
    clicks: Clicks


class ChangedAnnotation(Spec):
    """Change a kept object; what is left out stays as it is."""

    version: Version
    category: CategoryNumber | None = None
    counts: Counts | None = None
    clicks: Clicks | None = None


class SeenVersion(Spec):
    """A change that needs nothing but the version its writer saw."""

    version: Version


class NewStatus(Spec):
    """Say how far an image is."""

    version: Version
    status: AnnotationSet.Status
