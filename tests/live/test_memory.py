"""What open objects hold is bounded in bytes, for a person and for the process, and an editor goes on after a drop."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from inference import Click, Features
from labeling.accounts.models import User
from labeling.live.memory import PERSONS, Memory
from labeling.live.sockets import TOO_MANY
from tests.live.conftest import HEIGHT, WIDTH, Connect, bits, clicks, predicted, uid
from tests.memory import peak_kib

pytestmark = pytest.mark.once

MB = 1024**2


@dataclass(eq=False)
class Held:
    is_idle: bool = True
    dropped: list[int] = field(default_factory=list)

    def drop(self) -> None:
        self.dropped.append(1)


def test_the_oldest_idle_ones_of_the_same_person_go_first() -> None:
    memory = Memory(400)
    others, old, busy, new = Held(), Held(), Held(is_idle=False), Held()
    assert memory.charge(others, "bob", 90)
    assert memory.charge(busy, "alice", 40)
    assert memory.charge(old, "alice", 40)
    assert memory.charge(new, "alice", 50)
    assert (others.dropped, busy.dropped, old.dropped) == ([], [], [1])
    assert (memory.of("alice"), memory.of("bob"), memory.nbytes) == (90, 90, 180)


def test_who_fills_the_own_share_drops_nobody_elses() -> None:
    memory = Memory(400)
    others, own = Held(), Held(is_idle=False)
    assert memory.charge(others, "bob", 90)
    assert memory.charge(own, "alice", 100)
    assert not memory.charge(Held(), "alice", 1)
    assert others.dropped == []
    assert memory.nbytes == 190


def test_the_process_has_a_limit_too() -> None:
    memory = Memory(400)
    held = [Held() for _ in range(10)]
    for number, one in enumerate(held):
        assert memory.charge(one, number, 90)
        assert memory.nbytes <= 400
    assert [len(one.dropped) for one in held] == [1] * 6 + [0] * 4


def test_what_was_used_lately_stays() -> None:
    memory = Memory(400)
    first, second, third = Held(), Held(), Held()
    for one in (first, second, first):
        assert memory.charge(one, "alice", 40)
    assert memory.charge(third, "alice", 40)
    assert (first.dropped, second.dropped) == ([], [1])


def test_released_bytes_are_free_again() -> None:
    memory = Memory(400)
    held = Held()
    memory.charge(held, "alice", 100)
    memory.release(held)
    memory.release(held)
    assert (memory.nbytes, memory.of("alice")) == (0, 0)


@pytest.mark.django_db(transaction=True)
async def test_a_dropped_object_is_started_again_with_its_clicks(
    connect: Connect, bob: User, monkeypatch: pytest.MonkeyPatch, predictor: Any, features: Features
) -> None:
    small = Memory(PERSONS * 11 * MB)  # an object takes less than 4 MB, a start is charged for with 5: two fit
    monkeypatch.setattr("labeling.live.clicks.memory", lambda: small)
    socket = await connect(bob)
    given = clicks(3)
    one, other, third = uid(), uid(), uid()
    assert (await socket.ask("start", object=one, clicks=given[:2]))["type"] == "mask"
    assert (await socket.ask("start", object=other, clicks=given[:1]))["type"] == "mask"
    assert (await socket.ask("start", object=third, clicks=given[:1]))["type"] == "mask"
    assert small.of(bob.pk) <= 11 * MB
    x, y, positive = given[2]
    lost = await socket.ask("click", object=one, x=x, y=y, positive=positive)
    assert (lost["type"], lost["code"]) == ("error", "unknown_object")
    again = await socket.ask("start", object=one, clicks=given)
    assert np.array_equal(bits(again), predicted(predictor, features, given))
    await socket.disconnect()
    assert small.nbytes == 0


@pytest.mark.django_db(transaction=True)
async def test_no_room_is_said_and_changes_nothing(
    connect: Connect, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labeling.live.clicks.memory", lambda: Memory(PERSONS * MB))
    socket = await connect(bob)
    refused = await socket.ask("start", object=uid(), clicks=clicks(1))
    assert (refused["type"], refused["code"]) == ("error", "too_many_objects")
    assert "close other tabs" in refused["message"]
    assert await socket.is_alive()


@pytest.mark.django_db(transaction=True)
async def test_what_is_charged_is_what_is_held(connect: Connect, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    known = Memory(1024 * MB)
    monkeypatch.setattr("labeling.live.clicks.memory", lambda: known)
    socket = await connect(bob)
    one = uid()
    await socket.ask("start", object=one, clicks=clicks(1))
    first = known.nbytes
    for x, y, positive in clicks(12)[1:]:
        await socket.ask("click", object=one, x=x, y=y, positive=positive)
    assert first > 3 * MB  # the features' alone
    state = 2 * (512 // 2) * (640 // 2)  # fp16 at stride 2
    assert known.nbytes - first >= 11 * state
    await socket.send("close", object=one)
    assert await socket.is_alive()
    assert known.nbytes == 0


ONE_HUNDRED_MEGAPIXELS = """
import numpy as np
from inference.core.masks import PackedPatch
from labeling import masks

SIDE = 10_000
bits = np.zeros((SIDE, SIDE), bool)
bits[5:9_995, 9:9_991] = True
counts = masks.encode(bits)
del bits
"""
SIX_OF_THEM = """
held = []
for _ in range(6):
    box, rows = masks.packed(counts, SIDE, SIDE)
    held.append(PackedPatch(box.x, box.y, box.width, box.height, rows))
assert (box.x, box.y, box.width, box.height) == (9, 5, 9_982, 9_990)
assert held[0].bits(0, 1).all()
"""


def test_masks_of_a_hundred_megapixels_are_held_at_a_bit_a_pixel() -> None:
    """Six of them as arrays took 631 MB of the web process. Here they and all that is needed on the way."""
    kilobytes = peak_kib(ONE_HUNDRED_MEGAPIXELS, SIX_OF_THEM)
    assert kilobytes > 6 * 12 * 1024  # they are held
    assert kilobytes < 150 * 1024


def test_a_session_with_a_given_mask_counts_it(predictor: Any, features: Features) -> None:
    given = np.zeros((HEIGHT, WIDTH), bool)
    given[10:200, 10:300] = True
    session, plain = predictor.tiled_session(features, given), predictor.tiled_session(features)
    assert np.array_equal(session.mask(), given)
    assert session.nbytes - plain.nbytes == 190 * -(-290 // 8)
    session.add(Click(100.0, 100.0, True))
    assert np.array_equal(session.mask(), predictor.predict(features, [(100.0, 100.0, True)], previous=given))


@pytest.mark.django_db(transaction=True)
async def test_a_person_has_so_many_sockets(connect: Connect, bob: User, alice: User, monkeypatch: Any) -> None:
    """One person opened 350. The one used least lately makes room, whoever else is there stays."""
    monkeypatch.setattr("labeling.live.sockets.PER_PERSON", 3)
    hers = await connect(alice)
    first, second, third = [await connect(bob) for _ in range(3)]
    assert (await first.ask("start", object=uid(), clicks=clicks(1)))["type"] == "mask"
    fourth = await connect(bob)
    assert await second.closed() == TOO_MANY
    for one in (hers, first, third, fourth):
        assert await one.is_alive()


@pytest.mark.django_db(transaction=True)
async def test_sockets_that_ended_leave_room(connect: Connect, bob: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("labeling.live.sockets.PER_PERSON", 2)
    stays = await connect(bob)
    for _ in range(4):
        await (await connect(bob)).disconnect()
    assert await stays.is_alive()
