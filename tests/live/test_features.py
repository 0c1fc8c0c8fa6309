"""Features behind the socket: the image comes alive by itself, lost features come back, next images are prefetched."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from inference import ClickPredictor, Features
from labeling.accounts.models import User
from labeling.features import queue, store
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.live.lru import FeaturesLru
from labeling.projects.models import Project
from labeling.web.events import image_group, publish
from tests.live.conftest import Connect, bits, clicks, db, make_image, make_ready, predicted, uid


async def arrived(memory: FeaturesLru, image: Image) -> bool:
    """Whether the image's features come to memory soon."""
    for _ in range(500):
        if image.pk in memory:
            return True
        await asyncio.sleep(0.02)
    return False


def stored_file(image: Image) -> Path:
    return Path(store.storage().path(Encoding.objects.get(image=image).storage_key))


async def test_opening_a_ready_image_brings_its_features_to_memory(
    bob: User, image: Image, connect: Connect, memory: FeaturesLru
) -> None:
    await connect(bob)
    assert await arrived(memory, image)


async def test_a_reviewer_takes_no_memory(rita: User, image: Image, connect: Connect, memory: FeaturesLru) -> None:
    socket = await connect(rita)
    await socket.send("prefetch", images=[image.pk])
    assert await socket.is_alive()
    await asyncio.sleep(0.3)
    assert image.pk not in memory


async def test_an_image_comes_alive_by_itself(
    bob: User, project: Project, features: Features, connect: Connect, memory: FeaturesLru
) -> None:
    """The states pass through as the worker reports them; once ready, clicks are answered."""
    image = await db(make_image)(project, "waiting")
    socket, one = await connect(bob, image), uid()
    assert (await socket.receive())["state"] == "queued"
    (row,) = await db(queue.claim)(1)
    assert (await socket.receive())["state"] == "encoding"
    assert (await socket.ask("start", object=one))["code"] == "not_ready"
    kept = await db(store.save)(project.pk, image.pk, features)
    await db(queue.finish)(row, version=kept.version, key=kept.key, sha256=kept.sha256, nbytes=kept.nbytes, seconds=1.0)
    assert await socket.receive() == {"v": 1, "type": "state", "state": "ready"}
    assert await arrived(memory, image)
    assert (await socket.ask("start", object=one, clicks=clicks(1)))["clicks"] == 1


async def test_a_ready_image_is_found_though_the_news_was_lost(
    bob: User, project: Project, features: Features, connect: Connect
) -> None:
    image = await db(make_image)(project, "waiting")
    socket = await connect(bob, image)
    await db(make_ready)(image, features)
    assert (await socket.ask("start", object=uid(), clicks=clicks(1)))["type"] == "mask"


@pytest.mark.parametrize("damage", ["gone", "cut", "flipped"])
async def test_lost_features_queue_the_image_again(
    damage: str, bob: User, image: Image, features: Features, connect: Connect, memory: FeaturesLru
) -> None:
    socket = await connect(bob)
    assert await arrived(memory, image)
    memory.drop(image.pk)
    file = await db(stored_file)(image)
    data = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    else:
        data[-1] ^= 1
        file.write_bytes(data)
    await socket.send("start", object=(one := uid()), clicks=clicks(1))
    state, error = await socket.until("state"), await socket.until("error")
    assert state["state"] == "queued"
    assert (error["code"], error["object"]) == ("not_ready", one)
    assert (await db(Encoding.objects.get)(image=image)).state == "queued"
    await db(make_ready)(image, features)  # what the worker does
    assert (await socket.ask("start", object=one, clicks=clicks(1)))["clicks"] == 1


async def test_an_open_object_outlives_its_features(
    bob: User, image: Image, predictor: ClickPredictor, features: Features, connect: Connect, memory: FeaturesLru
) -> None:
    """What was begun goes on: the session holds the features on its own."""
    socket, one, given = await connect(bob), uid(), clicks(2)
    await socket.ask("start", object=one, clicks=given[:1])
    (await db(stored_file)(image)).unlink()
    memory.drop(image.pk)
    x, y, positive = given[1]
    mask = await socket.ask("click", object=one, x=x, y=y, positive=positive)
    assert np.array_equal(bits(mask), predicted(predictor, features, given))


async def test_next_images_are_prefetched(
    bob: User, project: Project, image: Image, features: Features, connect: Connect, memory: FeaturesLru
) -> None:
    ready, waiting, broken = [await db(make_image)(project, name) for name in ("ready", "waiting", "broken")]
    await db(make_ready)(ready, features)
    await db(make_ready)(broken, features)
    (await db(stored_file)(broken)).unlink()
    socket = await connect(bob)
    await socket.send("prefetch", images=[10**9, waiting.pk, broken.pk, ready.pk])
    assert await arrived(memory, ready)
    assert waiting.pk not in memory
    assert broken.pk not in memory
    assert await socket.is_alive()


async def test_images_of_other_projects_are_not_prefetched(
    bob: User, alice: User, image: Image, features: Features, connect: Connect, memory: FeaturesLru
) -> None:
    elsewhere = await db(Project.objects.create)(name="Elsewhere", created_by=alice)
    foreign = await db(make_image)(elsewhere, "foreign")
    await db(make_ready)(foreign, features)
    socket = await connect(bob)
    await socket.send("prefetch", images=[foreign.pk])
    assert await socket.is_alive()
    await asyncio.sleep(0.3)
    assert foreign.pk not in memory


async def test_a_change_of_annotations_is_passed_on(bob: User, alice: User, image: Image, connect: Connect) -> None:
    """A second open editor learns that somebody else kept an object."""
    sockets = [await connect(bob), await connect(alice)]
    news = {"type": "annotations", "image": image.pk, "version": 3, "status": "in_progress", "objects": 2, "by": "rita"}
    await db(publish)(image_group(image.pk), news)
    for socket in sockets:
        assert await socket.until("annotations") == {"v": 1, **news}
