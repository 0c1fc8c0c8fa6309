"""Uploading and deleting over HTTP: the right people, the agreed answers."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from labeling.accounts.models import User
from labeling.images import services
from labeling.images.models import Image, Upload
from labeling.images.tasks import ingest as ingest_task
from labeling.projects.models import Project
from tests.conftest import picture_bytes
from tests.images.files import zip_file

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]


def file(name: str = "a.png", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture_bytes() if data is None else data)


@pytest.fixture
def upload(project: Project, alice: User) -> Upload:
    return services.start_upload(project, alice)


@pytest.fixture
def image(upload: Upload) -> Image:
    services.add_file(upload, "a.png", io.BytesIO(picture_bytes()))
    ingest_task(upload.pk)
    return Image.objects.get()


def test_the_whole_way(project: Project, alice: User, as_user: AsUser) -> None:
    client = as_user(alice)
    started = client.post(f"/api/projects/{project.pk}/uploads")
    assert started.status_code == 201
    here = f"/api/uploads/{started.json()['id']}"
    added = client.post(f"{here}/files", {"file": [file("a.png"), file("b.txt", b"hello")]})
    assert added.status_code == 201
    assert [(item["name"], item["state"]) for item in added.json()["items"]] == [
        ("a.png", "waiting"),
        ("b.txt", "waiting"),
    ]
    assert client.get(here).json()["state"] == "receiving"
    assert client.post(f"{here}/close").json()["state"] == "processing"
    ingest_task(started.json()["id"])
    shown = client.get(here).json()
    assert (shown["state"], shown["total"], shown["accepted"], shown["rejected"]) == ("done", 2, 1, 1)
    assert shown["items"][0]["image"] == Image.objects.get().pk
    assert shown["items"][1]["reason"] == "not_an_image"
    assert set(shown["items"][1]) == {"id", "name", "state", "reason", "message", "image"}


def test_files_out_of_folders_keep_their_paths(upload: Upload, alice: User, as_user: AsUser) -> None:
    files = [file("a.jpg"), file("a.jpg", picture_bytes(seed=1)), file("b.png", picture_bytes(seed=2))]
    sent = {"file": files, "path": ["street/a.jpg", "park/nord/a.jpg", ""]}
    answer = as_user(alice).post(f"/api/uploads/{upload.pk}/files", sent)
    names = ["street/a.jpg", "park/nord/a.jpg", "b.png"]
    assert [item["name"] for item in answer.json()["items"]] == names
    ingest_task(upload.pk)
    assert list(Image.objects.order_by("id").values_list("name", flat=True)) == names


@pytest.mark.parametrize(
    "path",
    ["../a.jpg", "street/../../a.jpg", "/etc/a.jpg", "street//a.jpg", "./a.jpg", "C:/a.jpg", "a\\b.jpg", "street/",
     "x" * 256],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_refused(path: str, upload: Upload, alice: User, as_user: AsUser) -> None:
    sent = {"file": [file("ok.png"), file("a.jpg")], "path": ["ok.png", path]}
    answer = as_user(alice).post(f"/api/uploads/{upload.pk}/files", sent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_path")
    assert "street/a.jpg" in answer.json()["error"]["message"]
    assert not upload.items.exists()


def test_a_path_for_each_file_or_none(upload: Upload, alice: User, as_user: AsUser) -> None:
    sent = {"file": [file("a.png"), file("b.png")], "path": ["street/a.png"]}
    answer = as_user(alice).post(f"/api/uploads/{upload.pk}/files", sent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_path")
    assert not upload.items.exists()


def test_too_many_files_in_a_request(upload: Upload, alice: User, as_user: AsUser, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    client = as_user(alice)
    client.get(f"/projects/{upload.project_id}/settings")
    client.handler.enforce_csrf_checks = True  # with which Django reads the body before any view is reached
    sent = {"file": [file(f"{n}.png", b"x") for n in range(4)]}
    token = {"X-CSRFToken": client.cookies[settings.CSRF_COOKIE_NAME].value}
    answer = client.post(f"/api/uploads/{upload.pk}/files", sent, headers=token)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "too_many_files"
    assert "at most 3 files" in error["message"]


def test_a_path_beside_each_of_as_many_files_as_fit(upload: Upload, alice: User, as_user: AsUser) -> None:
    sent = {"file": [file(f"{n}.png", b"x") for n in range(1000)], "path": [f"a/{n}.png" for n in range(1001)]}
    answer = as_user(alice).post(f"/api/uploads/{upload.pk}/files", sent)
    assert answer.json()["error"]["code"] == "bad_path"  # and not that there are too many fields


def test_a_zip_over_http(upload: Upload, alice: User, as_user: AsUser) -> None:
    data = zip_file({f"{n}.png": picture_bytes(seed=n) for n in range(2)})
    as_user(alice).post(f"/api/uploads/{upload.pk}/files", {"file": file("two.zip", data)})
    ingest_task(upload.pk)
    assert Image.objects.count() == 2


def test_nothing_sent(upload: Upload, alice: User, as_user: AsUser) -> None:
    answer = as_user(alice).post(f"/api/uploads/{upload.pk}/files", {"other": file()})
    assert answer.status_code == 400
    assert "field “file”" in answer.json()["error"]["message"]


def test_a_closed_upload_takes_no_files(upload: Upload, alice: User, as_user: AsUser) -> None:
    services.close(upload)
    answer = as_user(alice).post(f"/api/uploads/{upload.pk}/files", {"file": file()})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "closed"


def test_deleting(image: Image, alice: User, as_user: AsUser) -> None:
    assert as_user(alice).delete(f"/api/images/{image.pk}").json() == {"deleted": image.pk}
    assert not Image.objects.exists()


ENDPOINTS = [
    ("post", "/api/projects/{project}/uploads"),
    ("get", "/api/uploads/{upload}"),
    ("post", "/api/uploads/{upload}/files"),
    ("post", "/api/uploads/{upload}/close"),
    ("delete", "/api/images/{image}"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_only_managers(
    method: str, path: str, upload: Upload, image: Image, bob: User, rita: User, charlie: User, as_user: AsUser
) -> None:
    url = path.format(project=upload.project_id, upload=upload.pk, image=image.pk)
    for user, status in ((None, 401), (charlie, 404), (bob, 403), (rita, 403)):
        assert getattr(as_user(user), method)(url).status_code == status, user
    assert Image.objects.count() == 1
    assert Upload.objects.filter(closed=False).count() == 1


def test_wrong_methods(upload: Upload, alice: User, as_user: AsUser) -> None:
    assert as_user(alice).get(f"/api/projects/{upload.project_id}/uploads").status_code == 405
