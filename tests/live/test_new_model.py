"""A server that starts with another model: features are made anew by themselves, the image that is open first."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from inference import FEATURES_VERSION, Features
from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.features import queue, services, store, work
from labeling.features.models import Encoding
from labeling.features.tasks import sweep, tidy
from labeling.images import services as images
from labeling.images.models import Image
from labeling.images.tasks import ingest
from labeling.projects.models import Project
from tests.conftest import picture_bytes
from tests.live.conftest import HEIGHT, WIDTH, Socket, db, make_image, make_ready, uid

pytestmark = pytest.mark.django_db(transaction=True)
OLDER = "older-model-1"
STORE = settings.HOME / "features"


@pytest.fixture(autouse=True)
def empty_store() -> None:
    shutil.rmtree(STORE, ignore_errors=True)


def bring_in(project: Project, tmp_path: Path, count: int) -> list[Image]:
    """Accepted images with real views."""
    for number in range(count):
        (tmp_path / f"{number}.png").write_bytes(picture_bytes(WIDTH, HEIGHT, seed=number))
    upload = images.start_upload(project, project.created_by)
    assert len(list(images.add_path(upload, tmp_path))) == count
    images.close(upload)
    ingest(upload.pk)
    return list(project.images.order_by("id"))


def make_old(image: Image, features: Features) -> Encoding:
    """What a worker with the model before this one left: a file and a row of its version."""
    return make_ready(image, dataclasses.replace(features, version=OLDER))


def stored() -> dict[str, int]:
    """How many files the store has of each version."""
    found: dict[str, int] = {}
    for path in STORE.rglob("*.safetensors"):
        version = path.relative_to(STORE).parts[0]
        found[version] = found.get(version, 0) + 1
    return found


async def told_until(page: Socket, wanted: dict[str, int], ready: int = 0) -> list[int]:
    """Read the project page's socket until the images are counted so and `ready` of them were told to be ready; those,
    in the order in which they were told."""
    told: list[int] = []
    counted: dict[str, int] = {}
    while len(told) < ready or any(counted.get(state) != number for state, number in wanted.items()):
        message = await page.receive()
        counted = message.get("images", counted)
        if message["type"] == "image" and message["state"] == "ready":
            told.append(message["id"])
    return told


async def test_everything_is_encoded_again_with_progress_and_the_open_image_first(
    project: Project, alice: User, bob: User, features: Features, tmp_path: Path
) -> None:
    made = await db(bring_in)(project, tmp_path, 2)
    for image in made:
        await db(make_old)(image, features)
    assert stored() == {OLDER: 2}

    page, editor = Socket(alice, f"/ws/projects/{project.pk}/"), Socket(bob, f"/ws/images/{made[1].pk}/")
    assert await page.connect()
    assert (await page.receive())["images"]["ready"] == 2
    await db(sweep)()
    await told_until(page, {"queued": 2, "ready": 0})

    assert await editor.connect()
    assert (await editor.receive())["state"] == "queued"
    assert (await editor.until("state"))["ahead"] == 0
    assert await db(work.work_off)() == 2
    ready = await told_until(page, {"queued": 0, "encoding": 0, "ready": 2}, ready=2)
    assert ready == [made[1].pk, made[0].pk]

    while (await editor.until("state"))["state"] != "ready":
        pass
    assert (await editor.ask("start", object=uid(), clicks=[(WIDTH / 2, HEIGHT / 2, True)]))["type"] == "mask"
    assert stored() == {FEATURES_VERSION: 2}
    assert await db(Encoding.objects.filter(features_version=FEATURES_VERSION, state="ready").count)() == 2
    await page.disconnect()
    await editor.disconnect()


async def test_an_editor_that_opens_before_the_sweep_is_not_told_that_it_can_click(
    project: Project, bob: User, features: Features
) -> None:
    other, image = await db(make_image)(project), await db(make_image)(project, "b.png")
    await db(make_old)(image, features)
    editor = Socket(bob, f"/ws/images/{image.pk}/")
    assert await editor.connect()
    assert (await editor.receive())["state"] == "queued"
    assert (await editor.until("state"))["ahead"] == 0
    assert [row.image_id for row in await db(queue.claim)(1)] == [image.pk] != [other.pk]
    await editor.disconnect()


def test_what_was_labeled_stays(project: Project, features: Features) -> None:
    image = make_image(project)
    make_old(image, features)
    AnnotationSet.objects.create(image=image, version=7, status="done")
    sweep()
    kept = AnnotationSet.objects.get()
    assert (kept.version, kept.status) == (7, "done")


def test_many_images_are_queued_at_once_and_told_in_one_event(
    project: Project, features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "TOLD_ONE_BY_ONE", 2)
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(queue.events, "publish", lambda group, event: told.append(event))
    for number in range(3):
        make_old(make_image(project, f"{number}.png"), features)
    assert queue.requeue_stale(FEATURES_VERSION) == 3
    assert told == [{"type": "progress"}]
    assert queue.requeue_stale(FEATURES_VERSION) == 0


def test_files_of_a_version_that_no_row_names_are_deleted(project: Project, features: Features) -> None:
    image, other = make_image(project), make_image(project, "b.png")
    left = store.save(project.pk, image.pk, dataclasses.replace(features, version=OLDER))  # its row never came
    make_ready(image, features)
    foreign = STORE / OLDER / "readme.txt"
    foreign.write_text("not ours")
    make_ready(other, dataclasses.replace(features, version="another"))
    assert tidy() == 1
    assert not (STORE / left.key).exists()
    assert not (STORE / left.key).parent.exists()
    assert foreign.exists()
    assert stored() == {FEATURES_VERSION: 1, "another": 1}
    assert store.load(image.pk).width == WIDTH
    assert services.tidy() == 0
