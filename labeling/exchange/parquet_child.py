"""The process that reads a Parquet table which strangers made. It is run as a program: `parquet_child.py FD MEMORY`.

pyarrow ends the process when a table's list of contents is damaged in some ways, and takes what memory the table says
it needs. So a table is read by a process of its own, whose memory and time are limited.

It answers each line of JSON on its standard input with a line of JSON: first, unasked, what the table is (`columns`,
`pictures`, `features`, `names`). `{"rows": [column, …]}` begins with the rows anew; `{"next": true}` gives the next
ones (null after the last); `{"picture": row}` gives a size (0: there is none), and then as many bytes. Bytes inside of
rows are base64 in an object with the only key `base64`. What can't be done is `{"error": text}`, and it ends.
"""

import base64
import bisect
import itertools
import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_SECONDS = 3600
"""Of processor time, for a table of any size that is read."""

_MEBIBYTE = 1024**2
_LARGEST_GROUP = 1024 * _MEBIBYTE
"""Bytes that a row group, which is read at once, may unpack to."""

_MOST_VALUES = 50_000_000  # of a column in a row group
_MOST_ROWS = 1_000_000
"""Of a table. Rows without anything take next to no bytes, so that a small file may have any number of them."""

_LARGEST_ROWS = 256 * _MEBIBYTE
"""Bytes of texts that the rows of one step may have."""

_ROWS = 16
"""Rows of one step."""

_NAMES = 1024
"""Rows of one step where only the pictures' paths are read."""

_IMAGES = ("image", "img", "picture", "pixel_values")
_MAGIC = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"II*\0": ".tif", b"MM\0*": ".tif", b"RIFF": ".webp"}


class Refused(Exception):
    """The table, or a part of it, can't be read; the message says why."""


class Table:
    """A Parquet table. `names`: what the picture of each row is called; empty when no column has pictures."""

    def __init__(self, file: IO[bytes]) -> None:
        """Raises: Refused, and what pyarrow raises for what is no table."""
        schema = pq.ParquetFile(file).schema
        leaves = [schema.column(at) for at in range(len(schema))]
        lists = [one.path for one in leaves if one.max_repetition_level and one.physical_type == "BYTE_ARRAY"]
        # A text that a list has a million times stays one text.
        self._table = table = pq.ParquetFile(file, read_dictionary=lists, page_checksum_verification=True)
        self._group: tuple[int, list[Any]] = (-1, [])
        groups = [table.metadata.row_group(at).num_rows for at in range(table.num_row_groups)]
        self._starts = list(itertools.accumulate(groups, initial=0))[:-1]
        self._check()
        self.columns: list[str] = table.schema_arrow.names
        self.features = _features(table.schema_arrow.metadata)
        self._image = next((one for one in _IMAGES if self.is_picture(one)), "")
        self.names: list[str] = self._named() if self._image else []

    def is_picture(self, column: str) -> bool:
        """Whether a column has pictures: their bytes, and a path."""
        if column not in self.columns:
            return False
        kind = self._table.schema_arrow.field(column).type
        return pa.types.is_struct(kind) and {kind.field(at).name for at in range(kind.num_fields)} >= {"bytes", "path"}

    def rows(self, columns: Sequence[str], at_once: int = _ROWS) -> Iterator[list[dict[str, Any]]]:
        """The rows with what these columns have, some at a time, of one row group, as each has texts of its own.

        Raises: Refused.
        """
        for group in range(self._table.num_row_groups):
            for batch in self._table.iter_batches(batch_size=at_once, row_groups=[group], columns=list(columns)):
                if sum(map(_size, batch.columns)) > _LARGEST_ROWS:
                    raise Refused(f"{len(batch)} of its rows unpack to more than {_LARGEST_ROWS // _MEBIBYTE} MiB")
                yield batch.to_pylist()

    def picture(self, row: int) -> bytes:
        """The bytes of a row's picture; none where it has none."""
        group = bisect.bisect_right(self._starts, row) - 1
        if self._group[0] != group:
            self._group = (group, self._table.read_row_group(group, [f"{self._image}.bytes"])[0].to_pylist())
        found = (self._group[1][row - self._starts[group]] or {}).get("bytes")
        return bytes(found or b"")

    def _check(self) -> None:
        """Raises: Refused for too many rows, and for row groups that are too large."""
        meta = self._table.metadata
        if meta.num_rows > _MOST_ROWS:
            raise Refused(f"it has {meta.num_rows:,} rows; write it as tables of at most {_MOST_ROWS:,}")
        for at in range(meta.num_row_groups):
            group = meta.row_group(at)
            values = max((group.column(one).num_values for one in range(group.num_columns)), default=0)
            if group.total_byte_size > _LARGEST_GROUP or values > _MOST_VALUES:
                most = f"{_LARGEST_GROUP // _MEBIBYTE} MiB or {_MOST_VALUES:,} values"
                raise Refused(f"a row group has more than {most}; write the table with smaller row groups")

    def _named(self) -> list[str]:
        """The name of each row's picture, each once: its path, else its number."""
        found: list[str] = []
        taken: set[str] = set()
        every = (one for rows in self.rows([f"{self._image}.path"], _NAMES) for one in rows)
        for row, content in enumerate(every):
            path = (content[self._image] or {}).get("path")
            name = path.replace("\\", "/").lstrip("/") if isinstance(path, str) else ""
            if not name or name in taken:
                stem = PurePosixPath(name)
                suffix = stem.suffix or self._suffix(row)
                other = stem.with_name(f"{stem.stem}-{row}{suffix}").as_posix() if name else f"{row:06d}{suffix}"
                name, again = other, 0
                while name in taken:  # what another row's picture is really called
                    name, again = f"{other.removesuffix(suffix)}-{again}{suffix}", again + 1
            taken.add(name)
            found.append(name)
        return found

    def _suffix(self, row: int) -> str:
        head = self.picture(row)[:4]
        return next((suffix for magic, suffix in _MAGIC.items() if head.startswith(magic)), ".png")


