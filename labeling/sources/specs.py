"""Bodies of the API of sources."""

from pydantic import Field

from labeling.web.api import Spec


class NewSource(Spec):
    """`POST /api/projects/<id>/sources`. `root` is one of the places that `GET` lists; `folder` is in it."""

    root: str = Field(max_length=300)
    folder: str = Field(default="", max_length=1000)
    watch: bool = True


class SourceChange(Spec):
    """`PATCH /api/sources/<id>`."""

    watch: bool
