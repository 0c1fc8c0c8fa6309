"""Files that are on the disk when a function returns: a power cut after that loses nothing of them."""

import contextlib
import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Have the kernel write the file's content out."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the kernel write out which files the folder has. (To sync a file says nothing of its name.)"""
    sync_file(folder)


def write_durably(path: Path, content: str, mode: int = 0o600) -> None:
    """Put a small text file in place in one step: the old one or the new one is there, never half of one.

    Raises: OSError, and then the old one is there.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    try:
        draft.touch(mode=mode)
        draft.write_text(content, encoding="utf-8")
        sync_file(draft)
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
