"""Parquet tables of a dataset: rows one after the other, and the pictures that are inside.

A table is copied to a temporary file, as Parquet is read from its end, and is read by a process of its own
(`parquet_child.py`), whose memory and time are limited: the table may be anybody's.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from labeling.exchange.errors import ImportProblem

MEMORY = 4 * 1024**3
"""Bytes of address space of the process that reads a table; pyarrow reserves some of it without using it."""


class Table:
    """A Parquet table. `features` are those of Hugging Face's `datasets` by column; empty where the table has none.

    `names`: what the picture of each row is called; empty when no column has pictures. The process ends when nobody has
    the table any more.
    """

    def __init__(self, name: str, file: IO[bytes]) -> None:
        """file: a real one, positioned at its begin. Raises: ImportProblem."""
        self.name = name
        child, number = Path(__file__).with_name("parquet_child.py"), file.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(child), str(number), str(MEMORY)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=(number,), env=_environment(),
        )  # fmt: skip
        self._end = weakref.finalize(self, _end, self._process)
        about = self._answer()
        self.columns: list[str] = about["columns"]
        self._pictures: list[str] = about["pictures"]
        self.features: Mapping[str, Any] = about["features"]
        self.names: list[str] = about["names"]

    def is_picture(self, column: str) -> bool:
        """Whether a column has pictures: their bytes, and a path."""
        return column in self._pictures

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows from 0 with what these columns have; one iterator at a time. Raises: ImportProblem when the table is
        damaged."""
        self._ask({"rows": list(columns)})
        at = 0
        while (found := self._ask({"next": True})) is not None:
            for row in found:
                yield at, row
                at += 1

    def picture(self, row: int) -> bytes:
        """The bytes of a row's picture; none where it has none. Raises: ImportProblem when the table is damaged."""
        size = self._ask({"picture": row})
        assert self._process.stdout is not None
        return self._process.stdout.read(size)

    def _ask(self, request: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended; what it said before is read
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        """Raises: ImportProblem."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer = json.loads(line, object_hook=_with_bytes) if line.endswith(b"\n") else {"error": "reading it failed"}
        if isinstance(answer, dict) and "error" in answer:
            self._end()
            raise ImportProblem(f"{self.name} is damaged, or no Parquet table that can be read: {answer['error']}.")
        return answer


def opened(name: str, file: IO[bytes]) -> Table:
    """The table that a file of a dataset is. Raises: ImportProblem."""
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy, 1 << 20)
        copy.flush()
        copy.seek(0)
        return Table(name, copy)


def _environment() -> dict[str, str]:
    """Nothing of the server's settings and secrets."""
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "TZ") if name in os.environ}


def _with_bytes(given: dict[str, Any]) -> Any:
    return base64.b64decode(given["base64"]) if given.keys() == {"base64"} else given


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was to be written can't be
                pipe.close()
