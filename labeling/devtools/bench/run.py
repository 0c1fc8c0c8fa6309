"""The whole measurement: a project with photographs, people, and for each number of users a round of clicks."""

import asyncio
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labeling.devtools.bench.annotator import Annotator, Job, Pace, Reference, Samples
from labeling.devtools.bench.ledger import Tally
from labeling.devtools.bench.people import members, tidied
from labeling.devtools.smoke.client import Client
from labeling.devtools.smoke.labeling import Picture
from labeling.devtools.smoke.report import SmokeFailed, check
from labeling.devtools.smoke.sockets import Socket
from labeling.devtools.smoke.targets import CATEGORIES, TARGETS

OPENING_AT_ONCE = 8
"""Editors that open at the same moment; the measurement begins when all are open."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What a run is told. `patience`: seconds until all images have to be ready."""

    url: str
    username: str
    password: str
    users: list[int]
    photographs: list[Path]
    pace: Pace
    patience: float = 600.0


@dataclass
class Round:
    """What was measured with one number of users."""

    users: int
    tally: Tally
    samples: Samples
    seconds: float
    load: float

    def row(self) -> dict[str, Any]:
        """For programs; times in milliseconds, quantiles by nearest rank."""
        taken = self.samples.round_trip
        check(bool(taken), f"With {self.users} users clicks are answered; none was.")
        times = {f"p{share}_ms": round(quantile(taken, share / 100), 1) for share in (50, 95, 99)}
        return {
            "users": self.users,
            "clicks_per_second": round(len(taken) / self.seconds, 1),
            **times,
            "queue_p50_ms": quantile(self.samples.queue, 0.5),
            "decode_p50_ms": quantile(self.samples.decode, 0.5),
            **asdict(self.tally),
            "seconds": round(self.seconds, 1),
            "load": self.load,
        }


HEAD = (
    f"{'users':>6}{'clicks':>8}{'clicks/s':>10}{'p50':>9}{'p95':>9}{'p99':>9}{'queue':>9}{'decode':>9}"
    f"{'closer':>8}{'overtaken':>11}{'errors':>8}{'lost':>6}{'reordered':>11}{'doubled':>9}{'different':>11}"
)


def line(row: dict[str, Any]) -> str:
    """A row for people; milliseconds."""
    times = "".join(f"{row[key]:>9.1f}" for key in ("p50_ms", "p95_ms", "p99_ms", "queue_p50_ms", "decode_p50_ms"))
    faults = f"{row['errors']:>8}{row['lost']:>6}{row['reordered']:>11}{row['duplicated']:>9}{row['different']:>11}"
    again = f"{row['closer']:>8}{row['superseded']:>11}"
    return f"{row['users']:>6}{row['clicks']:>8}{row['clicks_per_second']:>10.1f}{times}{again}{faults}"


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of all don't pass."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def run(plan: Plan, say: Say) -> list[dict[str, Any]]:
    """Measure each number of users; the rows. Nothing of it stays on the server. Raises: SmokeFailed."""
    with Client(plan.url) as client:
        client.wait_until_ready(plan.patience)
        client.sign_in(plan.username, plan.password)
        with tidied(client.sign_out), _project(client) as project:
            pictures = _bring_in(client, project, plan)
            say(f"{len(pictures)} images are ready; {max(plan.users)} annotators sign in …")
            with members(client, project, max(plan.users)) as cookies:
                return asyncio.run(_measure(plan, cookies, _jobs(pictures), say))


@contextmanager
def _project(client: Client) -> Iterator[int]:
    """A project of this run's own."""
    name = f"Clicks {time.strftime('%Y-%m-%d %H:%M:%S')}"
    made = client.json("POST", "/api/projects", {"name": name, "categories": CATEGORIES}, expected=(201,))["id"]
    with tidied(lambda: client.delete_project(int(made), name)):
        yield int(made)


def _bring_in(client: Client, project: int, plan: Plan) -> list[Picture]:
    """Upload the photographs and wait until they are ready."""
    count = len(plan.photographs)
    with Socket(client, f"/ws/projects/{project}/") as news:
        upload = client.json("POST", f"/api/projects/{project}/uploads", {}, expected=(201,))["id"]
        for path in plan.photographs:
            client.upload(f"/api/uploads/{upload}/files", path.name, path.read_bytes())
        client.json("POST", f"/api/uploads/{upload}/close")
        news.wait_for(
            f"{count} images to be ready",
            lambda one: one.get("images", {}).get("ready") == count or one.get("state") == "failed",
            plan.patience,
        )
    found = client.json("GET", f"/api/projects/{project}/images?limit=100")["results"]
    check([one["state"] for one in found] == ["ready"] * count, f"{count} images are ready: {found}")
    return [Picture(one["id"], one["name"], one["width"], one["height"]) for one in found]


def _jobs(pictures: list[Picture]) -> list[list[Job]]:
    """The objects of each picture, the pictures in the order of their names."""
    ordered = sorted(pictures, key=lambda picture: picture.name)
    jobs = [[Job(picture, one) for one in TARGETS if one.photograph == picture.name] for picture in ordered]
    return [one for one in jobs if one]


async def _measure(plan: Plan, cookies: list[str], jobs: list[list[Job]], say: Say) -> list[dict[str, Any]]:
    reference = Reference()
    for own in jobs:  # once by itself: what an unhurried server says, and nobody measures the first run of a process
        await _round(plan.url, cookies[:1], [own], Pace(clicks=5 * len(own), seconds=plan.patience), reference)
    rows = []
    say(HEAD)
    for users in plan.users:
        measured = await _round(plan.url, cookies[:users], jobs, plan.pace, reference)
        rows.append(measured.row())
        say(line(rows[-1]))
    return rows


async def _round(url: str, cookies: list[str], jobs: list[list[Job]], pace: Pace, reference: Reference) -> Round:
    """Everybody opens an editor, then all click, then each asks for the last mask once more."""
    people = [
        Annotator(url, cookie, jobs[number % len(jobs)], reference, seed=number)
        for number, cookie in enumerate(cookies)
    ]
    opening = asyncio.Semaphore(OPENING_AT_ONCE)
    async with AsyncExitStack() as stack:

        async def enter(one: Annotator) -> None:
            async with opening:
                await stack.enter_async_context(one)

        await _all(enter(one) for one in people)
        began, load = time.monotonic(), os.getloadavg()[0]
        await _all(one.work(pace) for one in people)
        seconds = time.monotonic() - began
        await _all(one.repeat() for one in people)
    tally, samples = Tally(), Samples()
    for one in people:
        tally += one.ledger.tally
        samples.round_trip += one.samples.round_trip
        samples.queue += one.samples.queue
        samples.decode += one.samples.decode
    return Round(len(people), tally, samples, seconds, round(load, 1))


async def _all(work: Any) -> None:
    """Do all at once; the first failure ends the others. Raises: SmokeFailed."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except* SmokeFailed as failed:
        raise failed.exceptions[0] from None
