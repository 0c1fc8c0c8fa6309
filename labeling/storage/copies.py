"""Copying a file inside of a storage."""

import os
from collections.abc import Callable
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage

from labeling.storage.files import sync_folder


def copy_file(storage: Storage, source: str, target: str) -> None:
    """Put the content of `source` under exactly `target`, over what is there.

    An object store does it itself. On a disk it is a hard link where the disk has them: no bytes are copied, and
    deleting one name leaves the other. So it is for files that are never written into after they are made.
    Raises: FileNotFoundError, OSError.
    """
    if isinstance(storage, FileSystemStorage) and _link(Path(storage.path(source)), Path(storage.path(target))):
        return
    by_the_store: Callable[[str, str], None] | None = getattr(storage, "copy_object", None)
    if by_the_store is not None:
        by_the_store(source, target)
        return
    storage.delete(target)
    with storage.open(source, "rb") as file:
        storage.save(target, File(file))


def _link(source: Path, target: Path) -> bool:
    """False where the disk can't. Raises: FileNotFoundError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, a file system without links, too many links to one file
        return False
    sync_folder(target.parent)
    return True
