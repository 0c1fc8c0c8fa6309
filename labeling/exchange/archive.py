"""A zip whose bytes depend on nothing but what is written into it."""

import copy
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any

from labeling.exchange import names

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say; the time of the export would make every zip another one
_MODE = 0o644 << 16


class Text:
    """A text file that is being written, UTF-8."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        self._file.write(text.encode())

    def write_json(self, content: Any) -> None:
        """A value as JSON, without spaces."""
        self.write(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


class _Hashing:
    """Passes bytes on and hashes them."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self.digest = out, hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        return self._out.write(content)


class Archive:
    """Writes a zip to `path`. Use it in a `with` block: only then is the zip whole."""

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        self._zip = zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=6)
        self._names: set[str] = set()
        self._prefix = ""
        self.hashes: dict[str, str] = {}
        """SHA-256 of each file that is in it, by name."""

    def under(self, folder: str) -> "Archive":
        """The same archive, in which every name is in a folder."""
        found = copy.copy(self)
        found._prefix = f"{self._prefix}{folder}/"
        return found

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def write(self, name: str, content: bytes, *, compress: bool = True) -> None:
        """Add a file. `compress=False` is for what is compressed already, such as PNG and JPEG."""
        self._zip.writestr(self._entry(name, compress), content)
        self.hashes[self._prefix + name] = hashlib.sha256(content).hexdigest()

    def write_text(self, name: str, text: str) -> None:
        """Add a text file, UTF-8."""
        self.write(name, text.encode())

    def write_json(self, name: str, content: dict[str, Any], *, indent: int | None = None) -> None:
        """Add a JSON file. It is streamed: a large one is never in memory as a whole."""
        separators = (",", ": ") if indent else (",", ":")
        encoder = json.JSONEncoder(ensure_ascii=False, indent=indent, separators=separators)
        with self._streaming(name, compress=True) as out:
            pending: list[str] = []
            for chunk in encoder.iterencode(content):
                pending.append(chunk)
                if len(pending) >= 4096:
                    out.write("".join(pending).encode())
                    pending.clear()
            out.write("".join(pending).encode())

    @contextmanager
    def beside(self, name: str) -> Iterator["Text"]:
        """A text file, UTF-8, that is written little by little while others are added. Until it is whole it is on
        disk, not in memory."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            yield Text(file)
            file.seek(0)
            with self._streaming(name, compress=True) as out:
                shutil.copyfileobj(file, out, 1 << 20)

    @contextmanager
    def pending(self, name: str) -> Iterator[IO[bytes]]:
        """A file that is written while others are added, and is compressed already. Until it is whole it is on disk."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            yield file
            file.seek(0)
            self.copy(name, file)

    def copy(self, name: str, source: IO[bytes]) -> None:
        """Add a file from an open one, in chunks, uncompressed (pictures are compressed already)."""
        with self._streaming(name, compress=False) as out:
            shutil.copyfileobj(source, out, 1 << 20)

    @contextmanager
    def _streaming(self, name: str, *, compress: bool) -> Iterator["_Hashing"]:
        with self._zip.open(self._entry(name, compress), "w", force_zip64=True) as out:
            hashing = _Hashing(out)
            yield hashing
        self.hashes[self._prefix + name] = hashing.digest.hexdigest()

    def _entry(self, name: str, compress: bool) -> zipfile.ZipInfo:
        name = self._prefix + name
        if names.key(name) in self._names:
            raise ValueError(f"the archive has {name!r} already, perhaps in other letters")
        if any(names.fit(part) != part for part in PurePosixPath(name).with_suffix("").parts):
            raise ValueError(f"{name!r} is not a name for every file system; have one made by `FileNames`")
        self._names.add(names.key(name))
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        entry.create_system, entry.external_attr = 3, _MODE
        return entry
