"""Pictures out of a bucket, and media in one, against a real S3 server."""

import io
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.test import Client

from labeling.accounts.models import User
from labeling.images import ingest, pictures, resumable
from labeling.images import services as images
from labeling.images.models import Image, PartialFile, UploadItem
from labeling.projects.models import Project
from labeling.sources import scan, services
from labeling.sources.models import Source
from labeling.storage import roots, s3
from labeling.storage.copies import copy_file
from labeling.storage.trees import delete_tree, files_below
from tests.conftest import picture_bytes
from tests.sources.test_folder import look, told

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]


@pytest.fixture
def source(project: Project, alice: User, store: Any) -> Source:
    for key, seed in (("2024/street/a.jpg", 1), ("2024/b.png", 2), ("2025/not-allowed.png", 3)):
        format = "JPEG" if key.endswith("jpg") else "PNG"
        store.put_object(Bucket="pictures", Key=key, Body=picture_bytes(seed=seed, format=format))
    return services.connect(project, alice, root="s3:pictures/2024", folder="", watch=True)


@pytest.fixture
def media(store: Any, settings: Any) -> Iterator[Any]:
    """The media storage is a bucket."""
    options = {"bucket_name": "media", "location": "interlabel"}
    backend = {"BACKEND": "labeling.storage.s3.ObjectStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    fields = [one for model in (Image, UploadItem) for one in model._meta.fields if hasattr(one, "storage")]
    with pytest.MonkeyPatch.context() as patch:
        for field in fields:
            patch.setattr(field, "storage", storages["default"])
        patch.setattr(default_storage, "_wrapped", storages["default"])
        yield storages["default"]


def downloaded(url: str) -> tuple[bytes, str]:
    """What a browser gets, without any cookie."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read(), answer.headers["Content-Disposition"]


def test_pictures_of_a_bucket_are_referenced(source: Source, store: Any, alice: User, as_user: AsUser) -> None:
    look(source)
    assert sorted(image.name for image in Image.objects.all()) == ["b.png", "street/a.jpg"]
    image = Image.objects.get(name="street/a.jpg")
    data = picture_bytes(seed=1, format="JPEG")
    assert not default_storage.exists(str(image.original.name))
    assert as_user(alice).get(f"/images/{image.pk}/view").getvalue() == data
    answer = as_user(alice).get(f"/images/{image.pk}/original")
    assert answer.status_code == 302
    assert downloaded(answer["Location"]) == (data, 'attachment; filename="a.jpg"')
    assert "test-secret" not in answer["Location"]

    store.put_object(Bucket="pictures", Key="2024/street/a.jpg", Body=picture_bytes(seed=7, format="JPEG"))
    for kind in ("view", "original"):
        assert as_user(alice).get(f"/images/{image.pk}/{kind}").status_code == 404
    store.delete_object(Bucket="pictures", Key="2024/b.png")
    store.put_object(Bucket="pictures", Key="2024/new/c.png", Body=picture_bytes(seed=2))  # b.png, moved
    look(source)
    assert [(one.path, one.problem) for one in told(source).problems] == [("street/a.jpg", "changed")]
    moved = Image.objects.get(name="b.png")
    assert moved.original.open("rb").read() == picture_bytes(seed=2)
    images.delete_image(moved)
    assert store.head_object(Bucket="pictures", Key="2024/new/c.png")


@pytest.mark.once
def test_what_changes_while_it_is_read_is_noticed(source: Source, store: Any) -> None:
    root = roots.root_named("s3:pictures/2024")
    data = bytes(range(256)) * 20_000
    store.put_object(Bucket="pictures", Key="2024/large.bin", Body=data)
    file = root.open(root.look("large.bin"))
    file.seek(-100, io.SEEK_END)
    assert file.read() == data[-100:]
    file.seek(3_000_000)
    assert file.read(10) == data[3_000_000:3_000_010]
    store.put_object(Bucket="pictures", Key="2024/large.bin", Body=data[::-1])
    file.seek(0)
    with pytest.raises(s3.ObjectChanged):
        file.read(10)


@pytest.mark.once
def test_a_bucket_that_does_not_answer_makes_nothing_missing(
    source: Source, store: Any, settings: Any, project: Project, alice: User
) -> None:
    look(source)
    settings.SOURCE_BUCKETS = ["pictures/2024", "no-such-bucket"]
    other = services.connect(project, alice, root="s3:no-such-bucket", folder="", watch=False)
    assert "no such bucket" in told(look(other)).trouble
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"  # nobody listens
    s3.client.cache_clear()
    look(source)
    assert "can't be listed" in told(source).trouble
    assert told(source).missing == 0
    settings.SOURCE_BUCKETS = []
    look(source)
    assert "not among the folders and buckets" in told(source).trouble
    with pytest.raises(OSError, match="not among"):
        Image.objects.get(name="b.png").original.open("rb")


def test_media_in_a_bucket(media: Any, store: Any, project: Project, alice: User, as_user: AsUser) -> None:
    upload = images.start_upload(project, alice)
    data = picture_bytes(seed=4, format="JPEG")
    images.add_file(upload, "a.jpg", io.BytesIO(data))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.png", picture_bytes(seed=5))
    images.add_file(upload, "b.zip", io.BytesIO(packed.getvalue()))
    images.close(upload)
    while ingest.work_off(upload.pk):
        pass
    image = Image.objects.get(name="a.jpg")
    assert Image.objects.get(name="inner.png").view.open("rb").read()
    keys = [one["Key"] for one in store.list_objects_v2(Bucket="media")["Contents"]]
    assert f"interlabel/{image.original.name}" in keys
    assert pictures.view_pixels(image).shape == (240, 320, 3)
    assert as_user(alice).get(f"/images/{image.pk}/view").getvalue() == data
    answer = as_user(alice).get(f"/images/{image.pk}/original")
    assert downloaded(answer["Location"])[0] == data
    images.delete_image(image)
    with pytest.raises(urllib.error.HTTPError):
        downloaded(answer["Location"])
    with pytest.raises(FileNotFoundError):
        image.original.open("rb")


@pytest.mark.once
def test_a_store_of_objects_does_what_a_folder_does(media: Any) -> None:
    for name in ("p/1/a", "p/1/b/c", "p/2/d"):
        media.save(name, ContentFile(name.encode()))
    assert sorted(files_below(media, "p")) == ["p/1/a", "p/1/b/c", "p/2/d"]
    copy_file(media, "p/2/d", "p/3/e")
    copy_file(media, "p/2/d", "p/3/e")
    assert media.open("p/3/e").read() == b"p/2/d"
    with pytest.raises(FileNotFoundError):
        copy_file(media, "p/2/none", "p/3/f")
    media.delete("p/3/e")
    delete_tree(media, "p/1")
    assert files_below(media, "p") == ["p/2/d"]
    assert media.save("p/2/d", ContentFile(b"another")) != "p/2/d", "nothing is written over"
    file = media.open("p/2/d")
    assert (file.size, file.read()) == (5, b"p/2/d")
    file.close()
    assert file.open().read() == b"p/2/d"
    with pytest.raises(FileNotFoundError):
        media.open("p/2/e")
    with pytest.raises(FileNotFoundError):
        media.size("p/2/e")
    media.delete("p/2/e")


def test_parts_in_a_bucket_become_a_file(media: Any, project: Project, alice: User, as_user: AsUser) -> None:
    data = picture_bytes(seed=6)
    tus = {"Tus-Resumable": "1.0.0"}
    headers = {**tus, "Upload-Length": str(len(data)), "Upload-Metadata": "filename YS5wbmc="}
    address = as_user(alice).post(f"/api/projects/{project.pk}/resumable", headers=headers)["Location"]
    for begin in range(0, len(data), 50_000):
        sent = as_user(alice).patch(
            address, data[begin : begin + 50_000], content_type=resumable.CONTENT_TYPE,
            headers={**tus, "Upload-Offset": str(begin)},
        )  # fmt: skip
        assert sent.status_code == 204, sent.content
    upload = images.start_upload(project, alice)
    item = images.add_whole(upload, PartialFile.objects.get())
    assert item.file.open("rb").read() == data
    assert files_below(media, f"projects/{project.pk}/parts") == []


@pytest.mark.once
def test_a_folder_of_a_bucket_is_listed_from_where_a_scan_was(source: Source) -> None:
    root = roots.root_named("s3:pictures/2024")
    assert [one.path for one in root.files("", "")] == ["b.png", "street/a.jpg"]
    assert [one.path for one in root.files("", "b.png")] == ["street/a.jpg"]
    assert [one.path for one in root.files("street", "")] == ["street/a.jpg"]
    assert scan._is_picture("street/a.jpg")
    with pytest.raises(ValueError, match="leads out"):
        root.look("../2025/not-allowed.png")
