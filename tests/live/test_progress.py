"""The progress socket: who gets it, what it says on connect, what it passes on."""

import asyncio
import io
import json
import time
from typing import Any

import pytest
from channels.db import database_sync_to_async

from labeling.accounts.models import User
from labeling.accounts.services import set_active
from labeling.annotations import services as annotations
from labeling.annotations.models import AnnotationSet
from labeling.exchange.models import Export
from labeling.features import queue
from labeling.features.models import Encoding
from labeling.images import services
from labeling.images.models import Image, Upload
from labeling.images.tasks import ingest
from labeling.live import access_check, progress
from labeling.projects.models import Membership, Project
from labeling.projects.services import remove_member
from labeling.web.events import project_group, publish
from tests.conftest import picture_bytes
from tests.live.conftest import Socket, db, make_image

pytestmark = pytest.mark.django_db(transaction=True)
EMPTY = {
    "total": 0,
    "queued": 0,
    "encoding": 0,
    "ready": 0,
    "failed": 0,
    "in_progress": 0,
    "done": 0,
    "accepted": 0,
    "sent_back": 0,
    "skipped": 0,
}


def socket(user: User | None, project: Project, **more: Any) -> Socket:
    return Socket(user, f"/ws/projects/{project.pk}/", **more)


async def opened(user: User, project: Project) -> tuple[Socket, dict[str, Any]]:
    """An open socket and its snapshot."""
    one = socket(user, project)
    assert await one.connect()
    return one, await one.receive()


async def tell(project: Project, event: dict[str, Any]) -> None:
    await database_sync_to_async(publish)(project_group(project.pk), event)


@pytest.mark.parametrize("name", ["alice", "bob", "rita"])
async def test_every_role_gets_a_snapshot(name: str, project: Project) -> None:
    one, snapshot = await opened(User.objects.get(username=name), project)
    assert snapshot == {"v": 1, "type": "snapshot", "images": EMPTY, "uploads": [], "exports": []}
    await one.disconnect()


async def test_signed_out_is_refused(project: Project) -> None:
    assert not await socket(None, project).connect()


async def test_an_outsider_is_refused(project: Project, charlie: User) -> None:
    assert not await socket(charlie, project).connect()


async def test_a_removed_member_gets_no_news(bob: User, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_check, "RECHECK_SECONDS", 0.0)
    one, _ = await opened(bob, project)
    await database_sync_to_async(Membership.objects.filter(user=bob).delete)()
    await tell(project, {"type": "upload", "id": 1, "state": "done", "total": 1, "accepted": 1, "rejected": 0})
    assert await one.closed() == 4403


async def test_who_is_deactivated_or_removed_goes_at_once(project: Project, alice: User, bob: User, rita: User) -> None:
    one, _ = await opened(bob, project)
    other, _ = await opened(rita, project)
    await database_sync_to_async(set_active)(bob, False)
    assert await one.closed() == 4401
    await database_sync_to_async(remove_member)(project, rita.pk, by=alice)
    assert await other.closed() == 4403


async def test_another_origin_is_refused(project: Project, bob: User) -> None:
    assert not await socket(bob, project, origin="http://evil.example").connect()


async def test_a_project_that_is_not_there_is_refused(project: Project, bob: User) -> None:
    assert not await Socket(bob, f"/ws/projects/{project.pk + 1}/").connect()


