"""Answers of the quality API."""

from typing import Any

from labeling.web.routes import Answer, Moment


class QualityFigures(Answer):
    """A project's figures (docs/internals/quality.md). `made_at` is None before any were made; `waiting` images are
    not compared yet."""

    peers: dict[str, Any] | None
    golden: dict[str, Any] | None
    made_at: Moment | None
    waiting: int


class GoldenAnswer(Answer):
    """Whether an image is golden now."""

    image: int
    golden: bool


class GoldenRefused(Answer):
    """An image that was not marked, and why."""

    image: int
    reason: str


class GoldenMarked(Answer):
    """How many images were marked, and those that were not."""

    marked: int
    refused: list[GoldenRefused]


class ConsensusAnswer(Answer):
    """When opinions become an image's labels by themselves."""

    automatic: bool
    least: float
    by_class: dict[str, float]


class LabelsVersion(Answer):
    """The version of the image's labels."""

    version: int
