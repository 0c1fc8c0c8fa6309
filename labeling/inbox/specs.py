"""Bodies and queries of the inbox's API."""

from typing import Annotated

from pydantic import Field, StrictInt, model_validator

from labeling.web.api import Spec


class InboxQuery(Spec):
    """Which notices: those before an id."""

    before: int | None = Field(default=None, ge=1, le=2**63 - 1)
    limit: int = Field(default=30, ge=1, le=100)


Id = Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]


class ReadSpec(Spec):
    """Mark notices as read: all up to an id, or those about an image."""

    up_to: Id | None = None
    image: Id | None = None

    @model_validator(mode="after")
    def _something(self) -> "ReadSpec":
        if (self.up_to is None) == (self.image is None):
            raise ValueError("up_to or image: say which notices")
        return self
