"""Presence and lease over the click socket."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from labeling.accounts.models import User
from labeling.annotations import presence
from labeling.annotations.models import Presence
from labeling.images.models import Image
from tests.live.conftest import Connect, Socket, db, uid


async def here(socket: Socket, tab: str, **more: Any) -> dict[str, Any]:
    """Say it, and hear who is there."""
    await socket.send_raw(_frame(tab, **more))
    return await socket.until("presence")


def _frame(tab: str, **more: Any) -> str:
    return json.dumps({"v": 1, "type": "here", "tab": tab, **more})


def names(message: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(one["name"], one["holds"]) for one in message["people"]]


async def test_people_see_each_other_and_the_lease_goes_round(alice: User, bob: User, connect: Connect) -> None:
    one, other = await connect(alice), await connect(bob)
    mine, theirs = uid(), uid()
    alone = await here(one, mine)
    assert (alone["you"], names(alone)) == (mine, [("alice", True)])
    assert names(await here(other, theirs)) == [("alice", True), ("bob", False)]
    assert names(await one.until("presence")) == [("alice", True), ("bob", False)]
    assert names(await here(other, theirs, take=True)) == [("alice", False), ("bob", True)]
    assert names(await one.until("presence")) == [("alice", False), ("bob", True)]
    await other.disconnect()
    assert names(await one.until("presence")) == [("alice", False)]
    assert names(await here(one, mine)) == [("alice", True)]


async def test_reviewers_are_seen_and_never_hold(rita: User, bob: User, connect: Connect) -> None:
    looking, working = await connect(rita), await connect(bob)
    assert names(await here(looking, uid(), take=True)) == [("rita", False)]
    assert names(await here(working, uid())) == [("rita", False), ("bob", True)]


async def test_who_never_says_it_is_told_nothing(alice: User, bob: User, image: Image, connect: Connect) -> None:
    silent, seen = await connect(alice), await connect(bob)
    assert names(await here(seen, uid())) == [("bob", True)]
    assert await silent.is_alive()  # the pong is the next thing that it hears
    assert (await silent.ask("ping"))["type"] == "pong"
    assert await db(Presence.objects.filter(image=image).count)() == 1


async def test_another_socket_goes_on_for_the_same_editor(bob: User, image: Image, connect: Connect) -> None:
    tab, before = uid(), await connect(bob)
    await here(before, tab)
    after = await connect(bob)
    assert names(await here(after, tab)) == [("bob", True)]
    await before.disconnect()
    assert names(await here(after, tab)) == [("bob", True)]


async def test_a_silent_editor_is_forgotten(
    alice: User, bob: User, image: Image, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "RENEW_SECONDS", 0.05)
    lost = uid()
    await db(presence.arrive)(image, alice, UUID(lost), "a process that died", may_hold=True)
    socket = await connect(bob)
    assert names(await here(socket, uid())) == [("alice", True), ("bob", False)]
    await db(lambda: Presence.objects.filter(tab=lost).update(seen_at="2020-01-01T00:00:00Z"))()
    assert names(await socket.until("presence")) == [("bob", False)]
    await asyncio.sleep(0.2)
    assert await socket.is_alive()


@pytest.mark.parametrize("body", [{"tab": "x"}, {"tab": None}, {}, {"tab": "@", "take": 1}])
async def test_a_strange_here_is_refused(body: dict[str, Any], bob: User, connect: Connect) -> None:
    socket = await connect(bob)
    if body.get("tab") == "@":
        body = {**body, "tab": uid()}
    await socket.send_raw(json.dumps({"v": 1, "type": "here", **body}))
    assert (await socket.until("error"))["code"] == "bad_message"
    assert not await db(Presence.objects.exists)()


async def test_the_tab_of_somebody_else_is_refused(alice: User, bob: User, connect: Connect) -> None:
    tab, one, other = uid(), await connect(alice), await connect(bob)
    await here(one, tab)
    await other.send_raw(_frame(tab, take=True))
    error = await other.until("error")
    assert (error["code"], "tab" in error["message"]) == ("bad_message", True)
