"""CSV files that say which images of a project a dataset means: its name of an image, then the project's."""

import csv
import io
import re
from typing import IO

from labeling.exchange.dataset import MOST_CHOSEN
from labeling.web.api import ApiError

LARGEST = 16 * 1024**2
"""Bytes of a file."""

_LONGEST, _LONGEST_OURS = 500, 255
_HEAD = ("dataset", "project")
"""What a first line may say instead of names."""


def read(file: IO[bytes]) -> dict[str, str]:
    """The dataset's names → the project's, of a CSV file in UTF-8 with commas, semicolons or tabs between the two.

    Raises: ApiError 400 `bad_mapping` that names the line.
    """
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise _bad("The mapping is larger than 16 MB. Map the rest in another file.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(f"The mapping is not UTF-8 text (at byte {error.start:,}). Save it as UTF-8.") from error
    if "\0" in text:
        raise _bad(f"The mapping has a NUL character in line {text[: text.index(chr(0))].count(chr(10)) + 1:,}.")
    first = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    delimiter = max(",;\t", key=first.count)
    found: dict[str, str] = {}
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True), 1):
            _take(found, number, [one.strip() for one in row])
    except csv.Error as error:
        raise _bad(f"The mapping is no CSV file: {error}.") from error
    if not found:
        raise _bad("The mapping has no line with two names: the dataset's, then the project's.")
    return found


def _take(found: dict[str, str], number: int, row: list[str]) -> None:
    if not any(row) or (number == 1 and tuple(one.casefold() for one in row) == _HEAD):
        return
    if len(row) != 2 or not all(row):
        raise _bad(f"Line {number} of the mapping has not two names: the dataset's, then the project's.")
    theirs, ours = row
    if len(theirs) > _LONGEST or len(ours) > _LONGEST_OURS:
        raise _bad(f"A name in line {number} of the mapping is too long.")
    if found.setdefault(theirs, ours) != ours:
        raise _bad(f"Line {number} of the mapping maps “{theirs}” a second time, to another image.")
    if len(found) > MOST_CHOSEN:
        raise _bad(f"The mapping has more than {MOST_CHOSEN:,} images. Map the rest in another file.")


def _bad(message: str) -> ApiError:
    return ApiError(400, "bad_mapping", message)
