"""Large JSON of a dataset, entry by entry: of a file of any length no more than one entry is in memory.

Python's own parser reads the entries, as it reads whole files in `json_files`: NaN is read, numbers are the same, and
what it refuses is refused. Here is only what lies around them: the object or list at the top, and where entries end.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.template.defaultfilters import filesizeformat

from labeling.exchange.errors import ImportProblem
from labeling.exchange.source import Source

LARGEST_ENTRY = 64 * 1024**2
"""Characters of an entry: of a list at the top, or of what stands at the top beside lists."""

MOST_MEMORY = 1024**3
"""Bytes of memory that the values of an entry may take (`memory`)."""

MOST_ENTRIES = 20_000_000
"""Of all lists of a file."""

MOST_NAMES = 10_000
"""At the top of a file."""

_CHUNK = 1024**2
_NEAR = 16  # characters: so near to the end of what was read, an error or a number's end may be only that it is cut
_NO_SPACE = re.compile(r"[^ \t\n\r]")
_scan = json.JSONDecoder().raw_decode


@dataclass(frozen=True)
class Entry:
    """An entry of the list `section` (empty: the file is a list), or with place 0 what `section` is, if it is no list.

    `place`: from 1. `text`: as it stands there.
    """

    section: str
    place: int
    text: str
    value: Any


def memory(text: str | bytes) -> int:
    """About how many bytes of memory the values of a JSON text take, told before any is made: 60 MB of empty lists take
    2 GB. Signs inside of texts count, too; masks have few."""
    comma, bracket, brace = (",", "[", "{") if isinstance(text, str) else (b",", b"[", b"{")
    return len(text) + 40 * text.count(comma) + 80 * text.count(bracket) + 240 * text.count(brace)  # type: ignore[arg-type]


def entries(source: Source, name: str) -> Iterator[Entry]:
    """What a JSON file has at its top, in its order. A list that has no entry comes as one with place 0.

    Raises: ImportProblem, which names the file, for one that is damaged, nested too deeply, has an entry larger than
    `LARGEST_ENTRY`, more than `MOST_ENTRIES` or `MOST_NAMES`, or a name twice at its top.
    """
    with source.open(name) as file:
        yield from _Parser(file, name).all()


class _Parser:
    """What was read and not yet used up is `_text` from `_at` on."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._ended = "", 0, False
        self._bytes, self._lines, self._column = 0, 1, 1  # before `_text`
        self._count = 0

    def all(self) -> Iterator[Entry]:
        first = self._next()
        if first == "{":
            yield from self._object()
        elif first == "[":
            yield from self._list("")
        else:
            yield Entry("", 0, *self._value())
        if self._next():
            raise self._damaged("Extra data", self._at)

    def _object(self) -> Iterator[Entry]:
        self._at += 1
        seen: set[str] = set()
        if self._next() == "}":
            self._at += 1
            return
        while True:
            if self._next() != '"':
                raise self._damaged("Expecting property name enclosed in double quotes", self._at)
            _, section = self._value()
            if section in seen:
                raise ImportProblem(f"{self._name} has “{section[:40]}” twice. Leave one of the two.")
            seen.add(section)
            if len(seen) > MOST_NAMES:
                raise ImportProblem(f"{self._name} has more than {MOST_NAMES:,} names at its top. It is no dataset.")
            self._take(":")
            if self._next() == "[":
                yield from self._list(section)
            else:
                yield Entry(section, 0, *self._value())
            if self._take(",}") == "}":
                return

    def _list(self, section: str) -> Iterator[Entry]:
        self._at += 1
        if self._next() == "]":
            self._at += 1
            yield Entry(section, 0, "[]", [])
            return
        place = 0
        while True:
            place, self._count = place + 1, self._count + 1
            if self._count > MOST_ENTRIES:
                raise ImportProblem(f"{self._name} has more than {MOST_ENTRIES:,} entries. Cut the dataset into parts.")
            yield Entry(section, place, *self._value())
            if self._take(",]") == "]":
                return

    def _take(self, signs: str) -> str:
        found = self._next()
        if not found or found not in signs:
            raise self._damaged(f"Expecting '{signs[0]}' delimiter", self._at)
        self._at += 1
        return found

    def _next(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            if found := _NO_SPACE.search(self._text, self._at):
                self._at = found.start()
                return found[0]
            self._at = len(self._text)
            if not self._more():
                return ""

    def _value(self) -> tuple[str, Any]:
        """The value that begins here, as text and as what it is."""
        self._next()
        while True:
            try:
                value, end = _scan(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos > len(self._text) - _NEAR
                if not cut or not self._more():
                    raise self._damaged(error.msg, error.pos) from error
            except RecursionError as error:
                raise ImportProblem(f"{self._name} is nested too deeply to be a dataset.") from error
            except ValueError as error:  # an integer of thousands of digits
                raise ImportProblem(f"{self._name} has a value that can't be read ({error}).") from error
            else:
                if end + _NEAR <= len(self._text) or not self._more():  # else a number may go on: 1.|5, 1e|9
                    text = self._text[self._at : end]
                    self._at = end
                    return text, value

    def _more(self) -> bool:
        """Read on; False at the end of the file. At least as much again as there is, so that an entry is not tried too
        often."""
        if self._ended:
            return False
        if len(self._text) - self._at > LARGEST_ENTRY:
            raise ImportProblem(
                f"{self._name} has an entry of more than {filesizeformat(LARGEST_ENTRY)}, too large for what it should "
                "be."
            )
        self._forget()
        if memory(self._text) > MOST_MEMORY:
            raise ImportProblem(f"{self._name} has an entry with more lists and values than fit into memory.")
        chunk = self._file.read(max(_CHUNK, len(self._text)))
        self._ended = not chunk
        try:
            self._text += self._decoder.decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            place = self._bytes - len(self._decoder.getstate()[0]) + error.start
            raise ImportProblem(f"{self._name} is not UTF-8 text (at byte {place:,}). Save it as UTF-8.") from error
        self._bytes += len(chunk)
        return True

    def _forget(self) -> None:
        """Drop what is used up."""
        used = self._text[: self._at]
        if lines := used.count("\n"):
            self._lines, self._column = self._lines + lines, len(used) - used.rindex("\n")
        else:
            self._column += len(used)
        self._text, self._at = self._text[self._at :], 0

    def _damaged(self, why: str, at: int) -> ImportProblem:
        self._at = at
        self._forget()
        what = f"{why.removesuffix(' at')} at line {self._lines}, column {self._column}"
        return ImportProblem(f"{self._name} is not valid JSON: {what}. It may have been cut short.")
