"""JSON of a dataset, whatever is in it: bounded in size and depth, and told by its file's name when it is damaged."""

import codecs
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol, TypeVar

from labeling.exchange import spool
from labeling.exchange.errors import ImportProblem
from labeling.exchange.json_entries import entries, memory
from labeling.exchange.source import LARGEST_WHOLE, Source

RENAMED = "renamed.json"
"""In an export in which files are not called as they were uploaded: file name → uploaded name."""

MANIFEST = "manifest.json"
_OURS = {MANIFEST, RENAMED}
"""Files in our own exports that are not labels."""

MOST_MEMORY = 2 * 1024**3
"""Bytes of memory that what a file holds may take (`json_entries.memory`)."""


def load(source: Source, name: str) -> Any:
    """What a JSON file holds. NaN and Infinity, which Python writes and JSON does not have, are read.

    Raises: ImportProblem for a file that is damaged, nested too deeply, larger than `LARGEST_WHOLE`, or has so many
    values that they take more than `MOST_MEMORY`.
    """
    content = source.read(name, LARGEST_WHOLE)
    if memory(content) > MOST_MEMORY:
        raise ImportProblem(f"{name} has more lists and values than fit into memory. Cut the dataset into parts.")
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ImportProblem(f"{name} is not UTF-8 text (at byte {error.start:,}). Save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        what = f"{error.msg.removesuffix(' at')} at line {error.lineno}, column {error.colno}"
        raise ImportProblem(f"{name} is not valid JSON: {what}. It may have been cut short.") from error
    except RecursionError as error:
        raise ImportProblem(f"{name} is nested too deeply to be a dataset.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise ImportProblem(f"{name} has a value that can't be read ({error}).") from error


class Telling(Protocol):
    """A `Reading`, as far as it is needed here: matching images, which readings do, reads JSON files, too."""

    source: Source

    def defect(self, where: str, reason: str) -> None:
        """Something is left out."""

    def note(self, where: str, text: str) -> None:
        """Something was repaired."""


def of_format(
    reading: Telling, names: Sequence[str], lacks: Callable[[Any], str], format: str
) -> Iterator[tuple[str, Any]]:
    """Those JSON files that are of a format, each with what it holds. Others are noted, damaged ones told.

    lacks: what is missing for the format; "" when nothing is. Raises: ImportProblem when none is of the format.
    """
    return _those(reading, names, lambda name, _: load(reading.source, name), lacks, format)


@dataclass(frozen=True)
class Long:
    """A JSON file with a list of any length: `rest` has what stands beside it at the top and is no list.

    `has_list`: whether the list is there. `fits`: whether an entry of it was found to be of the format.
    """

    rest: Mapping[str, Any]
    has_list: bool
    fits: bool
    kept: spool.Spool

    def entries(self) -> Iterator[Any]:
        """The list's entries, of which no more than one is in memory."""
        return (json.loads(text) for _, text in self.kept.all(""))


def long_of_format(
    reading: Telling, names: Sequence[str], section: str, fits: Callable[[Any], bool],
    lacks: Callable[[Long], str], format: str,
) -> Iterator[tuple[str, Long]]:  # fmt: skip
    """As `of_format`, of files whose list `section` may be of any length. Empty: the file is the list, or an entry."""

    def read(name: str, stack: ExitStack) -> Long:
        return _long(reading.source, name, section, fits, stack.enter_context(spool.opened()))

    return _those(reading, names, read, lacks, format)


def _long(source: Source, name: str, section: str, fits: Callable[[Any], bool], kept: spool.Spool) -> Long:
    rest: dict[str, Any] = {}
    has_list = found = False
    if not section and not _is_list(source, name):
        one = load(source, name)
        kept.add("", "", 1, json.dumps(one))
        kept.seal()
        return Long(rest, True, fits(one), kept)
    for entry in entries(source, name):
        if entry.section == section and (entry.place or entry.value == []):
            has_list = True
            if entry.place:
                found = found or fits(entry.value)
                kept.add("", "", entry.place, entry.text)
        elif not entry.place:
            rest[entry.section] = entry.value
    kept.seal()
    return Long(rest, has_list, found, kept)


def _is_list(source: Source, name: str) -> bool:
    with source.open(name) as file:
        return file.read(1024).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")


_File = TypeVar("_File")


def _those(
    reading: Telling, names: Sequence[str], read: Callable[[str, ExitStack], _File], lacks: Callable[[_File], str],
    format: str,
) -> Iterator[tuple[str, _File]]:  # fmt: skip
    """read: what a file holds; what it opens is closed when the next file is read."""
    first: ImportProblem | None = None
    some = False
    for name in names:
        with ExitStack() as stack:
            try:
                content = read(name, stack)
            except ImportProblem as problem:
                first = first or problem
                if len(names) > 1:
                    reading.defect(name, str(problem))
                continue
            missing = lacks(content)
            if missing:
                first = first or ImportProblem(f"{name} has no {missing}, so it is not {format}.")
                if PurePosixPath(name).name not in _OURS:
                    reading.note(name, f"It has no {missing}, so it is not {format}, and is not read.")
                continue
            some = True
            yield name, content
    if not some:
        raise first or ImportProblem(f"{reading.source.label} has no .json file. {format} has its labels in one.")
