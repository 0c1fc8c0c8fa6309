"""Nobody's burst of clicks makes the others wait for all of it."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from typing import Any

import pytest

from labeling.accounts.models import User
from labeling.live.decoder import decoder
from labeling.live.round_robin import FairThreads
from tests.live.conftest import Connect, Socket, clicks, uid

PATIENCE = 20


@pytest.fixture
def one_thread() -> Iterator[FairThreads]:
    threads = FairThreads(1, "test")
    yield threads
    threads.shutdown()


class Gate:
    """Holds the only thread until it is opened, so that a test decides what is in line before anything is served."""

    def __init__(self, threads: FairThreads) -> None:
        self._open = threading.Event()
        self._held = threads.submit("gate", self._open.wait, PATIENCE)

    def open(self) -> None:
        self._open.set()
        assert self._held.result(PATIENCE)


def test_owners_are_served_in_turn(one_thread: FairThreads) -> None:
    gate = Gate(one_thread)
    served: list[str] = []
    jobs: list[Future[None]] = []
    for owner, count in (("burst", 5), ("patient", 1), ("other", 2)):
        jobs += [one_thread.submit(owner, served.append, f"{owner} {number}") for number in range(count)]
    gate.open()
    for job in jobs:
        job.result(PATIENCE)
    assert served == [
        "burst 0", "patient 0", "other 0", "burst 1", "other 1", "burst 2", "burst 3", "burst 4",
    ]  # fmt: skip


def test_who_comes_later_does_not_wait_for_a_burst(one_thread: FairThreads) -> None:
    gate = Gate(one_thread)
    served: list[str] = []
    release, began = threading.Event(), threading.Event()

    def hold() -> None:
        began.set()
        assert release.wait(PATIENCE)

    one_thread.submit("burst", hold)
    jobs = [one_thread.submit("burst", served.append, "burst") for _ in range(4)]
    gate.open()
    assert began.wait(PATIENCE)
    late = one_thread.submit("late", served.append, "late")
    release.set()
    for job in [*jobs, late]:
        job.result(PATIENCE)
    assert served == ["burst", "late", "burst", "burst", "burst"]


def test_results_errors_and_jobs_that_are_called_off(one_thread: FairThreads) -> None:
    gate = Gate(one_thread)
    good = one_thread.submit("a", sum, [1, 2, 3])
    bad = one_thread.submit("a", int, "x")
    off = one_thread.submit("a", pytest.fail, "this was called off")
    last = one_thread.submit("b", str, 5)
    assert off.cancel()
    gate.open()
    assert (good.result(PATIENCE), last.result(PATIENCE)) == (6, "5")
    with pytest.raises(ValueError, match="invalid literal"):
        bad.result(PATIENCE)
    with pytest.raises(CancelledError):
        off.result(PATIENCE)


def test_many_threads_lose_nothing() -> None:
    threads = FairThreads(4, "test")
    jobs = [threads.submit(number % 7, pow, number, 2) for number in range(500)]
    assert [job.result(PATIENCE) for job in jobs] == [number**2 for number in range(500)]
    assert not threads._waiting
    threads.shutdown()


async def test_a_burst_on_one_socket_does_not_hold_up_another_person(
    connect: Connect, alice: User, bob: User, settings: Any
) -> None:
    """Five new objects at once against one, real decodes in the threads of the product."""
    threads, opened = decoder()._threads, threading.Event()
    for number in range(settings.DECODE_THREADS):
        threads.submit(f"gate {number}", opened.wait, PATIENCE)
    hasty, patient = await connect(alice), await connect(bob)
    answered: list[str] = []

    async def listen(socket: Socket, name: str, masks: int) -> None:
        for _ in range(masks):
            await socket.until("mask")
            answered.append(name)

    async def in_line(owner: User, jobs: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(threads._waiting.get(owner.pk, ())) < jobs:
                await asyncio.sleep(0.01)

    for _ in range(5):
        await hasty.send("start", object=uid(), clicks=clicks(1))
    await in_line(alice, 5)
    await patient.send("start", object=uid(), clicks=clicks(1))
    await in_line(bob, 1)
    opened.set()
    await asyncio.gather(listen(hasty, "hasty", 5), listen(patient, "patient", 1))
    assert answered.index("patient") <= settings.DECODE_THREADS
