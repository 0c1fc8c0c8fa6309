"""Bodies of the API of exports and imports."""

from pydantic import Field, JsonValue

from labeling.web.api import Spec


class NewSink(Spec):
    """Where an export is put as well: one of the buckets that `GET` lists, and a folder in it. `unpack`: its files, not
    the zip."""

    place: str = Field(max_length=300)
    folder: str = Field(default="", max_length=500)
    unpack: bool = False


class NewExport(Spec):
    """`POST /api/projects/<id>/exports`. Which options there are depends on the format."""

    format: str = Field(max_length=40)
    options: dict[str, JsonValue] = {}
    freeze: str = Field(default="", max_length=80, description='The name of the version that it is to be; none: "".')
    sink: NewSink | None = None


class Frozen(Spec):
    """`POST /api/exports/<id>/freeze`. `name`: of the version."""

    name: str = Field(min_length=1, max_length=80)


class Applied(Spec):
    """`POST /api/imports/<id>/apply`. `skip_defects`: leave out what is wrong, whatever the check was told."""

    skip_defects: bool = False


class ImportOptions(Spec):
    """`POST /api/imports/<id>/check`. Which options there are depends on the format."""

    options: dict[str, JsonValue] = {}
