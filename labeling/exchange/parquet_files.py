"""Parquet tables of a dataset: rows one after the other, and the pictures that are inside.

A table is copied to a temporary file, as Parquet is read from its end. What its columns unpack to is bounded by what
the table's own list of contents says, and by what a few rows may hold.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.template.defaultfilters import filesizeformat

from labeling.exchange.errors import ImportProblem

if TYPE_CHECKING:  # which has the pictures inside of its tables
    from labeling.exchange.source import Source

_LARGEST_GROUP = 2 * 1024**3
"""Bytes that a row group, which is read at once, may unpack to."""

_MOST_VALUES = 50_000_000  # of a column in a row group
_LARGEST_ROWS = 256 * 1024**2
"""Bytes of texts that the rows of one step may have."""

_ROWS = 16
"""Rows of one step."""

_IMAGES = ("image", "img", "picture", "pixel_values")
_MAGIC = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"II*\0": ".tif", b"MM\0*": ".tif", b"RIFF": ".webp"}


class Table:
    """A Parquet table. `features` are those of Hugging Face's `datasets` by column; empty where the table has none.

    `names`: what the picture of each row is called; empty when no column has pictures.
    """

    def __init__(self, name: str, file: IO[bytes]) -> None:
        """Raises: ImportProblem, and what pyarrow raises for what is no table."""
        self.name = name
        schema = pq.ParquetFile(file).schema
        leaves = [schema.column(at) for at in range(len(schema))]
        lists = [one.path for one in leaves if one.max_repetition_level and one.physical_type == "BYTE_ARRAY"]
        # A text that a list has a million times stays one text.
        self._table = table = pq.ParquetFile(file, read_dictionary=lists, page_checksum_verification=True)
        self._group: tuple[int, list[Any]] = (-1, [])
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

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows from 0 with what these columns have. Raises: ImportProblem when the table is damaged."""
        at = 0
        for batch in self._batches(list(columns)):
            with self._telling():
                if sum(map(_size, batch.columns)) > _LARGEST_ROWS:
                    most = filesizeformat(_LARGEST_ROWS)
                    raise ImportProblem(f"{self.name}, rows from {at}: they unpack to more than {most}.")
                found = batch.to_pylist()
            for row in found:
                yield at, row
                at += 1

    def _batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Some rows of a row group at a time, as each group has texts of its own. Raises: ImportProblem."""
        for group in range(self._table.num_row_groups):
            batches = self._table.iter_batches(batch_size=_ROWS, row_groups=[group], columns=columns)
            while True:
                with self._telling():
                    batch = next(batches, None)
                if batch is None:
                    break
                yield batch

    def picture(self, row: int) -> bytes:
        """The bytes of a row's picture. Raises: ImportProblem when there are none, or the table is damaged."""
        with self._telling():
            group, first = 0, 0
            while row >= first + self._table.metadata.row_group(group).num_rows:
                first, group = first + self._table.metadata.row_group(group).num_rows, group + 1
            if self._group[0] != group:
                self._group = (group, self._table.read_row_group(group, [f"{self._image}.bytes"])[0].to_pylist())
            found = (self._group[1][row - first] or {}).get("bytes")
        if not found:
            raise ImportProblem(f"{self.name}, row {row}: it has no picture.")
        return bytes(found)

    def _check(self) -> None:
        """Raises: ImportProblem for row groups that are too large."""
        meta = self._table.metadata
        for at in range(meta.num_row_groups):
            group = meta.row_group(at)
            values = max((group.column(one).num_values for one in range(group.num_columns)), default=0)
            if group.total_byte_size > _LARGEST_GROUP or values > _MOST_VALUES:
                raise ImportProblem(
                    f"{self.name} has a row group of more than {filesizeformat(_LARGEST_GROUP)} or {_MOST_VALUES:,} "
                    "values. Write the table with smaller row groups."
                )

    def _named(self) -> list[str]:
        """The name of each row's picture, each once: its path, else its number."""
        found: list[str] = []
        taken: set[str] = set()
        for row, content in self.rows([f"{self._image}.path"]):
            path = (content[self._image] or {}).get("path")
            name = path.replace("\\", "/").lstrip("/") if isinstance(path, str) else ""
            if not name or name in taken:
                stem = PurePosixPath(name)
                suffix = stem.suffix or self._suffix(row)
                name = stem.with_name(f"{stem.stem}-{row}{suffix}").as_posix() if name else f"{row:06d}{suffix}"
            taken.add(name)
            found.append(name)
        return found

    def _suffix(self, row: int) -> str:
        try:
            head = self.picture(row)[:4]
        except ImportProblem:
            return ".png"
        return next((suffix for magic, suffix in _MAGIC.items() if head.startswith(magic)), ".png")

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What pyarrow finds wrong is told by the table's name."""
        try:
            yield
        except (pa.ArrowException, OSError, MemoryError, OverflowError, UnicodeDecodeError) as error:
            raise ImportProblem(f"{self.name} is damaged, or no table that can be read ({_short(error)}).") from error


def opened(source: "Source", name: str) -> Table:
    """A table of a dataset. It keeps a temporary file until nobody has it any more. Raises: ImportProblem."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the table has it
    with source.open(name) as file:
        shutil.copyfileobj(file, copy, 1 << 20)
    copy.seek(0)
    try:
        return Table(name, copy)
    except (pa.ArrowException, OSError, MemoryError, ValueError) as error:
        raise ImportProblem(f"{name} is no Parquet table ({_short(error)}). It may have been cut short.") from error


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


def _short(error: BaseException) -> str:
    text = str(error).split("\n")[0]
    return text if len(text) <= 100 else f"{text[:99]}…"
