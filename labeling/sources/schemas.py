"""Answers of the API of sources."""

from typing import Literal

from labeling.web.routes import Answer, Moment


class RootData(Answer):
    """A place that the administrator allows: `root` for programs, `title` for people."""

    root: str
    title: str


class ProblemData(Answer):
    """An original that is not what it was, and what to do."""

    path: str
    problem: Literal["changed", "missing", "rejected"]
    message: str


class SourceData(Answer):
    """A folder or bucket that the project's pictures come from.

    `seen`: pictures that the last scan found, or this one so far; `others`: files that are no pictures by their names.
    `waiting` of the pictures are still to be looked at, `done` are. `images`, `rejected`, `deleted`: what became of
    them; `changed`, `missing`: images whose original is not what it was. `trouble`: why the last scan did not end.
    `problems` are the first of them.
    """

    id: int
    root: str
    title: str
    folder: str
    watch: bool
    state: Literal["waiting", "scanning", "done"]
    seen: int
    others: int
    waiting: int
    done: int
    images: int
    rejected: int
    deleted: int
    changed: int
    missing: int
    scanned_at: Moment | None
    trouble: str
    problems: list[ProblemData]


class SourceList(Answer):
    """The sources of a project, and the places that there could be some in."""

    results: list[SourceData]
    roots: list[RootData]
