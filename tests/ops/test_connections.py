"""Who sends nothing, or half a head, holds no connection for long and keeps nobody out."""

import http.client
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labeling.server.stack import environment, free_port
from labeling.web.connections import RESERVED
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
MOST = 60
SERVE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[1])))
from labeling.web import connections
connections.HEAD_SECONDS = float(sys.argv[2])
import uvicorn
uvicorn.run("labeling.asgi:application", port=int(sys.argv[3]), lifespan="off", log_level="warning")
"""


@pytest.fixture
def port(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    """A web process with room for MOST connections; the parameter is for how long it waits for a head, in seconds."""
    port = free_port()
    command = [sys.executable, "-c", SERVE, str(MOST + RESERVED), str(request.param), str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path, port), stdout=log, stderr=log)
        try:
            until = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < until:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE)
    assert "Too many open files" not in (tmp_path / "log").read_text()


def status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/static/interlabel.css")  # no database is needed for it
    return connection.getresponse().status


def half_a_head(port: int) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", port), 20)
    found.sendall(b"GET /sign-in HTTP/1.1\r\nX-Slow: ")
    return found


def is_closed(connection: socket.socket) -> bool:
    """Whether the server ends it (within 20 s)."""
    connection.settimeout(20)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("port", [600], indirect=True)
def test_more_connections_than_there_is_room_for(port: int) -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 3 * MOST + RESERVED
    held = [half_a_head(port) for _ in range(3 * MOST)]
    assert status(port) == 200
    assert is_closed(held[0])  # the oldest one made room
    for one in held:
        one.close()


@pytest.mark.parametrize("port", [0.5], indirect=True)
def test_a_head_that_never_ends_is_not_waited_for(port: int) -> None:
    slow = half_a_head(port)
    used = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for _ in range(4):  # a connection that is used stays
        used.request("GET", "/static/interlabel.css")
        used.getresponse().read()
        time.sleep(0.4)
    assert is_closed(slow)
