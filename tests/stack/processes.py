"""Interlabel as real processes on either stack, for tests that need more than Django's test client."""

import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
import yaml

from labeling.server import stack as stacks
from labeling.server.stack import ROOT, Stack, environment, free_port
from tests import migrated
from tests.patience import PATIENCE

__all__ = ["ROOT", "Stack", "embedded", "environment", "free_port", "start_embedded"]
COMPOSE = ROOT / "docker" / "compose.yaml"
# Who may do everything on a stack of these tests (`tests/stack/conftest.py`).
ADMINISTRATOR, PASSWORD = "admin", "correct horse battery"


def _begin_with_migrated(home: Path) -> None:
    if not (home / "interlabel.sqlite3").exists():
        migrated.copy_to(home / "interlabel.sqlite3")


def start_embedded(home: Path, **more: str) -> Stack:
    """As `labeling.server.stack.start_embedded`, on a migrated database where there is none."""
    _begin_with_migrated(home)
    return stacks.start_embedded(home, **more)


@contextmanager
def embedded(home: Path, patience: float = 240, **more: str) -> Iterator[Stack]:
    """As `labeling.server.stack.embedded`, on a migrated database where there is none."""
    _begin_with_migrated(home)
    with stacks.embedded(home, patience, **more) as stack:
        yield stack


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
def _database(url: str, content: str) -> Iterator[str]:
    """A new database on the server of `url`, dropped at the end; its URL.

    The SQL `content` was run in it; without that, all migrations.
    """
    parts, name = urlsplit(url), f"interlabel_stack_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(urlunsplit(parts._replace(scheme="postgresql")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        template = "template0" if content else migrated.on_postgresql(url)
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        try:
            own = parts._replace(path=f"/{name}")
            if content:
                with psycopg.connect(urlunsplit(own._replace(scheme="postgresql"))) as filled:
                    filled.execute(content.encode())
            yield urlunsplit(own)
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
def team(home: Path, database_url: str, redis_url: str, content: str = "", **more: str) -> Iterator[Stack]:
    """PostgreSQL, Redis and the processes of docker/compose.yaml by hand, with the commands that stand there.

    `content` is SQL that the new database begins with, instead of all migrations.
    """
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with _database(database_url, content) as own_database:
        more = {"DATABASE_URL": own_database, "REDIS_URL": _other_redis(redis_url), "LOG_LEVEL": "WARNING", **more}
        stack = Stack(home, port, environment(home, port, **more), home / "team.log")
        try:
            assert stack.launch(compose_command("migrate", stack.env, port)).wait(PATIENCE) == 0, stack.output()
            for service in ("web", "worker", "worker-cpu", "worker-heads", "beat"):
                stack.launch(compose_command(service, stack.env, port))
            launch_proxy(stack)
            stack.wait_ready()
            yield stack
        finally:
            stack.stop()
