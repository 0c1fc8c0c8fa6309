"""The files of a dataset: a folder, a zip or a single file. Nothing outside of it is read, and nothing of any size.

Names are relative, with `/` between folders, sorted. What operating systems leave behind is left out. Pictures inside
of a Parquet table are called as files of a folder that has the table's name.
"""

import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO

from django.template.defaultfilters import filesizeformat

from labeling.exchange import parquet_files
from labeling.exchange.errors import ImportProblem
from labeling.images import zips
from labeling.images.reading import FORMATS, Rejected

TABLES = ".parquet"
MOST_FILES = 500_000
LARGEST_TEXT = 4 * 1024**3
"""Bytes of a file that is read piece by piece."""

LARGEST_WHOLE = 256 * 1024**2
"""Bytes of a file that is read as a whole: a mask's PNG, an XML of one image."""

PICTURES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)


class Source:
    """The files of a dataset by name, each with its size in bytes. Made by `opened`."""

    def __init__(self, label: str, sizes: Mapping[str, int]) -> None:
        self.label = label
        self.sizes = dict(sorted(sizes.items()))
        self._table: parquet_files.Table | None = None
        self._inside: dict[str, tuple[str, int]] | None = None

    def names(self, *suffixes: str, under: str = "") -> list[str]:
        """The files whose names end so (lower case, with the dot; all without), in a folder and those in it."""
        folder = under.rstrip("/") + "/" if under else ""
        found = [name for name in self.sizes if name.startswith(folder)]
        return [name for name in found if not suffixes or PurePosixPath(name).suffix.lower() in suffixes]

    def has(self, name: str) -> bool:
        """Whether there is a file of exactly that name."""
        return name in self.sizes

    def pictures(self) -> list[str]:
        """Files that are pictures by their names, and the pictures inside of tables."""
        files = [name for name in self.sizes if PurePosixPath(name).suffix.lower() in PICTURES]
        return [*files, *self._in_tables()]

    def table(self, name: str) -> parquet_files.Table:
        """A Parquet table. The last one is kept, as its rows and pictures are wanted one after the other.

        Raises: ImportProblem when it is none.
        """
        if self._table is None or self._table.name != name:
            with self.open(name) as file:
                self._table = parquet_files.opened(name, file)
        return self._table

    def _in_tables(self) -> dict[str, tuple[str, int]]:
        """Table and row of each picture that is inside of one, by its name."""
        if self._inside is None:
            self._inside = {}
            for name in self.names(TABLES):
                with suppress(ImportProblem):  # which the table's reader tells
                    self._inside |= {f"{name}/{one}": (name, row) for row, one in enumerate(self.table(name).names)}
        return self._inside

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The bytes of a file. Raises: ImportProblem when it is damaged, missing or larger than `LARGEST_TEXT`."""
        if name not in self.sizes:
            if name not in self._in_tables():
                raise ImportProblem(f"{self.label} has no file {name}.")
            table, row = self._in_tables()[name]
            yield io.BytesIO(self.table(table).picture(row))
            return
        if self.sizes[name] > LARGEST_TEXT:
            raise ImportProblem(f"{name} is larger than {filesizeformat(LARGEST_TEXT)}. Cut the dataset into parts.")
        try:
            with self._open(name) as file:
                yield file
        except _DAMAGE as error:
            raise ImportProblem(f"{name} is damaged in the zip ({error}). Make the zip again.") from error

    def read(self, name: str, most: int = LARGEST_WHOLE) -> bytes:
        """A whole file. Raises: ImportProblem as `open`, also for more than `most` bytes."""
        with self.open(name) as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise ImportProblem(f"{name} is larger than {filesizeformat(most)}, too large for what it should be.")
        return content

    def _open(self, name: str) -> IO[bytes]:
        raise NotImplementedError


class _Folder(Source):
    def __init__(self, root: Path) -> None:
        self._root = root
        super().__init__(root.name, _sizes(root))

    def _open(self, name: str) -> IO[bytes]:
        return (self._root / name).open("rb")


class _File(Source):
    def __init__(self, path: Path, label: str) -> None:
        self._path = path
        super().__init__(label, {PurePosixPath(label).name: path.stat().st_size})

    def _open(self, name: str) -> IO[bytes]:
        return self._path.open("rb")


class _Archive(Source):
    def __init__(self, label: str, archive: zips.Zip) -> None:
        self._archive, self._infos = archive.archive, {}
        sizes: dict[str, int] = {}
        for entry in archive.entries():
            try:
                zips.check(entry)
            except Rejected as rejected:
                raise ImportProblem(f"{label}, {entry.name}: {rejected.message}") from rejected
            if entry.name in sizes:
                raise ImportProblem(f"{label} has two files {entry.name}. Make the zip again from a folder.")
            self._infos[entry.name], sizes[entry.name] = entry.info, entry.info.file_size
        super().__init__(label, sizes)

    def _open(self, name: str) -> IO[bytes]:
        return io.BufferedReader(_Counted(self._archive.open(self._infos[name]), name, self.sizes[name]))


class _Counted(io.RawIOBase):
    """Gives no more bytes than the zip's list promised."""

    def __init__(self, file: IO[bytes], name: str, promised: int) -> None:
        self._file, self._name, self._left = file, name, promised

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._file.read(len(buffer))
        self._left -= len(chunk)
        if self._left < 0:
            raise ImportProblem(f"{self._name} unpacks to more bytes than the zip says. Make the zip again.")
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._file.close()
        super().close()


def _sizes(root: Path) -> dict[str, int]:
    """Regular files of a folder. Links are not followed: they may lead anywhere."""
    found: dict[str, int] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for one in names:
            path = Path(folder) / one
            name = path.relative_to(root).as_posix()
            if not zips.is_junk(name) and path.is_file() and not path.is_symlink():
                found[name] = path.stat().st_size
        if len(found) > MOST_FILES:
            raise ImportProblem(f"{root.name} has more than {MOST_FILES:,} files. Cut the dataset into parts.")
    return found


@contextmanager
def opened(path: Path, label: str = "") -> Iterator[Source]:
    """The dataset at a path: a folder, a zip, or one file. label: what people call it, where it isn't the path's name.

    Raises: ImportProblem when it can't be read.
    """
    label = label or path.name
    if path.is_dir():
        yield _Folder(path)
        return
    if not path.is_file():
        raise ImportProblem(f"There is no file or folder {path}.")
    with path.open("rb") as file:
        if not file.read(4).startswith(b"PK"):
            yield _File(path, label)
            return
        file.seek(0)
        try:
            archive = zips.open_zip(file)
        except Rejected as rejected:
            raise ImportProblem(f"{label}: {rejected.message}") from rejected
        with archive:
            yield _Archive(label, archive)
