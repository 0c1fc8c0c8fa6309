"""Bodies and queries of the pages' API."""

from typing import Literal

from pydantic import Field

from labeling.pages.gallery import PAGE
from labeling.web.api import Spec


class ImagesQuery(Spec):
    """The query of `GET /api/projects/<id>/images`."""

    after: int = Field(default=0, ge=0, le=2**63 - 1)
    limit: int = Field(default=PAGE, ge=1, le=500)
    before: int | None = Field(default=None, ge=0, le=2**63 - 1)
    filter: Literal[
        "all", "todo", "unlabeled", "mine", "done", "accepted", "sent_back", "skipped", "noted", "preparing", "failed"
    ] = "all"  # fmt: skip
    category: int | None = Field(default=None, ge=1, lt=2**31)


class JumpQuery(Spec):
    """Which image: its place in the project, from 1, or a part of its name."""

    to: str = Field(min_length=1, max_length=200, pattern=r"\S")


class NextSpec(Spec):
    """`POST /api/projects/<id>/next`."""

    after: int | None = Field(default=None, ge=1, le=2**63 - 1)
