"""`manage.py start` as a user meets it: it recovers, refuses to run twice, and leaves nothing behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.stack.processes import (
    ROOT,
    Stack,
    embedded,
    environment,
    free_port,
    processes_of,
    start_embedded,
    wait_for,
)

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with embedded(tmp_path_factory.mktemp("start"), DEMO="0") as ready:
        yield ready


def start_and_fail(home: Path, port: int) -> str:
    """What a start that is refused says."""
    command = [sys.executable, "manage.py", "start"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(home, port), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def one(stack: Stack, mark: str) -> int:
    """The process whose command line has `mark`: of a worker, the parent."""
    return min(pid for pid, command in processes_of(stack.home).items() if mark in command)


def test_it_says_where_to_go_and_is_quiet(stack: Stack) -> None:
    wait_for(lambda: f"Interlabel is ready:  {stack.url}/" in stack.output(), PATIENCE, stack.output)
    lines = [line for line in stack.output().splitlines() if line]
    assert len(lines) <= 6, stack.output()


def test_every_part_is_ready(stack: Stack) -> None:
    status, parts = stack.health()
    assert status == 200
    assert parts.pop("status") == "ok"
    assert set(parts) == {"database", "disk", "broker", "worker", "model"}
    assert all(part["ok"] for part in parts.values())


def test_health_is_fast(stack: Stack) -> None:
    began = time.monotonic()
    stack.health()
    assert time.monotonic() - began < 1


def test_a_second_start_on_the_same_data_is_refused(stack: Stack) -> None:
    said = start_and_fail(stack.home, free_port())
    assert "already running" in said
    assert stack.url in said


def test_a_busy_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        said = start_and_fail(tmp_path, port)
    assert f"Port {port} on 127.0.0.1 is taken" in said
    assert f"PORT={port + 1} make start" in said
    assert processes_of(tmp_path) == {}


@pytest.mark.parametrize("mark", ["encoder@%h", "heads@%h", "worker@%h", "uvicorn", "redis-server"])
def test_a_killed_process_comes_back(stack: Stack, mark: str) -> None:
    victim = one(stack, mark)
    os.kill(victim, signal.SIGKILL)

    def recovered() -> bool:
        alive = processes_of(stack.home)
        told = "ended (signal SIGKILL); starting it again" in stack.output()
        return told and victim not in alive and any(mark in command for command in alive.values())

    wait_for(recovered, PATIENCE, stack.output)
    stack.wait_ready()


def test_a_killed_worker_leaves_no_pool_behind(stack: Stack) -> None:
    before = {pid for pid, command in processes_of(stack.home).items() if "worker@%h" in command}
    os.kill(min(before), signal.SIGKILL)
    wait_for(lambda: not before & set(processes_of(stack.home)), PATIENCE, lambda: str(processes_of(stack.home)))
    stack.wait_ready()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_within_seconds_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    stack = start_embedded(tmp_path, DEMO="0")
    stack.wait_ready()
    began = time.monotonic()
    stack.processes[0].send_signal(number)
    assert stack.processes[0].wait(PATIENCE) == 0
    assert time.monotonic() - began < 10
    assert processes_of(tmp_path) == {}
    assert "Interlabel has stopped" in stack.output()


def test_a_killed_supervisor_takes_its_children_along_and_the_next_start_works(tmp_path: Path) -> None:
    stack = start_embedded(tmp_path, DEMO="0")
    stack.wait_ready()
    os.kill(stack.processes[0].pid, signal.SIGKILL)
    stack.processes[0].wait(PATIENCE)
    wait_for(lambda: processes_of(tmp_path) == {}, PATIENCE, lambda: str(processes_of(tmp_path)))
    with embedded(tmp_path, DEMO="0") as again:
        assert again.health()[0] == 200


def test_a_deep_folder_with_a_strange_name_is_fine(tmp_path: Path) -> None:
    home = tmp_path / ("a folder, 100 % ours #1 " + "x" * 60) / ("y" * 60)
    with embedded(home, DEMO="0"):
        assert (home / "interlabel.sqlite3").exists()
        redis = next(command for command in processes_of(home).values() if "redis-server" in command)
        socket_path = redis.split("unixsocket:")[1].split()[0]
        assert len(socket_path) < 100
    shutil.rmtree(Path(socket_path).parent)


def test_a_process_that_never_starts_ends_the_start(tmp_path: Path) -> None:
    stack = start_embedded(tmp_path, DEMO="0", UVICORN_BACKLOG="none")  # a setting of the web server's own
    assert stack.processes[0].wait(PATIENCE) == 1
    assert "The web process does not start" in stack.output()
    assert processes_of(tmp_path) == {}
