"""A web process carries out a bounded number of requests; signing in takes no place from anybody else."""

import asyncio
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from django.conf import settings

from labeling.server.stack import Stack, environment, free_port
from labeling.web.lanes import BoundedHandler, Lane, LaneFull
from tests.patience import PATIENCE
from tests.stack.client import csrf_token
from tests.stack.processes import _database, wait_for

pytestmark = pytest.mark.timeout(900)
PASSWORD = "correct horse battery"
AT_ONCE = 150
POOL = 15


async def test_a_lane_has_so_many_places_and_so_many_waiting() -> None:
    lane = Lane(at_once=2, waiting=3, patience=30)
    await lane.take()
    await lane.take()
    waiting = [asyncio.create_task(lane.take()) for _ in range(3)]
    await asyncio.sleep(0)
    assert (lane.busy, lane.waiting) == (2, 3)
    with pytest.raises(LaneFull):
        await lane.take()
    lane.release()
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == 1
    assert (lane.busy, lane.waiting) == (2, 2)


@pytest.mark.parametrize(
    ("path", "hashes"),
    [
        ("/sign-in", True), ("/sign-in/password-reset/1-abc-set-password/", True), ("/sign-in/second-factor", True),
        ("/admin/login/", True), ("/admin/password_change/", True), ("/account/confirm", True),
        ("/account/password", True), ("/account/password/set", True), ("/join/abc", True), ("/account/", False),
        ("/projects/1/invitations", False),
    ],
)  # fmt: skip
async def test_whatever_hashes_a_password_waits_with_the_sign_ins(path: str, hashes: bool) -> None:
    handler = BoundedHandler()
    assert (handler.lane("POST", path) is handler.signing_in) is hashes
    assert handler.lane("GET", path) is handler.general


async def test_nobody_waits_for_ever() -> None:
    lane = Lane(at_once=1, waiting=3, patience=0.01)
    await lane.take()
    with pytest.raises(LaneFull):
        await lane.take()
    assert (lane.busy, lane.waiting) == (1, 0)
    lane.release()
    await lane.take()


async def test_who_goes_away_while_waiting_leaves_no_place_taken() -> None:
    lane = Lane(at_once=1, waiting=3, patience=30)
    await lane.take()
    waiting = asyncio.create_task(lane.take())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    lane.release()
    await lane.take()
    assert (lane.busy, lane.waiting) == (1, 0)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The web server alone, as compose.yaml and `make start` run it, on the database of this test run."""
    home: Path = tmp_path_factory.mktemp("web")
    port = free_port()
    if not settings.DATABASE_URL:
        yield from _running(Stack(home, port, environment(home, port, LOG_LEVEL="WARNING"), home / "log"))
        return
    with _database(settings.DATABASE_URL, "") as url:
        more = {
            "DATABASE_URL": url,
            "REDIS_URL": settings.REDIS_URL,
            "LOG_LEVEL": "WARNING",
            "DATABASE_POOL": str(POOL),
        }
        yield from _running(Stack(home, port, environment(home, port, **more), home / "log"))


def _running(stack: Stack) -> Iterator[Stack]:
    stack.manage("migrate", "--noinput", "--verbosity", "0")
    stack.add_administrator("admin", PASSWORD)
    stack.launch(
        [sys.executable, "-m", "uvicorn", "labeling.asgi:application", "--port", str(stack.port), "--lifespan=off"]
    )
    try:
        wait_for(lambda: stack.health()[0] != 0, 300, stack.output)
        yield stack
    finally:
        stack.stop(signal.SIGTERM)


async def signed_in(client: httpx.AsyncClient, password: str = PASSWORD) -> httpx.Response:
    await client.get("/sign-in")
    client.headers["X-CSRFToken"] = csrf_token(client)
    answer = await client.post("/sign-in", data={"username": "admin", "password": password})
    client.headers["X-CSRFToken"] = csrf_token(client)
    return answer


def many(stack: Stack) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=AT_ONCE + 50)
    return httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE, limits=limits)


async def test_150_requests_at_once_are_all_answered(web: Stack) -> None:
    async with many(web) as client:
        assert (await signed_in(client)).status_code == 302
        body = {"name": "Street", "categories": [{"name": "car"}]}
        work = [client.post("/api/projects", json=body) if n % 2 else client.get("/") for n in range(AT_ONCE)]
        said = Counter(one.status_code for one in await asyncio.gather(*work))
        assert set(said) <= {200, 201}, (said, web.output())
        listed = (await client.get("/api/projects")).json()["results"]
        assert len(listed) == said[201]


@pytest.mark.skipif(not settings.DATABASE_URL, reason="needs PostgreSQL")
async def test_connections_are_bounded(web: Stack) -> None:
    most = 0
    ended = threading.Event()

    def count() -> None:
        nonlocal most
        with psycopg.connect(web.env["DATABASE_URL"].replace("postgres://", "postgresql://")) as connection:
            connection.autocommit = True
            while not ended.wait(0.02):
                row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                most = max(most, row.fetchone()[0] - 1)  # type: ignore[index]

    counter = threading.Thread(target=count)
    counter.start()
    async with many(web) as client:
        assert (await signed_in(client)).status_code == 302
        answers = await asyncio.gather(*[client.get("/api/projects") for _ in range(AT_ONCE)])
    ended.set()
    counter.join()
    assert {one.status_code for one in answers} <= {200, 503}  # a machine that is too slow says so
    assert 1 < most <= POOL + 1  # and health's own


async def test_sign_ins_keep_nobody_from_working(web: Stack) -> None:
    """While 150 strangers sign in, each request of somebody who works is answered before the strangers are."""
    async with many(web) as client, many(web) as strangers:
        assert (await signed_in(client)).status_code == 302
        await strangers.get("/sign-in")
        strangers.headers["X-CSRFToken"] = csrf_token(strangers)
        wrong = [
            asyncio.create_task(strangers.post("/sign-in", data={"username": f"nobody{n}", "password": "wrong"}))
            for n in range(AT_ONCE)
        ]
        await asyncio.sleep(0.2)
        for _ in range(5):
            assert (await client.get("/api/projects")).status_code == 200
        health = await client.get("/healthz")
        assert health.json()["database"]["ok"], health.text
        assert not all(one.done() for one in wrong), "the sign-ins were too quick to be in anybody's way"
        said = Counter(one.status_code for one in await asyncio.gather(*wrong))
    assert set(said) <= {200, 429, 503}, (said, web.output())
    assert said[503] > 0, said


async def test_a_full_lane_says_when_to_come_again(web: Stack) -> None:
    async with many(web) as client:
        await client.get("/sign-in")
        client.headers["X-CSRFToken"] = csrf_token(client)
        data = {"username": "nobody", "password": "wrong"}
        answers = await asyncio.gather(*[client.post("/sign-in", data=data) for _ in range(AT_ONCE)])
    refused = [one for one in answers if one.status_code == 503]
    assert refused
    assert all(int(one.headers["Retry-After"]) > 0 for one in refused)
    assert "Nothing was saved" in refused[0].text
    assert 'class="empty empty--page"' in refused[0].text


def test_this_machine_lets_a_process_have_so_many_sockets() -> None:
    import resource

    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 2 * AT_ONCE + 100, os.uname()
