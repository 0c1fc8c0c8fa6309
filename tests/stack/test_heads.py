"""Workers that are killed while they look at images, or train: the run and the training end whole."""

import os
import signal
from typing import Any

import httpx
import pytest

from tests.patience import PATIENCE
from tests.stack.client import call, make_project
from tests.stack.processes import Stack, compose_command, processes_of, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600), pytest.mark.once]
PICTURES = 3
STEPS = 10


def kill_heads(stack: Stack) -> None:
    """SIGKILL to every process of the worker for suggestions; whoever restarts it does."""
    killed = {pid for pid, command in processes_of(stack.home).items() if "heads@%h" in command}
    assert killed
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not killed & set(processes_of(stack.home)), PATIENCE, lambda: str(processes_of(stack.home)))
    if "DATABASE_URL" in stack.env:  # there is no supervisor: do what Docker's restart policy does
        stack.launch(compose_command("worker-heads", stack.env, stack.port))


def suggestions(manager: httpx.Client, image: int) -> Any:
    return call(manager, "GET", f"/api/images/{image}/suggestions")


def test_a_killed_worker_costs_neither_a_run_nor_a_training(stack: Stack, manager: httpx.Client) -> None:
    project = make_project(manager, "Heads", PICTURES)

    def images() -> list[dict[str, Any]]:
        return call(manager, "GET", f"/api/projects/{project}/images?limit=100")["results"]

    wait_for(lambda: [one["state"] for one in images()] == ["ready"] * PICTURES, 240, stack.output)
    ids = [one["id"] for one in images()]

    # A run: killed while it looks at an image, with others to come.
    run = call(manager, "POST", f"/api/projects/{project}/suggestions/runs", json={"method": "everything"})
    now = f"/api/suggestions/runs/{run['id']}"
    looking = {"method": "everything", "state": "running", "found": 0}
    wait_for(lambda: any(looking in suggestions(manager, one)["looked"] for one in ids), PATIENCE, stack.output)
    kill_heads(stack)
    assert call(manager, "GET", now)["done"] < PICTURES, "it was over before the worker was killed"
    wait_for(lambda: call(manager, "GET", now)["state"] == "done", 240, stack.output)
    ended = call(manager, "GET", now)
    assert (ended["done"], ended["failed"]) == (PICTURES, 0)
    for one in ids:
        seen = suggestions(manager, one)
        (look,) = seen["looked"]
        uids = {found["uid"] for found in seen["results"]}
        assert (look["state"], len(uids)) == ("ready", len(seen["results"]))
        assert 0 < len(uids) <= look["found"], "stored once, whoever began it"

    # A training on what somebody kept of it: killed in the middle, it ends all the same.
    for one in ids[:-1]:
        kept = call(
            manager, "POST", f"/api/images/{one}/suggestions/accept", json={"version": 0, "all": {"give": 1}}
        )  # fmt: skip
        assert kept["annotations"]
        done = {"version": kept["version"], "status": "done"}
        call(manager, "POST", f"/api/images/{one}/status", json=done)
    head = call(manager, "POST", f"/api/projects/{project}/heads", json={"kind": "instances", "steps": STEPS})
    now = f"/api/heads/{head['id']}"
    wait_for(lambda: call(manager, "GET", now)["state"] == "training", PATIENCE, stack.output)
    kill_heads(stack)
    assert call(manager, "GET", now)["state"] == "training", "it was over before the worker was killed"
    wait_for(lambda: call(manager, "GET", now)["state"] not in ("queued", "training"), 400, stack.output)
    ended = call(manager, "GET", now)
    assert (ended["state"], ended["step"]) == ("ready", STEPS), ended
    assert ended["figures"]["ap"] is not None
    # What it learned is suggested on the image that is not done.
    wanted = {"everything": "ready", "instances": "ready"}

    def looked() -> dict[str, str]:
        return {look["method"]: look["state"] for look in suggestions(manager, ids[-1])["looked"]}

    wait_for(lambda: looked() == wanted, PATIENCE, lambda: f"{looked()}\n{stack.output()}")