async def test_the_snapshot_counts(project: Project, alice: User, rita: User, bob: User) -> None:
    def fill() -> Export:
        for state in ("queued", "queued", "encoding", "ready", "failed"):
            image = make_image(project)
            Encoding.objects.filter(image=image).update(state=state)
        AnnotationSet.objects.create(image=image, status="done")
        make_image(Project.objects.create(name="Other", created_by=alice))
        finished = services.start_upload(project, alice)
        services.close(finished)
        running = services.start_upload(project, alice)
        running.items.create(name="a.png")
        Export.objects.create(project=project, format="coco", state="running", done=3, total=5)
        return Export.objects.create(project=project, format="png", state="ready", done=5, total=5)

    export = await database_sync_to_async(fill)()
    for user in (alice, rita):
        one, snapshot = await opened(user, project)
        states = {"queued": 2, "encoding": 1, "ready": 1, "failed": 1}
        assert snapshot["images"] == {
            "total": 5,
            **states,
            "in_progress": 0,
            "done": 1,
            "accepted": 0,
            "sent_back": 0,
            "skipped": 0,
        }
        upload = Upload.objects.get(finished_at=None)
        assert snapshot["uploads"] == [
            {"id": upload.pk, "state": "receiving", "total": 1, "accepted": 0, "rejected": 0}
        ]
        ready, running = snapshot["exports"]
        assert ready == {
            "id": export.pk, "state": "ready", "done": 5, "total": 5, "url": f"/exports/{export.pk}/download"
        }  # fmt: skip
        assert running["done"] == 3
        assert "url" not in running
        await one.disconnect()
    one, snapshot = await opened(bob, project)
    assert snapshot["exports"] == []
    await one.disconnect()


async def test_an_upload_is_followed_to_the_end(project: Project, alice: User) -> None:
    one, _ = await opened(alice, project)

    def work() -> None:
        upload = services.start_upload(project, alice)
        services.add_file(upload, "a.png", io.BytesIO(picture_bytes()))
        services.add_file(upload, "b.txt", io.BytesIO(b"hello"))
        services.close(upload)
        ingest(upload.pk)
        queue.claim(1)

    await database_sync_to_async(work)()
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1].get("images", {}).get("encoding") != 1:
        seen.append(await one.receive())
    image = Image.objects.get()
    items = [event["item"] for event in seen if event["type"] == "upload" and "item" in event]
    assert [(item["name"], item["state"], item.get("reason")) for item in items] == [
        ("a.png", "accepted", None),
        ("b.txt", "rejected", "not_an_image"),
    ]
    assert items[1]["message"]
    states = [event["state"] for event in seen if event["type"] == "upload"]
    assert states[0] == "receiving"
    assert states[-1] == "done"
    news = [event for event in seen if event["type"] == "image"]
    assert [event["state"] for event in news] == ["queued", "encoding"]
    assert news[0]["thumbnail"] == image.thumbnail_url
    assert (news[0]["id"], news[0]["name"], news[0]["width"], news[0]["height"]) == (image.pk, "a.png", 320, 240)
    assert all(event["v"] == 1 for event in seen)
    await one.disconnect()


async def test_a_failed_image_is_told_with_its_reason(project: Project, bob: User) -> None:
    def fail() -> None:
        make_image(project)
        [row] = queue.claim(1)
        queue.fail(row, "no luck", final=True)

    one, _ = await opened(bob, project)
    await database_sync_to_async(fail)()
    while (event := await one.until("image"))["state"] != "failed":
        pass
    assert event["reason"] == "no luck"
    await one.disconnect()


async def test_other_projects_are_not_heard(project: Project, alice: User, bob: User) -> None:
    other = Project.objects.create(name="Other", created_by=alice)
    one, _ = await opened(bob, project)
    await tell(other, {"type": "image", "id": 1})
    await tell(project, {"type": "image", "id": 2})
    assert (await one.receive())["id"] == 2
    await one.disconnect()


async def test_exports_are_told_to_those_who_may_have_them(project: Project, rita: User, bob: User) -> None:
    event = {"type": "export", "id": 1, "state": "running", "done": 1, "total": 2}
    reviewer, _ = await opened(rita, project)
    annotator, _ = await opened(bob, project)
    await tell(project, event)
    await tell(project, {"type": "image", "id": 2})
    assert await reviewer.receive() == {"v": 1, **event}
    assert (await annotator.receive())["type"] == "image"
    await reviewer.disconnect()
    await annotator.disconnect()


