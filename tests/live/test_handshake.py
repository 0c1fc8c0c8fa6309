"""Who gets a click socket, and who loses it."""

import asyncio

import pytest

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.common.events import image_group, publish
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.live import guard
from labeling.projects.models import Membership, Project, Role
from tests.live.conftest import Connect, Socket, clicks, db, make_image, uid


def socket(user: User | None, image: Image, **more: str | None) -> Socket:
    return Socket(user, f"/ws/images/{image.pk}/", **more)


def priority(image: Image) -> int:
    return Encoding.objects.get(image=image).priority


@pytest.mark.parametrize("name", ["alice", "bob", "rita"])
async def test_every_role_may_look(name: str, image: Image, features: object) -> None:
    opened = socket(await db(User.objects.get)(username=name), image)
    assert await opened.connect()
    assert await opened.receive() == {
        "v": 1,
        "type": "hello",
        "image": image.pk,
        "width": 320,
        "height": 240,
        "state": "ready",
        "features_version": features.version,
        "limits": {"message_bytes": 65536, "clicks_per_second": 30, "clicks_per_object": 500},
    }
    await opened.disconnect()


async def test_signed_out_is_refused(image: Image) -> None:
    assert not await socket(None, image).connect()


async def test_an_outsider_is_refused(charlie: User, image: Image) -> None:
    before = await db(priority)(image)
    assert not await socket(charlie, image).connect()
    assert await db(priority)(image) == before


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost.evil.example", "null", None])
async def test_another_origin_is_refused(origin: str | None, bob: User, image: Image) -> None:
    assert not await socket(bob, image, origin=origin).connect()


@pytest.mark.parametrize(
    "path", ["/ws/images/999999/", f"/ws/images/{10**30}/", "/ws/images/1", "/ws/images/x/", "/ws/", "/"]
)
async def test_a_path_that_leads_nowhere_is_refused(path: str, bob: User, image: Image) -> None:
    assert not await Socket(bob, path).connect()


async def test_opening_puts_the_image_first_in_the_queue(bob: User, project: Project, image: Image) -> None:
    first, second = await db(make_image)(project, "first"), await db(make_image)(project, "second")
    opened = socket(bob, second)
    assert await opened.connect()
    assert (await opened.receive())["state"] == "queued"
    assert await opened.receive() == {"v": 1, "type": "state", "state": "queued", "ahead": 0}
    assert await db(priority)(second) > await db(priority)(first)
    await opened.disconnect()


async def test_a_failed_image_says_why(bob: User, project: Project, image: Image) -> None:
    failed = await db(make_image)(project, "failed")
    await db(Encoding.objects.filter(image=failed).update)(state="failed", reason="The file is damaged.")
    opened = socket(bob, failed)
    assert await opened.connect()
    assert (await opened.receive())["state"] == "failed"
    assert (await opened.until("state"))["reason"] == "The file is damaged."
    await opened.disconnect()


async def test_who_clicks_has_the_image_open(bob: User, rita: User, image: Image, connect: Connect) -> None:
    """Looking, or a page that is only left open, does not keep the image from others."""
    await (await connect(rita)).ask("start", object=uid())
    working, idle = await connect(bob), await connect(bob)
    assert await idle.is_alive()
    assert not await db(AnnotationSet.objects.filter(image=image).exists)()
    await working.ask("start", object=uid(), clicks=clicks(1))
    for _ in range(200):
        if await db(AnnotationSet.objects.filter(image=image, opened_by=bob).exists)():
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("the image was not noted as open")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the membership again with every message."""
    monkeypatch.setattr(guard, "RECHECK_SECONDS", 0.0)


async def test_a_removed_member_is_closed_out(bob: User, connect: Connect, impatient: None) -> None:
    opened = await connect(bob)
    assert await opened.is_alive()
    await db(Membership.objects.filter(user=bob).delete)()
    await opened.send("start", object=uid(), clicks=clicks(1))
    assert await opened.closed() == 4403


async def test_a_removed_member_gets_no_news(bob: User, image: Image, connect: Connect, impatient: None) -> None:
    opened = await connect(bob)
    await db(Membership.objects.filter(user=bob).delete)()
    await db(publish)(image_group(image.pk), {"type": "state", "state": "ready"})
    assert await opened.closed() == 4403


async def test_signing_out_closes_the_socket(bob: User, connect: Connect, impatient: None) -> None:
    opened = await connect(bob)
    await db(opened.session.delete)()
    await opened.send("ping")
    assert await opened.closed() == 4403


async def test_a_deactivated_user_is_closed_out(bob: User, connect: Connect, impatient: None) -> None:
    opened = await connect(bob)
    await db(User.objects.filter(pk=bob.pk).update)(is_active=False)
    await opened.send("ping")
    assert await opened.closed() == 4403


async def test_a_smaller_role_takes_clicking_away(bob: User, connect: Connect, impatient: None) -> None:
    opened, one = await connect(bob), uid()
    assert (await opened.ask("start", object=one, clicks=clicks(1)))["type"] == "mask"
    await db(Membership.objects.filter(user=bob).update)(role=Role.REVIEWER)
    assert (await opened.ask("click", object=one, x=1, y=1, positive=True))["code"] == "not_allowed"


async def test_the_membership_is_not_asked_with_every_click(bob: User, connect: Connect) -> None:
    opened = await connect(bob)
    await db(Membership.objects.filter(user=bob).delete)()
    assert await opened.is_alive()  # for at most guard.RECHECK_SECONDS


async def test_an_idle_socket_stays(bob: User, image: Image, connect: Connect) -> None:
    """Longer than the channel layer's reads (5 s) and redis-py's own time-out, and news still arrive."""
    opened = await connect(bob)
    await asyncio.sleep(6)
    assert await opened.is_alive()
    await db(publish)(image_group(image.pk), {"type": "state", "state": "ready"})
    assert (await opened.receive())["state"] == "ready"
