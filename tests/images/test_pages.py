"""A file of several pages or frames becomes an image for each."""

import io
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from labeling.accounts.models import User
from labeling.exchange.formats.coco import _content, _image
from labeling.images import copying, ingest, paging, services
from labeling.images.models import Image, Upload, UploadItem
from labeling.images.tasks import ingest as ingest_task
from labeling.projects.models import Project
from tests.decoding.dicoms import dataset, dicom
from tests.decoding.kinds import chart, grey, three

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
State = UploadItem.State


@pytest.fixture
def upload(project: Project, alice: User) -> Upload:
    return services.start_upload(project, alice)


def scan(count: int = 3) -> bytes:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for number in range(count):
            writer.write(np.roll(chart(), 24 * number, 0), photometric="rgb", metadata=None)
    return out.getvalue()


def add(upload: Upload, name: str, data: bytes, **options: bool) -> UploadItem:
    item = services.add_file(upload, name, io.BytesIO(data), **options)
    work_off(upload)
    item.refresh_from_db()
    return item


def work_off(upload: Upload) -> None:
    while upload.items.filter(state=State.WAITING).exists():  # a task ends after a slice of time
        ingest_task(upload.pk)


def pixels(image: Image) -> np.ndarray:
    with image.view.open("rb") as file:
        return np.asarray(Pillow.open(file).convert("RGB"))


def test_each_page_becomes_an_image_over_the_same_original(upload: Upload) -> None:
    data = scan()
    item = add(upload, "box/scan.tif", data)
    assert item.state == State.UNPACKED
    images = list(Image.objects.order_by("page"))
    assert [(one.name, one.page) for one in images] == [
        ("box/scan#1.tif", 1), ("box/scan#2.tif", 2), ("box/scan#3.tif", 3),
    ]  # fmt: skip
    for number, image in enumerate(images):
        assert np.array_equal(pixels(image), np.roll(chart(), 24 * number, 0))
        with image.original.open("rb") as file:
            assert file.read() == data
    there = {Path(image.original.path).stat().st_ino for image in images}
    assert len(there) == 1  # the bytes are on the disk once
    images[0].delete()
    with images[1].original.open("rb") as file:
        assert file.read() == data
    assert ingest.totals(upload) == {"total": 3, "accepted": 3, "rejected": 0}


def test_a_worker_that_was_killed_repeats_no_page(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the pages' rows, before the file's own row says that it is unpacked; and before any row."""
    item = services.add_file(upload, "scan.tif", io.BytesIO(scan()))
    claimed = ingest.claim(upload.pk)
    assert claimed is not None
    copies = paging.copy_for(claimed, 1)
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "_settle", lambda *args, **fields: (_ for _ in ()).throw(ingest.LeaseLost))
        ingest.process(claimed)
    assert UploadItem.objects.filter(parent=item).count() == 3
    ingest.jobs.give_back(claimed)
    work_off(upload)
    assert Image.objects.count() == 3
    assert not default_storage.exists(str(UploadItem.objects.get(pk=item.pk).file or "no such file"))
    assert default_storage.exists(copies)


def test_the_same_file_again_adds_nothing(upload: Upload) -> None:
    add(upload, "scan.tif", scan())
    add(upload, "copy.tif", scan())
    assert Image.objects.count() == 3
    again = UploadItem.objects.filter(state=State.REJECTED)
    assert {one.reason for one in again} == {"duplicate"}
    assert {one.message.partition("“")[2][:8] for one in again} == {"scan#1.t", "scan#2.t", "scan#3.t"}


def test_an_image_of_before_keeps_being_the_first_page(upload: Upload) -> None:
    """Earlier versions made one image of such a file, of its first page."""
    add(upload, "scan.tif", scan(), whole=True)
    assert [(one.name, one.page) for one in Image.objects.all()] == [("scan.tif", 0)]
    add(upload, "scan.tif", scan())
    assert sorted(Image.objects.values_list("page", flat=True)) == [0, 2, 3]


def test_frames_of_dicom_and_pages_in_a_zip(upload: Upload) -> None:
    frames = np.stack([grey(), 255 - grey()])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a/scan.tif", scan(2))
        archive.writestr("b/series.dcm", dicom(dataset(frames)))
    add(upload, "all.zip", out.getvalue())
    images = {one.name: one for one in Image.objects.all()}
    assert set(images) == {"a/scan#1.tif", "a/scan#2.tif", "b/series#1.dcm", "b/series#2.dcm"}
    assert np.array_equal(pixels(images["b/series#2.dcm"]), three(255 - grey()))


def test_too_many_pages_are_refused(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 2)
    item = add(upload, "scan.tif", scan())
    assert (item.state, item.reason) == (State.REJECTED, "too_large")
    assert "more than 2 pages. Split it" in item.message


def test_an_export_says_which_page_and_finds_it_again(upload: Upload, alice: User) -> None:
    add(upload, "scan.tif", scan())
    for image in Image.objects.all():
        assert _content({"sha256": image.sha256, "page": image.page}) == image.content
    assert len({image.content for image in Image.objects.all()}) == 3


def test_coco_has_page_and_georeference() -> None:
    geo = {"transform": [1.0, 0.0, 5.0, 0.0, -1.0, 7.0], "epsg": 32633}
    image = Image(name="a#2.tif", sha256="0" * 64, page=2, width=3, height=4, source={"geo": geo})
    found = _image(SimpleNamespace(image=image, number=1, file_name="a#2.png"))  # type: ignore[arg-type]
    assert (found["original"]["page"], found["geo"]) == (2, geo)
    plain = _image(SimpleNamespace(image=Image(sha256="0" * 64), number=1, file_name="b.png"))  # type: ignore[arg-type]
    assert ("page" in plain["original"], "geo" in plain) == (False, False)


def test_a_copied_project_has_every_page(upload: Upload, alice: User) -> None:
    add(upload, "scan.tif", scan())
    other = Project.objects.create(name="Copy", created_by=alice)
    for image in Image.objects.filter(project=upload.project):
        assert copying.copy_image(image, other) is not None
        assert copying.copy_image(image, other) is None
    assert list(other.images.order_by("page").values_list("page", flat=True)) == [1, 2, 3]