async def test_news_of_a_golden_image_reach_who_worked_on_it(project: Project, alice: User, bob: User) -> None:
    """Bob has said something about one, has an opinion of the next, and never had to do with the third."""
    worked, turn, strange = [await db(make_image)(project, name) for name in ("a.png", "b.png", "c.png")]
    await db(annotations.set_note)(worked, bob, version=0, text="Dark.")
    await db(AnnotationSet.objects.create)(image=turn, kind="opinion", author=bob)
    await db(Image.objects.update)(golden=True)
    sockets = {user.username: (await opened(user, project))[0] for user in (alice, bob)}
    for image in (strange, turn, worked):
        image = await db(Image.objects.select_related("project").get)(pk=image.pk)
        await db(annotations.set_note)(image, alice, version=int(image.pk == worked.pk), text="Blurred.")
        await db(queue.publish)([await db(Encoding.objects.get)(image=image)])
    await db(annotations.set_note)(turn, bob, version=0, text="Mine.")

    async def heard(one: Socket) -> list[tuple[str, str, str]]:
        names = {image.pk: image.name for image in (worked, turn, strange)}
        found: list[tuple[str, str, str]] = []
        while not found or found[-1] != ("annotations", "a.png", "end"):
            news = await one.receive()
            if news["type"] in ("image", "annotations"):
                name = names[news["id" if news["type"] == "image" else "image"]]
                by = "end" if news.get("version") == 3 else news.get("by", "")
                found.append((news["type"], name, by))
        return found

    await db(annotations.set_note)(worked, bob, version=2, text="End.")
    assert set(await heard(sockets["bob"])) == {
        ("annotations", "a.png", "alice"), ("image", "a.png", ""), ("image", "b.png", ""),
        ("annotations", "b.png", "bob"), ("annotations", "a.png", "end"),
    }  # fmt: skip
    everything = await heard(sockets["alice"])
    assert ("annotations", "c.png", "alice") in everything
    assert ("image", "c.png", "") in everything
    assert ("annotations", "b.png", "bob") not in everything
    for one in sockets.values():
        await one.disconnect()


async def test_counts_come_at_most_five_times_a_second_and_end_right(project: Project, bob: User) -> None:
    one, _ = await opened(bob, project)
    counted: list[Any] = []
    began = time.monotonic()
    image = await database_sync_to_async(make_image)(project)
    for _ in range(30):
        await tell(project, {"type": "progress"})
        await asyncio.sleep(0.02)
    Encoding.objects.filter(image=image).update(state="ready")
    await tell(project, {"type": "progress"})
    while not counted or counted[-1]["images"]["ready"] == 0:
        counted.append(await one.receive())
    assert {message["type"] for message in counted} == {"progress"}
    assert 1 <= len(counted) <= 5 * (time.monotonic() - began) + 1
    await one.disconnect()


async def test_ping(project: Project, bob: User) -> None:
    one, _ = await opened(bob, project)
    assert await one.ask("ping", seq=7) == {"v": 1, "type": "pong", "seq": 7}
    await one.disconnect()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "bad_message"),
        ("not json", "bad_message"),
        ("[]", "bad_message"),
        ('{"v": 1, "type": "click", "seq": 1}', "bad_message"),
        ('{"v": 2, "type": "ping", "seq": 1}', "bad_message"),
        ('{"type": "ping", "seq": 1}', "bad_message"),
        ('{"v": 1, "type": "ping", "seq": "1"}', "bad_message"),
        ('{"v": 1, "type": "ping", "seq": 1, "more": 1}', "bad_message"),
        (b"\x00\x01", "bad_message"),
        (json.dumps({"v": 1, "type": "x" * progress.MESSAGE_BYTES}), "too_large"),
    ],
)
async def test_a_bad_message_gets_an_error_and_the_socket_lives(
    frame: str | bytes, code: str, project: Project, bob: User
) -> None:
    one, _ = await opened(bob, project)
    await one.send_raw(frame)
    error = await one.receive()
    assert (error["type"], error["code"]) == ("error", code)
    assert error["message"]
    assert await one.is_alive()
    await one.disconnect()


async def test_pings_are_counted(project: Project, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PINGS_PER_SECOND", 0.001)  # a slow machine must not refill it meanwhile
    one, _ = await opened(bob, project)
    answers = []
    for _ in range(progress.BURST + 2):
        await one.send("ping")
        answers.append(await one.receive())
    assert [answer["type"] for answer in answers] == ["pong"] * progress.BURST + ["error"] * 2
    assert answers[-1]["code"] == "rate_limited"
    await one.disconnect()
