"""Answers of the exports' API."""

from typing import Annotated, Literal

from pydantic import JsonValue

from labeling.exchange.models import Export
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


class ExportMessage(News, ExportNews):
    """How far an export is. Managers and reviewers only."""

    type: Literal["export"] = "export"


class ExportData(ExportNews):
    """An export; `options` as it was asked for."""

    format: str
    title: str
    options: dict[str, JsonValue]
    created_by: str | None
    created_at: Moment


class FormatData(Answer):
    """A format that exports can have; `options` is the JSON schema of its options."""

    name: str
    title: str
    description: str
    options: dict[str, JsonValue]


class ExportList(Answer):
    """The latest exports of a project, the newest first, and the formats there are."""

    results: list[ExportData]
    formats: list[FormatData]
