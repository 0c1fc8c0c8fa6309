"""Who gets a click socket, and who loses it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from inference import Features
from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations.models import AnnotationSet
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.live import access_check
from labeling.live.origin import is_same_origin
from labeling.projects.models import Membership, Project, Role
from labeling.web.events import image_group, publish
from tests.live.conftest import Connect, Socket, clicks, db, make_image, uid


def socket(user: User | None, image: Image, **more: Any) -> Socket:
    return Socket(user, f"/ws/images/{image.pk}/", **more)


def priority(image: Image) -> int:
    return Encoding.objects.get(image=image).priority


@pytest.mark.parametrize("name", ["alice", "bob", "rita"])
async def test_every_role_may_look(name: str, image: Image, features: Features) -> None:
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


async def test_a_golden_image_is_closed_to_annotators_that_were_not_handed_it(
    image: Image, alice: User, bob: User, rita: User
) -> None:
    await db(Image.objects.filter(pk=image.pk).update)(golden=True)
    for user, expected in ((alice, True), (rita, True), (bob, False)):
        opened = socket(user, image)
        assert await opened.connect() == expected, user
        await opened.disconnect()
    await db(AnnotationSet.objects.create)(image=image, kind="opinion", author=bob)
    opened = socket(bob, image)
    assert await opened.connect()
    await opened.disconnect()


async def test_who_labels_blind_hears_nothing_of_the_labels(image: Image, alice: User, bob: User) -> None:
    await db(AnnotationSet.objects.create)(image=image, kind="opinion", author=bob)
    blind, seeing = socket(bob, image), socket(alice, image)
    for opened in (blind, seeing):
        assert await opened.connect()
        await opened.receive()
    await db(annotations.set_note)(image, alice, version=0, text="Look at the left edge.")
    assert (await seeing.receive())["type"] == "annotations"
    await db(annotations.set_note)(image, bob, version=0, text="Mine.")
    news = await blind.receive()
    assert (news["type"], news["by"]) == ("annotations", bob.shown_name)  # the first that they hear
    for opened in (blind, seeing):
        await opened.disconnect()


ORIGINS = [
    ("http://localhost", {}, True),
    ("http://localhost:80", {}, True),
    ("HTTP://LOCALHOST", {}, True),
    ("http://evil.example", {}, False),
    ("http://localhost.evil.example", {}, False),
    ("http://localhost:8000", {}, False),
    ("https://localhost", {}, False),
    ("http://127.0.0.1", {}, False),
    ("http://localhost/path", {}, False),
    ("http://localhost:99999", {}, False),
    ("http://[::1", {}, False),
    ("ftp://localhost", {}, False),
    ("null", {}, False),
    (None, {}, False),
    ("https://labels.example.org", {"CSRF_TRUSTED_ORIGINS": ["https://labels.example.org"]}, True),
    ("http://labels.example.org", {"CSRF_TRUSTED_ORIGINS": ["https://labels.example.org"]}, False),
    ("https://labels.example.org:8443", {"CSRF_TRUSTED_ORIGINS": ["https://labels.example.org"]}, False),
    ("https://a.example.org", {"CSRF_TRUSTED_ORIGINS": ["https://*.example.org"]}, True),
    ("https://example.org.evil.example", {"CSRF_TRUSTED_ORIGINS": ["https://*.example.org"]}, False),
    ("http://localhost", {"ALLOWED_HOSTS": ["other.example"]}, False),
]


@pytest.mark.parametrize(("origin", "configured", "allowed"), ORIGINS)
async def test_only_pages_of_this_site_open_a_socket(
    origin: str | None, configured: dict[str, Any], allowed: bool, bob: User, image: Image, settings: Any
) -> None:
    for name, value in configured.items():
        setattr(settings, name, value)
    opened = socket(bob, image, origin=origin)
    assert await opened.connect() == allowed
    if allowed:
        await opened.disconnect()


@pytest.mark.parametrize(
    ("configured", "https"), [({}, False), ({"TRUSTED_PROXIES": 1}, True), ({"BEHIND_TLS": 1}, True)]
)
def test_a_proxy_tells_the_scheme_where_there_is_one(configured: dict[str, Any], https: bool, settings: Any) -> None:
    for name, value in configured.items():
        setattr(settings, name, value)
    for scheme in ("http", "https"):
        headers = [(b"host", b"localhost:8000"), (b"x-forwarded-proto", b"https")]
        headers.append((b"origin", f"{scheme}://localhost:8000".encode()))
        assert is_same_origin({"scheme": "ws", "headers": headers}) == ((scheme == "https") == https)


async def test_a_cookie_that_no_session_has_is_nobody(bob: User, image: Image) -> None:
    for value in (b'"a\\000bcdefghijkl"', b"\x00bcdefghijkl", b"\x80" * 40, b"a" * 9000):
        opened = socket(None, image, cookie=value)
        assert not await opened.connect()


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
    monkeypatch.setattr(access_check, "RECHECK_SECONDS", 0.0)


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
    assert await opened.closed() == 4401


async def test_a_deactivated_user_is_closed_out(bob: User, connect: Connect, impatient: None) -> None:
    opened = await connect(bob)
    await db(User.objects.filter(pk=bob.pk).update)(is_active=False)
    await opened.send("ping")
    assert await opened.closed() == 4401


async def test_an_expired_session_is_closed_out(bob: User, connect: Connect, impatient: None) -> None:
    """Its row is still there: only its time is over."""
    opened = await connect(bob)
    assert await opened.is_alive()
    ended = timezone.now() - timedelta(seconds=1)
    await db(Session.objects.filter(pk=opened.session.session_key).update)(expire_date=ended)
    await opened.send("ping")
    assert await opened.closed() == 4401


async def test_a_changed_password_ends_the_session(bob: User, connect: Connect, impatient: None) -> None:
    opened = await connect(bob)
    bob.set_password("another horse battery")
    await db(bob.save)()
    await opened.send("ping")
    assert await opened.closed() == 4401


@pytest.mark.parametrize("path", ["/ws/images/{image}/", "/ws/projects/{project}/"])
async def test_a_socket_on_which_nothing_happens_ends_too(
    path: str, bob: User, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_check, "RECHECK_SECONDS", 0.0)
    monkeypatch.setattr(access_check, "WATCH_SECONDS", 0.2)
    opened = Socket(bob, path.format(image=image.pk, project=image.project_id))
    assert await opened.connect()
    await opened.receive()
    await db(opened.session.delete)()
    assert await opened.closed() == 4401


async def test_a_smaller_role_takes_clicking_away(bob: User, connect: Connect, impatient: None) -> None:
    opened, one = await connect(bob), uid()
    assert (await opened.ask("start", object=one, clicks=clicks(1)))["type"] == "mask"
    await db(Membership.objects.filter(user=bob).update)(role=Role.REVIEWER)
    assert (await opened.ask("click", object=one, x=1, y=1, positive=True))["code"] == "not_allowed"


async def test_the_membership_is_not_asked_with_every_click(bob: User, connect: Connect) -> None:
    opened = await connect(bob)
    members = Membership.objects.filter(user=bob)
    await db(members._raw_delete)(members.db)  # without the signal that would tell the socket at once
    assert await opened.is_alive()  # for at most access_check.RECHECK_SECONDS


async def test_an_idle_socket_stays(bob: User, image: Image, connect: Connect) -> None:
    """Longer than the channel layer's reads (5 s) and redis-py's own time-out, and news still arrive."""
    opened = await connect(bob)
    await asyncio.sleep(6)
    assert await opened.is_alive()
    await db(publish)(image_group(image.pk), {"type": "state", "state": "ready"})
    assert (await opened.receive())["state"] == "ready"
