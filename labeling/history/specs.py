"""Bodies and queries of the history's API."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from labeling.annotations.specs import Version
from labeling.web.api import Spec

Id = Annotated[int, Field(ge=1, lt=2**63)]


class HistoryPage(Spec):
    """Which page: activities with ids below `before`."""

    before: Id | None = None


class ActivityPage(HistoryPage):
    """Which activities of a project, and which page of them."""

    person: Id | None = None
    kind: Literal["", "objects", "status", "verdict", "note", "comment"] = ""


class Restoring(Spec):
    """Go back to version `to`; `version` is the newest one that the writer saw."""

    version: Version
    to: Annotated[StrictInt, Field(ge=0, lt=2**31)]