def _features(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, Any]:
    """What `datasets` says of the columns; nothing where it did not write the table."""
    try:
        found = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _size(array: pa.Array) -> int:
    """The bytes that an array's texts and numbers have once they are values of Python."""
    if isinstance(array, pa.DictionaryArray):
        lengths = pc.binary_length(array.dictionary)
        return int(pc.sum(lengths.take(array.indices)).as_py() or 0) + 50 * len(array)
    if isinstance(array, pa.StructArray):
        return sum(_size(array.field(at)) for at in range(array.type.num_fields))
    if isinstance(array, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray):
        return _size(array.flatten()) + 60 * len(array)
    return int(array.nbytes) + 30 * len(array)


def _plain(value: Any) -> Any:
    """What JSON does not have of what Arrow has."""
    return {"base64": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else str(value)


class _Answers:
    """What is asked about a table, one after the other."""

    def __init__(self, file: IO[bytes]) -> None:
        self._table = Table(file)
        self._rows: Iterator[list[dict[str, Any]]] = iter(())

    def about(self) -> dict[str, Any]:
        table = self._table
        pictures = [one for one in table.columns if table.is_picture(one)]
        return {"columns": table.columns, "pictures": pictures, "features": table.features, "names": table.names}

    def to(self, request: Mapping[str, Any]) -> tuple[Any, bytes]:
        """The answer, and the bytes that come behind it. Raises: Refused, and what pyarrow raises."""
        if "rows" in request:
            self._rows = self._table.rows(request["rows"])
            return True, b""
        if "picture" in request:
            found = self._table.picture(request["picture"])
            return len(found), found
        return next(self._rows, None), b""


def main(file: IO[bytes], lines: IO[bytes], out: IO[bytes]) -> None:
    """Answer until nobody asks any more."""

    def tell(answer: Any, more: bytes = b"") -> None:
        out.write(json.dumps(answer, default=_plain).encode() + b"\n" + more)
        out.flush()

    try:
        answers = _Answers(file)
        tell(answers.about())
        while line := lines.readline():
            tell(*answers.to(json.loads(line)))
    except Refused as refused:
        tell({"error": str(refused)})
    except (pa.ArrowException, OSError, MemoryError, ValueError, OverflowError, RecursionError) as error:
        text = str(error).split("\n")[0] or type(error).__name__
        tell({"error": text if len(text) <= 100 else f"{text[:99]}…"})


if __name__ == "__main__":
    memory = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(int(sys.argv[1]), "rb") as given:
        main(given, sys.stdin.buffer, sys.stdout.buffer)
