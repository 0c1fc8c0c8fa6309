"""JSON of a dataset, whatever is in it: bounded in size and depth, and told by its file's name when it is damaged."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Protocol

from labeling.exchange.errors import ImportProblem
from labeling.exchange.source import LARGEST_WHOLE, Source

RENAMED = "renamed.json"
"""In an export in which files are not called as they were uploaded: file name → uploaded name."""

MANIFEST = "manifest.json"
_OURS = {MANIFEST, RENAMED}
"""Files in our own exports that are not labels."""


def load(source: Source, name: str) -> Any:
    """What a JSON file holds. NaN and Infinity, which Python writes and JSON does not have, are read.

    Raises: ImportProblem for a file that is damaged, nested too deeply, or larger than `LARGEST_WHOLE`.
    """
    content = source.read(name, LARGEST_WHOLE)
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
    first: ImportProblem | None = None
    some = False
    for name in names:
        try:
            content = load(reading.source, name)
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
