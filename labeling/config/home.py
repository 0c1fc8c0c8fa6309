"""Where things lie in INTERLABEL_HOME that need more thought than a path."""

import hashlib
import os
import re
from pathlib import Path

SOCKET_PATH_BYTES = 100  # Linux takes 107, other Unixes 103; Redis adds nothing, some clients a terminating zero
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]*")


def redis_socket(home: Path) -> Path:
    """The embedded Redis's socket: in `home/run`, or in a private folder with a short name.

    A Unix socket's path is limited to about a hundred bytes, and as it travels in URLs it must not need quoting;
    both can happen to a folder somebody chose. The stand-in depends on nothing but `home` and the user, so that
    every process finds the same one.
    """
    socket = home / "run" / "redis.sock"
    if len(os.fsencode(socket)) <= SOCKET_PATH_BYTES and _PLAIN.fullmatch(str(socket)):
        return socket
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path("/tmp") / f"interlabel-{os.getuid()}-{name}" / "redis.sock"  # noqa: S108 - see make_private


def make_private(folder: Path) -> None:
    """Make `folder` for this user alone; what somebody else put there first is refused.

    Raises: PermissionError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder} belongs to somebody else; remove it or set another INTERLABEL_HOME.")
    folder.chmod(0o700)
