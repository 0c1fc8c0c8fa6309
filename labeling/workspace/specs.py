"""Bodies and queries of the workspace's API."""

from typing import Literal

from pydantic import Field

from labeling.common.api import Spec
from labeling.workspace.gallery import PAGE


class ImagesQuery(Spec):
    """The query of `GET /api/projects/<id>/images`."""

    after: int = Field(default=0, ge=0, le=2**63 - 1)
    limit: int = Field(default=PAGE, ge=1, le=500)
    filter: Literal["all", "todo", "preparing", "failed", "done"] = "all"


class NextSpec(Spec):
    """`POST /api/projects/<id>/next`."""

    after: int | None = Field(default=None, ge=1, le=2**63 - 1)
