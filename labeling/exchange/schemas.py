"""Answers of the API of exports and imports."""

from typing import Annotated, Literal

from pydantic import JsonValue

from labeling.exchange.models import Export, Import
from labeling.exchange.registry import readable_formats
from labeling.web.events import News
from labeling.web.routes import Answer, Moment, Omitted, values_of

ExportState = Annotated[Export.State, values_of(Export.State)]


class ExportNews(Answer):
    """How far an export is, in images. `url` (when ready) is where its zip is; `reason` says why there is none."""

    id: int
    state: ExportState
    done: int
    total: int
    url: Omitted[str] = None
    reason: Omitted[str] = None


class LossData(Answer):
    """Something that a format can't say. `objects`: of how many it is lost; missing where that is not counted ahead."""

    what: str
    text: str
    objects: Omitted[int] = None


class LossesData(Answer):
    """What an export would have and lose. `counted`: of how many of its images that is known by now."""

    images: int
    objects: Omitted[int] = None
    counted: int
    lost: list[LossData]


class ExportMessage(News, ExportNews):
    """How far an export is. Managers and reviewers only."""

    type: Literal["export"] = "export"


class ExportData(ExportNews):
    """An export; `options` as it was asked for. `name`: of a frozen version, which does not expire. `sha256`: of the
    zip. `frozen_by`: who froze it. Without `url` one who is ready has labels that only managers may have.
    `delivered`: where in a bucket it was put."""

    format: str
    title: str
    options: dict[str, JsonValue]
    created_by: str | None
    created_at: Moment
    name: Omitted[str] = None
    sha256: Omitted[str] = None
    frozen_by: Omitted[str] = None
    frozen_at: Omitted[Moment] = None
    delivered: Omitted[str] = None


class CountsData(Answer):
    """Of how many."""

    added: int
    removed: int
    changed: int


class ClassCounts(CountsData):
    """Objects of a class."""

    number: int
    name: str


class RenamedClass(Answer):
    """A class that is called otherwise."""

    number: int
    before: str
    after: str


class ImageDifference(Answer):
    """What became of an image: `added`, `removed` or `changed`. `folder`: of the labels. `objects` by class number."""

    what: str
    image: int
    name: str
    folder: str
    objects: dict[str, CountsData]


class DifferenceData(Answer):
    """How an export differs from an earlier one. `changes` are the first images; `more` are only in the download."""

    before: int
    before_name: str
    after: int
    after_name: str
    images: CountsData
    objects: CountsData
    by_class: list[ClassCounts]
    classes_added: list[str]
    classes_removed: list[str]
    classes_renamed: list[RenamedClass]
    changes: list[ImageDifference]
    more: int
    url: str


class FormatData(Answer):
    """A format that exports can have; `options` is the JSON schema of its options."""

    name: str
    title: str
    description: str
    options: dict[str, JsonValue]


class ExportList(Answer):
    """The latest exports of a project, the newest first; all its frozen versions; the formats there are; and the
    buckets that exports may be put into."""

    results: list[ExportData]
    versions: list[ExportData]
    formats: list[FormatData]
    sinks: list[str]


class DefectData(Answer):
    """Something that is left out or was repaired: the file and annotation, why, and the image's name."""

    where: str
    reason: str
    image: str


class ClassPlanData(Answer):
    """What becomes of a class of the dataset. `into`: a class of the project, which is `new` or there already; empty:
    its objects are left out."""

    name: str
    into: str
    new: bool
    objects: int
    color: str
    kind: str


class FitData(Answer):
    """An image of the project that may be meant."""

    id: int
    name: str


class UnmatchedData(Answer):
    """An image of the dataset that no image of the project fits, or several. The option `mapping` says which one it is:
    its name here → the project's name, or `id:` and the image's id."""

    name: str
    fits: list[FitData]


class ReportData(Answer):
    """What an import would do, and all that it would leave out.

    `already`: objects that are there exactly so, which are not added once more. `skipped`: images that stay as they are
    because they have objects. `attributes`: those that the project does not ask, and how many objects answer them;
    these answers are left out. `refused`: images that could not be labeled in the end.
    """

    images: int
    new_images: int
    labeled_before: int
    closed: int
    objects: int
    crowds: int
    left_out: int
    already: int = 0
    skipped: int = 0
    splits: dict[str, int]
    classes: list[ClassPlanData]
    attributes: dict[str, int]
    unmatched: list[UnmatchedData] = []
    defects: list[DefectData]
    notes: list[DefectData]
    more_defects: int
    more_notes: int
    refused: list[DefectData] = []


class ImportData(Answer):
    """An import. `step`: `check` or `apply`; `done` and `total` count images; `added` objects that are kept."""

    id: int
    name: str
    format: str
    title: str
    options: dict[str, JsonValue]
    step: Annotated[Import.Step, values_of(Import.Step)]
    state: Annotated[Import.State, values_of(Import.State)]
    done: int
    total: int
    added: int
    reason: str
    created_by: str | None
    created_at: Moment
    report: Omitted[ReportData] = None

    @classmethod
    def of(cls, row: Import, *, report: bool = True) -> "ImportData":
        known = readable_formats().get(row.format)
        return cls(
            id=row.pk, name=row.name, format=row.format, title=known.title if known else row.format,
            options=row.options, step=Import.Step(row.step), state=Import.State(row.state),
            done=row.done, total=row.total, added=row.added, reason=row.reason,
            created_by=row.created_by.shown_name if row.created_by else None,
            created_at=row.created_at.isoformat(),
            report=ReportData.model_validate(row.report) if report and row.report else None,
        )  # fmt: skip


class ImportList(Answer):
    """The latest imports of a project, the newest first, and the formats that can be imported."""

    results: list[ImportData]
    formats: list[FormatData]
