"""Whole folders of a storage."""

import contextlib
import os
from pathlib import Path

from django.core.files.storage import FileSystemStorage, Storage


def files_below(storage: Storage, prefix: str) -> list[str]:
    """The names of all files under a prefix; none where there is no such folder, or the storage can't list."""
    try:
        folders, files = storage.listdir(prefix)
    except (FileNotFoundError, NotADirectoryError, NotImplementedError):
        return []
    found = [f"{prefix}/{name}" for name in files]
    for folder in folders:
        found += files_below(storage, f"{prefix}/{folder}")
    return found


def delete_tree(storage: Storage, prefix: str) -> None:
    """Delete all files under a prefix, and on a disk the folders. What is gone already is fine; a link is deleted, not
    followed. Raises: OSError for what can't be deleted."""
    if not isinstance(storage, FileSystemStorage):
        for name in files_below(storage, prefix):
            storage.delete(name)
        return
    top = Path(storage.path(prefix))
    for folder, folders, files in os.walk(top, topdown=False):
        for name in files:
            Path(folder, name).unlink(missing_ok=True)
        for name in folders:
            with contextlib.suppress(FileNotFoundError):
                path = Path(folder, name)
                path.unlink() if path.is_symlink() else path.rmdir()
    with contextlib.suppress(FileNotFoundError):
        top.rmdir()
