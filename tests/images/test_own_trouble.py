"""The disk fails while an upload is worked off: the file is kept, people are told, and it goes on by itself."""

import errno
import io
import os
import zipfile
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.utils import timezone

from labeling.accounts.models import User
from labeling.commands.management.commands.start import Command as Start
from labeling.images import ingest, pictures, services
from labeling.images.ingest import own_trouble
from labeling.images.models import Image, Upload, UploadItem
from labeling.images.reading import Rejected
from labeling.images.tasks import ingest as ingest_task
from labeling.projects.models import Project
from tests.conftest import picture_bytes

pytestmark = pytest.mark.django_db(transaction=True)
State, Reason = UploadItem.State, UploadItem.Reason


@pytest.fixture
def upload(project: Project, alice: User) -> Upload:
    return services.start_upload(project, alice)


class Failing(io.BytesIO):
    """A file on a disk that answers reads with an error from some byte on."""

    def __init__(self, data: bytes, number: int, good: int) -> None:
        super().__init__(data)
        self.number, self.good = number, good

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() + (size if size is not None and size >= 0 else 1 << 60) > self.good:
            raise OSError(self.number, os.strerror(self.number))
        return super().read(size)


def again(item: UploadItem) -> None:
    """The pause is over."""
    assert item.lease_until is not None
    assert item.lease_until > timezone.now()
    UploadItem.objects.filter(pk=item.pk).update(lease_until=timezone.now())
    ingest_task(item.upload_id)
    item.refresh_from_db()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.png", picture_bytes(seed=3))
    return out.getvalue()


@pytest.mark.once
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EMFILE, errno.ESTALE])
@pytest.mark.parametrize("kind", ["picture", "zip"])
@pytest.mark.parametrize("good", [32, 200])
def test_a_disk_that_fails_is_not_a_damaged_file(
    upload: Upload, number: int, kind: str, good: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = picture_bytes() if kind == "picture" else zipped()
    item = services.add_file(upload, f"a.{kind}", io.BytesIO(data))
    name = str(item.file.name)
    real = type(default_storage._wrapped)._open  # type: ignore[attr-defined]

    def fail(self: Any, opened: str, mode: str = "rb") -> Any:
        return Failing(data, number, good) if opened == name else real(self, opened, mode)

    with monkeypatch.context() as broken:
        broken.setattr(type(default_storage._wrapped), "_open", fail)  # type: ignore[attr-defined]
        ingest_task(upload.pk)
        item.refresh_from_db()
        for _ in range(2 * ingest.MAX_ATTEMPTS):  # as long as it lasts
            assert (item.state, item.reason) == (State.WAITING, "")
            assert os.strerror(number).lower() in item.message
            assert "tried again" in item.message
            assert default_storage.exists(name)
            again(item)
    again(item)
    assert item.state == (State.ACCEPTED if kind == "picture" else State.UNPACKED), item.message
    assert item.message == ""
    ingest_task(upload.pk)
    assert Image.objects.filter(project=upload.project).count() == 1
    assert not UploadItem.objects.filter(upload=upload, state=State.REJECTED).exists()


@pytest.mark.once
def test_a_disk_without_room_for_the_view(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    item = services.add_file(upload, "a.bmp", io.BytesIO(picture_bytes(format="BMP")))

    def full(*_: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(pictures, "store", full)
        ingest_task(upload.pk)
        item.refresh_from_db()
        assert item.state == State.WAITING
        assert "no space left" in item.message
    again(item)
    assert item.state == State.ACCEPTED


@pytest.mark.once
def test_a_storage_that_is_not_mounted(upload: Upload) -> None:
    item = services.add_file(upload, "a.png", io.BytesIO(picture_bytes()))
    name = default_storage.path(str(item.file.name))
    os.rename(name, name + ".away")
    ingest_task(upload.pk)
    item.refresh_from_db()
    assert item.state == State.WAITING
    assert "is it mounted?" in item.message
    os.rename(name + ".away", name)
    again(item)
    assert item.state == State.ACCEPTED


@pytest.mark.once
def test_damaged_files_are_still_called_damaged(upload: Upload) -> None:
    item = services.add_file(upload, "a.png", io.BytesIO(picture_bytes()[:3000]))
    ingest_task(upload.pk)
    item.refresh_from_db()
    assert (item.state, item.reason) == (State.REJECTED, Reason.CORRUPT)


@pytest.mark.once
def test_what_is_the_servers_own_trouble() -> None:
    told = Rejected(Reason.CORRUPT, "damaged")
    told.__cause__ = OSError(errno.EIO, "x")
    assert own_trouble(told) == os.strerror(errno.EIO).lower()
    assert own_trouble(OperationalError("gone")) == "the database"
    told.__cause__ = OSError("image file is truncated")
    assert own_trouble(told) is None
    assert own_trouble(ValueError("x")) is None


def test_a_start_says_which_originals_are_gone(upload: Upload, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in (1, 2):
        services.add_file(upload, f"{seed}.png", io.BytesIO(picture_bytes(seed=seed)))
    ingest_task(upload.pk)
    assert services.missing_originals() == (0, [])
    Start().check_originals()
    assert capsys.readouterr().out == ""
    os.unlink(default_storage.path(str(Image.objects.get(name="2.png").original.name)))
    assert services.missing_originals() == (1, ["2.png"])
    Start().check_originals()
    assert "1 image has no original" in (said := capsys.readouterr().out)
    assert "2.png" in said
