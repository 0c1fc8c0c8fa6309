"""Files that arrive in parts: goes on where it was, costs nothing twice, and is seen by nobody else."""

import base64
import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage, storages
from django.test import Client
from django.utils import timezone

from labeling.accounts.models import User
from labeling.exchange.models import Import
from labeling.images import services
from labeling.images.models import FilePart, Image, PartialFile, Upload, UploadItem
from labeling.images.tasks import ingest as ingest_task
from labeling.images.tasks import sweep
from labeling.projects.models import Membership, Project, Role
from tests.conftest import picture_bytes
from tests.images.files import zip_file

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]
TUS = {"Tus-Resumable": "1.0.0"}
DATA = picture_bytes()


@pytest.fixture
def client(alice: User, as_user: AsUser) -> Client:
    return as_user(alice)


@pytest.fixture
def upload(project: Project, alice: User) -> Upload:
    return services.start_upload(project, alice)


def metadata(**told: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())


def start(client: Client, project: Project, length: int = len(DATA), **told: str) -> str:
    """The address of a new file."""
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata(**(told or {"filename": "a.png"}))}
    answer = client.post(f"/api/projects/{project.pk}/resumable", headers=headers)
    assert answer.status_code == 201, answer.content
    return str(answer["Location"])


def send(client: Client, address: str, offset: int, data: bytes, **headers: str) -> Any:
    told = {**TUS, "Upload-Offset": str(offset), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.patch(address, data, content_type="application/offset+octet-stream", headers=told)


def offset_of(client: Client, address: str) -> int:
    answer = client.head(address, headers=TUS)
    assert answer.status_code == 204
    assert answer["Cache-Control"] == "no-store"
    assert int(answer["Upload-Length"]) >= int(answer["Upload-Offset"])
    return int(answer["Upload-Offset"])


def files_of_parts(project: Project) -> list[Path]:
    folder = Path(default_storage.path(f"projects/{project.pk}/parts"))
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_in_parts_becomes_the_file_that_it_was(client: Client, project: Project, upload: Upload) -> None:
    address = start(client, project, filename="a.png", path="street/a.png")
    for begin in range(0, len(DATA), 20_000):
        assert offset_of(client, address) == begin  # as after a reload of the page
        answer = send(client, address, begin, DATA[begin : begin + 20_000])
        assert answer.status_code == 204
        assert int(answer["Upload-Offset"]) == min(begin + 20_000, len(DATA))
    number = int(address.rsplit("/", 1)[1])
    for _ in range(2):  # the answer of the first may have been lost
        added = client.post(
            f"/api/uploads/{upload.pk}/resumable", {"file": number}, content_type="application/json"
        )  # fmt: skip
        assert added.status_code == 201, added.content
    services.close(upload)
    ingest_task(upload.pk)
    image = Image.objects.get()
    assert image.name == "street/a.png"
    assert image.original.open("rb").read() == DATA
    assert UploadItem.objects.count() == 1
    assert files_of_parts(project) == []
    assert client.head(address, headers=TUS).status_code == 410


def test_a_part_that_does_not_fit_is_refused_and_leaves_nothing(client: Client, project: Project) -> None:
    address = start(client, project)
    assert send(client, address, 0, DATA[:1000]).status_code == 204
    assert send(client, address, 0, DATA[:1000]).status_code == 409  # sent twice: its answer was lost
    assert send(client, address, 2000, DATA[2000:]).status_code == 409
    assert send(client, address, 1000, DATA).status_code == 413  # more than announced
    wrong = base64.b64encode(hashlib.sha1(b"something else").digest()).decode()
    assert send(client, address, 1000, DATA[1000:2000], Upload_Checksum=f"sha1 {wrong}").status_code == 460
    assert send(client, address, 1000, DATA[1000:2000], Upload_Checksum="crc32 AAAA").status_code == 400
    assert offset_of(client, address) == 1000
    assert [path.stat().st_size for path in files_of_parts(project)] == [1000]
    right = base64.b64encode(hashlib.sha256(DATA[1000:2000]).digest()).decode()
    assert send(client, address, 1000, DATA[1000:2000], Upload_Checksum=f"sha256 {right}").status_code == 204


def test_of_two_that_send_the_same_part_one_is_kept(
    client: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = start(client, project)
    kind = type(storages["default"])
    save = kind.save

    def slowly(self: Any, name: str, content: Any) -> str:
        monkeypatch.undo()
        assert send(client, address, 0, DATA[:500]).status_code == 204  # arrives in between
        return str(save(self, name, content))

    monkeypatch.setattr(kind, "save", slowly)
    assert send(client, address, 0, DATA[:700]).status_code == 409
    assert offset_of(client, address) == 500
    assert [path.stat().st_size for path in files_of_parts(project)] == [500]


@pytest.mark.once
def test_what_the_client_gets_wrong_is_named(client: Client, project: Project, upload: Upload) -> None:
    here = f"/api/projects/{project.pk}/resumable"
    told = client.options(here)
    assert told["Tus-Extension"] == "creation,expiration,termination,checksum"
    assert int(told["Tus-Max-Size"]) == settings.MAX_UPLOAD_BYTES
    for headers, status in [
        ({"Upload-Length": "5"}, 412),
        ({**TUS, "Tus-Resumable": "0.2.2", "Upload-Length": "5"}, 412),
        (TUS, 400),
        ({**TUS, "Upload-Length": "-5"}, 400),
        ({**TUS, "Upload-Length": str(settings.MAX_UPLOAD_BYTES + 1)}, 413),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": "filename %%"}, 400),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(path="../a.png")}, 400),
    ]:
        answer = client.post(here, headers=headers)
        assert answer.status_code == status, headers
        assert answer["Tus-Resumable"] == "1.0.0"
    address = start(client, project)
    assert (
        client.patch(address, DATA, content_type="image/png", headers={**TUS, "Upload-Offset": "0"}).status_code == 415
    )
    number = int(address.rsplit("/", 1)[1])
    early = client.post(f"/api/uploads/{upload.pk}/resumable", {"file": number}, content_type="application/json")
    assert early.status_code == 409
    assert "0 of" in early.json()["error"]["message"]


def test_another_manager_does_not_see_it(
    client: Client, project: Project, bob: User, as_user: AsUser, upload: Upload
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.MANAGER)
    address = start(client, project, 10)
    other = as_user(bob)
    assert other.head(address, headers=TUS).status_code == 404
    assert send(other, address, 0, b"0123456789").status_code == 404
    assert other.delete(address, headers=TUS).status_code == 404
    body = {"file": int(address.rsplit("/", 1)[1])}
    added = other.post(f"/api/uploads/{upload.pk}/resumable", body, content_type="application/json")
    assert added.status_code == 404


def test_a_file_goes_only_into_its_own_project(client: Client, project: Project, alice: User) -> None:
    elsewhere = Project.objects.create(name="Other", created_by=alice)
    Membership.objects.create(project=elsewhere, user=alice, role=Role.OWNER)
    address = start(client, project, 3)
    send(client, address, 0, b"abc")
    upload = services.start_upload(elsewhere, alice)
    body = {"file": int(address.rsplit("/", 1)[1])}
    added = client.post(f"/api/uploads/{upload.pk}/resumable", body, content_type="application/json")
    assert added.status_code == 404


def test_what_nobody_goes_on_with_is_deleted(client: Client, project: Project) -> None:
    ended, late, living = (start(client, project) for _ in range(3))
    for address in (ended, late, living):
        send(client, address, 0, DATA[:100])
    late_row = PartialFile.objects.get(pk=int(late.rsplit("/", 1)[1]))
    default_storage.save(f"{late_row.folder}/without-a-row", io.BytesIO(b"of a killed request"))
    assert client.delete(ended, headers=TUS).status_code == 204
    PartialFile.objects.filter(pk=late_row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.head(late, headers=TUS).status_code == 410
    assert send(client, late, 100, DATA[100:]).status_code == 410
    sweep()
    assert client.head(late, headers=TUS).status_code == 404
    assert offset_of(client, living) == 100
    assert len(files_of_parts(project)) == FilePart.objects.count() == 1


def test_a_dataset_in_parts_is_imported(client: Client, project: Project) -> None:
    data = zip_file({"a.json": b"{}"})
    address = start(client, project, len(data), filename="labels.zip")
    send(client, address, 0, data[:50])
    send(client, address, 50, data[50:])
    body = {"format": "coco", "resumable": address.rsplit("/", 1)[1]}
    answers = [client.post(f"/api/projects/{project.pk}/imports", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].content
    row = Import.objects.get()
    assert answers[0].json()["id"] == answers[1].json()["id"] == row.pk
    assert row.name == "labels.zip"
    assert row.file.open("rb").read() == data


def test_what_fails_can_be_taken_again(client: Client, project: Project) -> None:
    address = start(client, project, 2, filename="labels.json")
    send(client, address, 0, b"{}")
    body = {"format": "no-such-format", "resumable": address.rsplit("/", 1)[1]}
    assert client.post(f"/api/projects/{project.pk}/imports", body).status_code == 400
    assert client.post(f"/api/projects/{project.pk}/imports", {**body, "format": "coco"}).status_code == 202
