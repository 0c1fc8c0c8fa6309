"""The pyramid of a large view: what is written, who may have it, and how it is made again."""

import io
import multiprocessing
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from django.core.files.storage import default_storage
from django.db import connections
from django.test import Client
from PIL import Image as Pillow

from labeling.accounts.models import User
from labeling.images import block_jobs, blocks, pictures, services
from labeling.images.models import BlockJob, Image
from labeling.images.tasks import cut, ingest, sweep
from labeling.projects.models import Project
from tests.images.files import blocks as flat_blocks
from tests.images.files import pillow_file, tiff
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]
WIDTH, HEIGHT = 464, 336  # in levels of 464 × 336, 232 × 168 and 116 × 84


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[None]:
    monkeypatch.setattr(blocks, "BLOCKS_FROM", 100_000)
    monkeypatch.setattr(blocks, "SIDE", 64)
    yield
    for image in Image.objects.all():  # with its files
        image.delete()


def bring_in(project: Project, format: str) -> Image:
    upload = services.start_upload(project, project.created_by)
    data = pillow_file(flat_blocks(HEIGHT, WIDTH), format, **({"quality": 95} if format == "JPEG" else {}))
    services.add_file(upload, f"large.{format.lower()}", io.BytesIO(data))
    ingest(upload.pk)
    return Image.objects.get()


