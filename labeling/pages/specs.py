"""Bodies and queries of the pages' API."""

from typing import Literal

from pydantic import Field

from labeling.assignment.filters import ImageFilter
from labeling.pages.gallery import NAMED, PAGE, Order, Sort
from labeling.web.api import Spec


class ImagesQuery(ImageFilter):
    """The query of `GET /api/projects/<id>/images`: filters, the order, and the page.

    `filter` is a filter with a name, which joins the others. `desc`: 1 for the other way round.
    """

    after: int = Field(default=0, ge=0, le=2**63 - 1)
    limit: int = Field(default=PAGE, ge=1, le=500)
    before: int | None = Field(default=None, ge=0, le=2**63 - 1)
    filter: Literal[
        "all", "todo", "unlabeled", "mine", "done", "accepted", "sent_back", "skipped", "noted", "preparing", "failed"
    ] = "all"  # fmt: skip
    sort: Sort = "added"
    desc: Literal["0", "1"] = "0"

    @property
    def chosen(self) -> ImageFilter:
        """The filters alone."""
        return ImageFilter(**{**NAMED[self.filter].given(), **self.given()})

    @property
    def order(self) -> Order:
        """The order alone."""
        return Order(self.sort, self.desc == "1")


class JumpQuery(Spec):
    """Which image: its place in the project, from 1, or a part of its name."""

    to: str = Field(min_length=1, max_length=200, pattern=r"\S")


class NextSpec(Spec):
    """`POST /api/projects/<id>/next`."""

    after: int | None = Field(default=None, ge=1, le=2**63 - 1)
