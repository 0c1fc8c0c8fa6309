"""A worker that is killed while it encodes loses nothing."""

import os
import signal

import httpx
import pytest

from tests.patience import PATIENCE
from tests.stack.client import call, make_project
from tests.stack.processes import Stack, compose_command, processes_of, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300), pytest.mark.team]
PICTURES = 5


def states(client: httpx.Client, project: int) -> list[str]:
    """The state of every image of the project."""
    return [image["state"] for image in call(client, "GET", f"/api/projects/{project}/images?limit=100")["results"]]


def encoders(stack: Stack) -> set[int]:
    """The processes of the worker that encodes."""
    return {pid for pid, command in processes_of(stack.home).items() if "encoder@%h" in command}


def test_a_worker_killed_while_it_encodes_loses_nothing(stack: Stack, manager: httpx.Client) -> None:
    project = make_project(manager, "Recovery", PICTURES)

    wait_for(lambda: "encoding" in states(manager, project), PATIENCE, stack.output)
    killed = encoders(stack)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not killed & set(processes_of(stack.home)), PATIENCE, lambda: str(processes_of(stack.home)))
    assert states(manager, project).count("ready") < PICTURES, "everything was ready before the worker was killed"
    if "DATABASE_URL" in stack.env:  # there is no supervisor: do what Docker's restart policy does
        stack.launch(compose_command("worker-cpu", stack.env, stack.port))

    wait_for(lambda: states(manager, project) == ["ready"] * PICTURES, 180, lambda: str(states(manager, project)))