def put_together(client: Client, image: Image, level: str, factor: int) -> npt.NDArray[np.uint8]:
    """The level as a browser would put it together, from its manifest."""
    found = client.get(f"/api/images/{image.pk}/blocks").json()
    width, height = -(-image.width // factor), -(-image.height // factor)
    whole = np.zeros((height, width, 3), np.uint8)
    for row in range(-(-height // found["side"])):
        for column in range(-(-width // found["side"])):
            url = found["url"].format(level=level, row=row, column=column)
            answer = client.get(url)
            assert answer.status_code == 200, answer.content
            block = np.asarray(Pillow.open(io.BytesIO(answer.content)))
            top, left = row * found["side"], column * found["side"]
            whole[top : top + block.shape[0], left : left + block.shape[1]] = block
    return whole


@pytest.mark.once
def test_a_lossless_view_comes_back_bit_for_bit(project: Project, bob: User, as_user: AsUser) -> None:
    image, client = bring_in(project, "TIFF"), as_user(bob)
    found = client.get(f"/api/images/{image.pk}/blocks").json()
    assert [(level["name"], level["factor"]) for level in found["levels"]] == [
        ("exact", 1), ("1", 1), ("2", 2), ("4", 4),
    ]  # fmt: skip
    view = flat_blocks(HEIGHT, WIDTH)
    assert np.array_equal(put_together(client, image, "exact", 1), view)
    near = put_together(client, image, "1", 1).astype(int) - view
    assert np.abs(near).mean() < 1.5
    quarter = np.asarray(Pillow.fromarray(view).reduce(2).reduce(2)).astype(int)
    assert np.abs(put_together(client, image, "4", 4) - quarter).mean() < 3


@pytest.mark.once
def test_a_jpeg_has_no_exact_level(project: Project, bob: User, as_user: AsUser) -> None:
    image, client = bring_in(project, "JPEG"), as_user(bob)
    found = client.get(f"/api/images/{image.pk}/blocks").json()
    assert [level["name"] for level in found["levels"]] == ["1", "2", "4"]
    answer = client.get(found["url"].format(level="exact", row=0, column=0))
    assert answer.status_code == 404
    assert "There are: 1, 2, 4." in answer.content.decode()


@pytest.mark.once
def test_blocks_are_kept_for_ever_by_those_who_may_see_them(
    project: Project, alice: User, bob: User, rita: User, charlie: User, as_user: AsUser
) -> None:
    image = bring_in(project, "TIFF")
    url = as_user(bob).get(f"/api/images/{image.pk}/blocks").json()["url"].format(level="1", row=5, column=7)
    answer = as_user(bob).get(url)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert all(word in answer["Cache-Control"] for word in ("private", "immutable"))
    assert as_user(bob).get(url, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    for member in (alice, bob, rita):
        assert as_user(member).get(url).status_code == 200
    outsider = as_user(charlie)
    assert outsider.get(url).status_code == 404
    assert outsider.get(url, headers={"If-None-Match": answer["ETag"]}).status_code == 404
    assert outsider.get(f"/api/images/{image.pk}/blocks").status_code == 404
    assert as_user(None).get(url).status_code == 302
    assert as_user(None).get(f"/api/images/{image.pk}/blocks").status_code == 401
    assert as_user(bob).post(url).status_code == 405


@pytest.mark.once
@pytest.mark.parametrize(
    ("place", "words"),
    [("3/0/0", "no level “3”"), ("1/6/0", "rows 0 to 5"), ("1/0/8", "columns 0 to 7"), ("4/2/0", "rows 0 to 1"),
     ("1/9999999999999999999999/0", ""), ("1/-1/0", ""), ("..%2F1/0/0", ""), ("1/a/0", "")],
)  # fmt: skip
def test_what_there_is_not_is_said(place: str, words: str, project: Project, bob: User, as_user: AsUser) -> None:
    answer = as_user(bob).get(f"/images/{bring_in(project, 'TIFF').pk}/blocks/{place}")
    assert answer.status_code == 404
    assert words in answer.content.decode()


@pytest.mark.once
def test_a_small_image_has_no_blocks(
    project: Project, bob: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCKS_FROM", 25_000_000)
    image, client = bring_in(project, "TIFF"), as_user(bob)
    assert client.get(f"/images/{image.pk}/blocks/1/0/0").status_code == 404
    answer = client.get(f"/api/images/{image.pk}/blocks")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_blocks")


def lose_blocks(image: Image, left: bytes = b"") -> str:
    """As for an image from before there were blocks, or with what a killed worker wrote of them."""
    name = pictures.blocks_name(image)
    default_storage.delete(name)
    if left:
        default_storage.save(name, io.BytesIO(left))
    return name


def test_blocks_that_are_not_there_are_made_when_somebody_opens_the_image(
    project: Project, bob: User, as_user: AsUser
) -> None:
    image, client = bring_in(project, "TIFF"), as_user(bob)
    with default_storage.open(pictures.blocks_name(image), "rb") as file:
        half = file.read()[: file.size // 2]
    lose_blocks(image, half)
    url = f"/api/images/{image.pk}/blocks"
    assert client.get(f"/images/{image.pk}/blocks/1/0/0").status_code == 404
    for _ in range(2):
        assert client.get(url).json()["levels"] == []
    assert cut() == 1
    assert not BlockJob.objects.exists()
    assert len(client.get(url).json()["levels"]) == 4
    assert np.array_equal(put_together(client, image, "exact", 1), flat_blocks(HEIGHT, WIDTH))
    assert cut() == 0


def test_the_editor_is_told_where_they_are_and_how_far(project: Project, bob: User, as_user: AsUser) -> None:
    image, client = bring_in(project, "TIFF"), as_user(bob)
    there = client.get(f"/api/images/{image.pk}/editor").json()["image"]["blocks"]
    assert there["levels"][-1] == {"name": "4", "factor": 4}
    assert "preload" not in client.get(f"/images/{image.pk}/").content.decode()
    lose_blocks(image)
    assert client.get(f"/api/images/{image.pk}/editor").json()["image"]["blocks"]["done"] == 0
    BlockJob.objects.update(done=0.25)
    assert client.get(there["status"]).json()["done"] == 0.25


def test_a_view_that_cannot_be_read_is_told_and_tried_again_later(project: Project, bob: User, as_user: AsUser) -> None:
    image, client = bring_in(project, "TIFF"), as_user(bob)
    lose_blocks(image)
    default_storage.delete(str(image.view.name))
    url = f"/api/images/{image.pk}/blocks"
    client.get(url)
    assert cut() == 0
    assert client.get(url).json()["failed"] is True
    assert cut() == 0
    BlockJob.objects.update(failed_at="2020-01-01T00:00Z")
    assert client.get(url).json()["failed"] is False


def test_what_was_deleted_meanwhile_leaves_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    image = bring_in(project, "TIFF")
    name = lose_blocks(image)
    block_jobs.ask(image)
    store = pictures.store

    def late(*args: Any) -> dict[str, str]:
        services.delete_image(Image.objects.get(pk=image.pk))
        return store(*args)

    monkeypatch.setattr(pictures, "store", late)
    cut()
    assert not default_storage.exists(name)
    assert not BlockJob.objects.exists()


def test_a_kill_in_the_middle_is_made_good(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    image = bring_in(project, "TIFF")
    name = lose_blocks(image)
    block_jobs.ask(image)
    connections.close_all()
    started = multiprocessing.get_context("fork").Event()
    worker = os.fork()
    if worker == 0:  # the worker that is killed
        try:
            note = block_jobs._note

            def slowly(row: BlockJob, done: float) -> None:
                note(row, done)
                started.set()
                time.sleep(600)

            block_jobs._note = slowly
            block_jobs.work_off()
        finally:
            os._exit(1)
    try:
        assert started.wait(PATIENCE)
        assert 0 < BlockJob.objects.get().done < 1
        assert cut() == 0, "another worker has it"
        sweep()
        assert BlockJob.objects.get().lease_owner, "it lives"
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    sweep()
    assert cut() == 1
    with default_storage.open(name, "rb") as file:
        assert zipfile.ZipFile(file).testzip() is None


def test_one_that_kills_its_workers_is_given_up(project: Project) -> None:
    image = bring_in(project, "TIFF")
    lose_blocks(image)
    block_jobs.ask(image)
    BlockJob.objects.update(attempts=block_jobs.MAX_ATTEMPTS)
    assert cut() == 0
    assert BlockJob.objects.get().failed_at is not None


@pytest.mark.once
@pytest.mark.parametrize(("channels", "kind"), [(1, np.uint16), (3, np.uint16), (1, np.float32)])
def test_another_window_comes_block_by_block(
    channels: int, kind: type[np.generic], project: Project, bob: User, as_user: AsUser
) -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    deep = np.stack([30_000 + x + 2 * y + 20 * plane for plane in range(channels)], -1).squeeze().astype(kind)
    deep[:, :100], deep[:, 400:] = 0, 60_000  # 8 bits have one shade for all that is between
    upload = services.start_upload(project, project.created_by)
    services.add_file(upload, "scan.tif", io.BytesIO(tiff(deep)))
    ingest(upload.pk)
    image, client = Image.objects.get(), as_user(bob)
    url = client.get(f"/api/images/{image.pk}/blocks").json()["url"]
    low, high = 30_400.0, 30_700.0

    def shown(place: tuple[str, int, int]) -> npt.NDArray[np.float64]:
        level, row, column = place
        answer = client.get(f"{url.format(level=level, row=row, column=column)}&low={low}&high={high}")
        assert answer["Content-Type"] == "image/jpeg"
        assert "immutable" not in answer["Cache-Control"]
        return np.asarray(Pillow.open(io.BytesIO(answer.content)).convert("RGB")).astype(float)

    def expected(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        found = ((values.astype(float) - low) / (high - low) * 255).clip(0, 255)
        return np.repeat(found[..., None], 3, -1) if channels == 1 else found

    assert np.abs(shown(("1", 2, 3)) - expected(deep[128:192, 192:256])).mean() < 4
    half = deep.astype(float).reshape(HEIGHT // 2, 2, WIDTH // 2, 2, *deep.shape[2:]).mean((1, 3))
    assert np.abs(shown(("2", 1, 1)) - expected(half[64:128, 64:128])).mean() < 6
    for wrong in ("low=5", "low=5&high=5", "low=nan&high=9", "low=x&high=9"):
        assert client.get(f"{url.format(level='1', row=0, column=0)}&{wrong}").status_code == 400

    lose_blocks(image)  # made again from the view alone
    client.get(f"/api/images/{image.pk}/blocks")
    assert cut() == 1
    low, high = 5_000.0, 90_000.0
    assert np.abs(shown(("1", 2, 3)) - expected(deep[128:192, 192:256])).mean() < 4


@pytest.mark.once
def test_blocks_of_8_bits_have_no_other_window(project: Project, bob: User, as_user: AsUser) -> None:
    image = bring_in(project, "TIFF")
    assert as_user(bob).get(f"/images/{image.pk}/blocks/1/0/0?low=0&high=9").status_code == 404
