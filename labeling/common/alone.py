"""Work that only one process of a host does at a time."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


@contextmanager
def only_one(what: str) -> Iterator[bool]:
    """True for one process of this host (or container) at a time. The system frees the lock of a killed process."""
    home = hashlib.sha256(str(settings.HOME).encode()).hexdigest()[:8]
    path = Path(tempfile.gettempdir()) / f"interlabel-{what}-{os.getuid()}-{home}.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
