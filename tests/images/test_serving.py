"""The files of an image over HTTP: who may have them, and what a browser is told about them."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIHandler
from django.test import Client
from PIL import Image as Pillow

from labeling.accounts.models import User
from labeling.images import services
from labeling.images.models import Image, Upload
from labeling.images.tasks import ingest as ingest_task
from labeling.images.views import StoredFileResponse
from labeling.projects.models import Project
from tests.images.files import UPRIGHT, blocks, gradient16, pillow_file, tiff

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]
KINDS = ["view", "thumbnail", "original"]
DATA = pillow_file(blocks(), "TIFF", orientation=8)


@pytest.fixture
def image(project: Project, alice: User) -> Image:
    upload: Upload = services.start_upload(project, alice)
    services.add_file(upload, "folder/träum “x”.tif", io.BytesIO(DATA))
    ingest_task(upload.pk)
    return Image.objects.get()


def test_the_view_is_upright(image: Image, bob: User, as_user: AsUser) -> None:
    answer = as_user(bob).get(f"/images/{image.pk}/view")
    assert answer["Content-Type"] == "image/png"
    shown = Pillow.open(io.BytesIO(answer.getvalue()))
    assert np.array_equal(np.asarray(shown), UPRIGHT[8](blocks()))


def test_the_thumbnail_is_small(image: Image, bob: User, as_user: AsUser) -> None:
    answer = as_user(bob).get(f"/images/{image.pk}/thumbnail")
    assert answer["Content-Type"] == "image/webp"
    assert Pillow.open(io.BytesIO(answer.getvalue())).size == (48, 64)


def test_the_original_is_a_download_byte_for_byte(image: Image, bob: User, as_user: AsUser) -> None:
    answer = as_user(bob).get(f"/images/{image.pk}/original")
    assert answer.getvalue() == DATA
    assert answer["Content-Type"] == "image/tiff"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "tr%C3%A4um" in answer["Content-Disposition"]


@pytest.mark.parametrize("kind", KINDS)
def test_browsers_keep_it_privately(kind: str, image: Image, bob: User, as_user: AsUser) -> None:
    client, url = as_user(bob), f"/images/{image.pk}/{kind}"
    answer = client.get(url)
    assert answer["ETag"] == f'"{image.sha256}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    assert "immutable" not in answer["Cache-Control"]
    assert "immutable" in client.get(f"{url}?v={image.sha256[:8]}")["Cache-Control"]
    for known in (f'"{image.sha256}"', f'W/"{image.sha256}"', f'"other", "{image.sha256}"'):
        again = client.get(url, headers={"If-None-Match": known})
        assert again.status_code == 304
        assert again["ETag"] == answer["ETag"]
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_urls_of_the_model_may_be_kept_for_ever(image: Image, bob: User, as_user: AsUser) -> None:
    for url in (image.view_url, image.thumbnail_url):
        assert "immutable" in as_user(bob).get(url)["Cache-Control"]


@pytest.mark.parametrize("kind", KINDS)
def test_only_members(
    kind: str, image: Image, alice: User, bob: User, rita: User, charlie: User, as_user: AsUser
) -> None:
    url = f"/images/{image.pk}/{kind}"
    for member in (alice, bob, rita):
        assert as_user(member).get(url).status_code == 200
    assert as_user(charlie).get(url).status_code == 404
    assert as_user(charlie).get(url, headers={"If-None-Match": f'"{image.sha256}"'}).status_code == 404
    signed_out = as_user(None).get(url)
    assert signed_out.status_code == 302
    assert "sign-in" in signed_out["Location"]
    assert as_user(bob).post(url).status_code == 405
    assert as_user(bob).get(f"/images/{image.pk + 1}/{kind}").status_code == 404


def test_a_lost_file_is_not_found(image: Image, bob: User, as_user: AsUser) -> None:
    default_storage.delete(str(image.view.name))
    assert as_user(bob).get(f"/images/{image.pk}/view").status_code == 404


@pytest.mark.filterwarnings("error:StreamingHttpResponse must consume")
async def test_under_asgi_it_comes_in_chunks(image: Image, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.force_login(bob)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": f"/images/{image.pk}/original",
        "query_string": b"", "headers": [(b"host", b"localhost"), (b"cookie", cookie.encode())],
    }  # fmt: skip
    monkeypatch.setattr(StoredFileResponse, "chunk_bytes", 1000)
    server = ApplicationCommunicator(ASGIHandler(), scope)
    await server.send_input({"type": "http.request", "body": b"", "more_body": False})
    assert (await server.receive_output(10))["status"] == 200
    chunks = []
    while (message := await server.receive_output(10)).get("more_body"):
        chunks.append(message["body"])
    assert b"".join(chunks) == DATA
    assert [len(chunk) for chunk in chunks[:-1]] == [1000] * (len(chunks) - 1)
    assert len(chunks) > 5


def test_another_window_of_a_16_bit_original(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    deep = gradient16(channels=1)
    upload = services.start_upload(project, alice)
    services.add_file(upload, "scan.tif", io.BytesIO(tiff(deep, orientation=6)))
    ingest_task(upload.pk)
    image = Image.objects.get()
    client, url = as_user(bob), f"/images/{image.pk}/window"
    answer = client.get(url, {"low": 10_000, "high": 20_000})
    assert answer["Content-Type"] == "image/jpeg"
    shown = np.asarray(Pillow.open(io.BytesIO(answer.content)).convert("L")).astype(float)
    upright = np.rot90(deep, -1)
    assert np.abs(shown - ((upright - 10_000.0) / 10_000 * 255).clip(0, 255)).max() < 8
    wrong: Any
    for wrong in ({}, {"low": 5}, {"low": 5, "high": 5}, {"low": "nan", "high": 9}, {"low": "x", "high": 9}):
        assert client.get(url, wrong).status_code == 400


def test_a_picture_of_8_bits_has_no_other_window(image: Image, bob: User, as_user: AsUser) -> None:
    assert as_user(bob).get(f"/images/{image.pk}/window", {"low": 0, "high": 9}).status_code == 404
