"""Interlabel as processes of its own, in a folder of its own: what the measuring command and the tests start.

The processes know nothing of the one that starts them: no setting, database or key of it is passed on.
"""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labeling.server.supervisor import tether

ROOT = Path(__file__).resolve().parents[2]
_NOT_PASSED_ON = ("DJANGO_ALLOW_ASYNC_UNSAFE", "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")


class StackFailed(Exception):
    """A process of the stack did not do what it should; the message has its last output."""


def free_port() -> int:
    """A port that nothing listens on now, below those the kernel gives to outgoing connections meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    """The environment of a start on data in `home`."""
    own = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    return {**own, "INTERLABEL_HOME": str(home), "PORT": str(port), "HOST": "127.0.0.1", **more}


@dataclass
class Stack:
    """A running Interlabel. `log` has what its processes print."""

    home: Path
    port: int
    env: dict[str, str]
    log: Path
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    proxy_port: int | None = None

    @property
    def url(self) -> str:
        """The web server itself."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def public_url(self) -> str:
        """Where people come in: the reverse proxy, if this stack has one."""
        return f"http://127.0.0.1:{self.proxy_port or self.port}"

    def launch(self, command: list[str]) -> "subprocess.Popen[bytes]":
        """Start a process of the stack, in a group of its own. It is ended when this process is killed."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=tether(last_signal=signal.SIGTERM),
            )
        self.processes.append(process)
        return process

    def manage(self, *arguments: str, timeout: float = 120) -> str:
        """Run a `manage.py` command on this stack; its output. Raises: StackFailed with the output."""
        command = [sys.executable, "-m", "labeling.command_line", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=timeout, encoding="utf-8"
        )
        if done.returncode != 0:
            raise StackFailed(f"manage.py {' '.join(arguments)}: {done.stdout}\n{done.stderr}\n{self.output()}")
        return done.stdout

    def add_administrator(self, username: str, password: str) -> None:
        """Make somebody who may do everything, as one who deploys would."""
        self.env["DJANGO_SUPERUSER_PASSWORD"] = password
        self.manage("createsuperuser", "--noinput", "--username", username, "--email", "")

    def output(self) -> str:
        """All that the processes have printed."""
        return self.log.read_text(errors="replace", encoding="utf-8") if self.log.exists() else ""

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of `/healthz`; `(0, {})` while nothing answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
        except OSError:
            return 0, {}

    def wait_ready(self, patience: float = 240) -> None:
        """Return once `/healthz` is 200. Raises: StackFailed with the log when that takes too long."""
        deadline = time.monotonic() + patience
        while self.health()[0] != 200:
            if time.monotonic() > deadline:
                raise StackFailed(f"not ready after {patience:.0f} s: {self.health()}\n{self.output()}")
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGTERM, patience: float = 15) -> None:
        """End every process, kindly first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(number)
        deadline = time.monotonic() + patience
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def start_embedded(home: Path, **more: str) -> Stack:
    """`manage.py start` on `home`, not yet ready. Its children are its own business: stop only it."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    stack = Stack(home, port, environment(home, port, **more), home / "start.log")
    stack.launch([sys.executable, "-m", "labeling.command_line", "start"])
    return stack


@contextmanager
def embedded(home: Path, patience: float = 240, **more: str) -> Iterator[Stack]:
    """The product as `make start` runs it, ready within `patience` seconds. Raises: StackFailed."""
    stack = start_embedded(home, **more)
    try:
        stack.wait_ready(patience)
        yield stack
    finally:
        stack.stop()
