"""A worker that is killed while it encodes loses nothing."""

import io
import os
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import picture_bytes
from tests.stack.processes import ADMINISTRATOR, PASSWORD, Stack, compose_command, processes_of, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
PICTURES = 5


@pytest.fixture
def manager(stack: Stack) -> Iterator[httpx.Client]:
    """The administrator, signed in over HTTP."""
    with httpx.Client(base_url=stack.url, timeout=30) as client:
        client.get("/sign-in")
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        answer = client.post("/sign-in", data={"username": ADMINISTRATOR, "password": PASSWORD})
        assert answer.status_code == 302, answer.text[:500]
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        yield client


def call(client: httpx.Client, method: str, url: str, **options: Any) -> Any:
    answer = client.request(method, url, **options)
    assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text[:500]}"
    return answer.json()


def states(client: httpx.Client, project: int) -> list[str]:
    """The state of every image of the project."""
    return [image["state"] for image in call(client, "GET", f"/api/projects/{project}/images?limit=100")["results"]]


def encoders(stack: Stack) -> set[int]:
    """The processes of the worker that encodes."""
    return {pid for pid, command in processes_of(stack.home).items() if "encoder@%h" in command}


def test_a_worker_killed_while_it_encodes_loses_nothing(stack: Stack, manager: httpx.Client) -> None:
    classes = [{"name": "disc", "color": "#e4572e", "hotkey": 1, "kind": "thing"}]
    project = call(manager, "POST", "/api/projects", json={"name": "Recovery", "categories": classes})["id"]
    upload = call(manager, "POST", f"/api/projects/{project}/uploads")["id"]
    files = [("file", (f"{n}.png", io.BytesIO(picture_bytes(640, 480, seed=n)), "image/png")) for n in range(PICTURES)]
    call(manager, "POST", f"/api/uploads/{upload}/files", files=files)
    call(manager, "POST", f"/api/uploads/{upload}/close")

    wait_for(lambda: "encoding" in states(manager, project), 120, stack.output)
    killed = encoders(stack)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not killed & set(processes_of(stack.home)), 20, lambda: str(processes_of(stack.home)))
    assert states(manager, project).count("ready") < PICTURES, "everything was ready before the worker was killed"
    if "DATABASE_URL" in stack.env:  # there is no supervisor: do what Docker's restart policy does
        stack.launch(compose_command("worker-cpu", stack.env, stack.port))

    wait_for(lambda: states(manager, project) == ["ready"] * PICTURES, 180, lambda: str(states(manager, project)))
