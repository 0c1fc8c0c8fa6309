"""Bodies and queries of the inbox's API."""

from typing import Annotated

from pydantic import Field, StrictInt

from labeling.web.api import Spec


class InboxQuery(Spec):
    """Which notices: those before an id."""

    before: int | None = Field(default=None, ge=1, le=2**63 - 1)
    limit: int = Field(default=30, ge=1, le=100)


class ReadSpec(Spec):
    """Mark all notices up to an id as read."""

    up_to: Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]
