"""This process's decoding process (`decoding.process`), and the files of a storage for it."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db.models.fields.files import FieldFile

from decoding.process import Decoder
from labeling.images import zips

_decoder: Decoder | None = None
_making = threading.Lock()


def _current() -> Decoder:
    global _decoder
    with _making:
        if _decoder is None or _decoder.memory != settings.DECODE_MEMORY_BYTES:
            _decoder = Decoder(settings.DECODE_MEMORY_BYTES)
        return _decoder


@contextmanager
def decoded(
    stored: FieldFile, do: str, tell: Callable[[float], None] = lambda done: None, **options: Any
) -> Iterator[tuple[dict[str, Any], Path]]:
    """Have something done with a stored file (`decoding.child`): what is answered, and the folder with the files that
    were made, which is gone afterwards.

    Raises: decoding.limits.Rejected; decoding.process.Lost; OSError when a disk fails.
    """
    with tempfile.TemporaryDirectory(prefix="interlabel-") as folder, _local(stored) as path:
        request = {"do": do, "path": str(path), "out": folder, "pixels": settings.MAX_IMAGE_PIXELS, **options}
        yield _current().ask(request, tell), Path(folder)


def measured(file: IO[bytes]) -> tuple[int, int]:
    """Height and width of the view that a picture would get. Raises: as `decoded`."""
    with tempfile.NamedTemporaryFile(prefix="interlabel-") as copy:
        count = 0
        while chunk := file.read(1024 * 1024):
            count += len(chunk)
            zips.check_bytes(count)
            copy.write(chunk)
        copy.flush()
        request = {"do": "measure", "path": copy.name, "out": "", "pixels": settings.MAX_IMAGE_PIXELS}
        found = _current().ask(request, lambda done: None)
        return found["height"], found["width"]


@contextmanager
def _local(stored: FieldFile) -> Iterator[Path]:
    """A path of the stored file: its own, or of a copy where the storage is not a folder of this machine."""
    try:
        path: Path | None = Path(stored.path)
    except NotImplementedError:
        path = None
    if path is not None:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="interlabel-") as copy, stored.open("rb") as file:
        shutil.copyfileobj(file, copy, 1024 * 1024)
        copy.flush()
        yield Path(copy.name)
