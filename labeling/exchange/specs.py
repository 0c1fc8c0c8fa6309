"""Bodies of the API of exports and imports."""

from pydantic import Field, JsonValue

from labeling.web.api import Spec


class NewExport(Spec):
    """`POST /api/projects/<id>/exports`. Which options there are depends on the format."""

    format: str = Field(max_length=40)
    options: dict[str, JsonValue] = {}


class ImportOptions(Spec):
    """`POST /api/imports/<id>/check`. Which options there are depends on the format."""

    options: dict[str, JsonValue] = {}
