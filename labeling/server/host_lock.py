"""Work that only so many processes of a host do at a time."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.conf import settings


@contextmanager
def only_one(what: str) -> Iterator[bool]:
    """True for one process of this host (or container) at a time. The system frees the lock of a killed process."""
    with _locked(_path(what)) as alone:
        yield alone


@contextmanager
def one_of(what: str, places: int) -> Iterator[bool]:
    """The same for so many processes at a time."""
    with ExitStack() as stack:
        yield any(stack.enter_context(_locked(_path(f"{what}-{place}"))) for place in range(places))


def _path(what: str) -> Path:
    home = hashlib.sha256(str(settings.HOME).encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"interlabel-{what}-{os.getuid()}-{home}.lock"


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    with path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
