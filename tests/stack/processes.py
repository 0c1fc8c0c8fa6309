"""Interlabel as real processes on either stack, for tests that need more than Django's test client."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker" / "compose.yaml"
# What the test run itself set: the product must not see it.
_NOT_PASSED_ON = ("DJANGO_ALLOW_ASYNC_UNSAFE", "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")


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


# Who may do everything on a stack of these tests (`Stack.add_administrator`).
ADMINISTRATOR, PASSWORD = "admin", "correct horse battery"


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
        """Start a process of the stack, in a group of its own."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def manage(self, *arguments: str, timeout: float = 120) -> str:
        """Run a `manage.py` command on this stack; its output. Raises: AssertionError with the output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}: {done.stdout}\n{done.stderr}\n{self.output()}"
        return done.stdout

    def add_administrator(self) -> None:
        """Make ADMINISTRATOR, as somebody who deploys would."""
        self.env["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
        self.manage("createsuperuser", "--noinput", "--username", ADMINISTRATOR, "--email", "")

    def output(self) -> str:
        """All that the processes have printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of `/healthz`; `(0, {})` while nothing answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
        except OSError:
            return 0, {}

    def wait_ready(self, patience: float = 90) -> None:
        """Return once `/healthz` is 200. Raises: AssertionError with the log when that takes too long."""
        wait_for(lambda: self.health()[0] == 200, patience, lambda: f"not ready: {self.health()}\n{self.output()}")

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


def wait_for(condition: Any, patience: float, complaint: Any = lambda: "it did not happen in time") -> None:
    """Poll until `condition()`; Raises: AssertionError with `complaint()` after `patience` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(complaint())


def processes_of(home: Path) -> dict[int, str]:
    """Living processes that work on the data in `home`: id → command line.

    They are known by their environment; Redis, which writes its title over that, by its working folder.
    """
    mark = f"INTERLABEL_HOME={home}\0".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            surroundings = (folder / "environ").read_bytes() + b"\0"
            inside = (folder / "cwd").readlink().is_relative_to(home)
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if (mark in surroundings or inside) and command:  # a zombie has no command line
            found[int(folder.name)] = command
    return found


def start_embedded(home: Path, **more: str) -> Stack:
    """`manage.py start` on `home`, not yet ready. Its children are its own business: stop only it."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    stack = Stack(home, port, environment(home, port, **more), home / "start.log")
    stack.launch([sys.executable, "manage.py", "start"])
    return stack


@contextmanager
def embedded(home: Path, **more: str) -> Iterator[Stack]:
    """The product as `make start` runs it, ready."""
    stack = start_embedded(home, **more)
    try:
        stack.wait_ready()
        yield stack
    finally:
        stack.stop()


def launch_proxy(stack: Stack) -> None:
    """nginx with docker/nginx.conf in front of the stack's web server."""
    nginx, folder, stack.proxy_port = shutil.which("nginx"), stack.home / "nginx", free_port()
    assert nginx, "The team stack's tests need nginx: apt install nginx-light"
    folder.mkdir()
    site = (COMPOSE.parent / "nginx.conf").read_text().replace("server web:8000;", f"server 127.0.0.1:{stack.port};")
    (folder / "site.conf").write_text(site.replace("listen 8080;", f"listen 127.0.0.1:{stack.proxy_port};"))
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi"))
    (folder / "nginx.conf").write_text(
        f"{'user root;' if os.getuid() == 0 else ''}"  # else its own user, who may not enter a test's folder
        f" daemon off; pid {folder}/pid; error_log stderr; worker_processes 1; events {{}}"
        f" http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    )
    stack.launch([nginx, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")])


def compose_command(service: str, values: Mapping[str, str], port: int) -> list[str]:
    """The command of a service in docker/compose.yaml, to run here: this Python, this port."""
    command = yaml.safe_load(COMPOSE.read_text())["services"][service]["command"]
    filled = [re.sub(r"\$\{(\w+)(?::?[-?][^}]*)?\}", lambda m: values[m[1]], str(part)) for part in command]
    local = {"python": sys.executable, "--host=0.0.0.0": "--host=127.0.0.1", "--port=8000": f"--port={port}"}
    return [local.get(part, part) for part in filled]


@contextmanager
def _database(url: str) -> Iterator[str]:
    """A new, empty database on the server of `url`, dropped at the end; its URL."""
    parts, name = urlsplit(url), f"interlabel_stack_{os.getpid()}"
    with psycopg.connect(urlunsplit(parts._replace(scheme="postgresql")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _other_redis(url: str) -> str:
    """Another database of the Redis at `url`, emptied: workers here must not get other tests' tasks."""
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0)
    other = urlunsplit(parts._replace(path=f"/{number - 1 if number else 1}"))
    with redis.Redis.from_url(other) as client:
        client.flushdb()
    return other


@contextmanager
def team(home: Path, database_url: str, redis_url: str, **more: str) -> Iterator[Stack]:
    """PostgreSQL, Redis and the processes of docker/compose.yaml by hand, with the commands that stand there."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with _database(database_url) as own_database:
        more = {"DATABASE_URL": own_database, "REDIS_URL": _other_redis(redis_url), "LOG_LEVEL": "WARNING", **more}
        stack = Stack(home, port, environment(home, port, **more), home / "team.log")
        try:
            assert stack.launch(compose_command("migrate", stack.env, port)).wait(120) == 0, stack.output()
            for service in ("web", "worker", "worker-cpu", "beat"):
                stack.launch(compose_command(service, stack.env, port))
            launch_proxy(stack)
            stack.wait_ready()
            yield stack
        finally:
            stack.stop()
