"""Exports that are put into a bucket, and the commands, against a real S3 server."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from labeling.accounts.models import User
from labeling.exchange import build
from labeling.exchange.models import Export
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.sources.models import Source
from tests.conftest import picture_bytes
from tests.exchange.conftest import AddImage, Keep, add_image, box, keep  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]
JSON: Any = {"content_type": "application/json"}


@pytest.fixture
def labeled(project: Project, add_image: AddImage, keep: Keep) -> Project:  # noqa: F811
    """A project with one object."""
    keep(add_image(), box(1, 1, 4, 4))
    return project


def objects(store: Any) -> dict[str, bytes]:
    """What is in the bucket for exports."""
    keys = [one["Key"] for one in store.list_objects_v2(Bucket="exports").get("Contents", ())]
    return {key: store.get_object(Bucket="exports", Key=key)["Body"].read() for key in keys}


def said_by(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def export_into(client: Client, project: Project, **sink: Any) -> Export:
    """Ask for an export over the API, and have it made."""
    body = {"format": "coco", "sink": {"place": "exports/labels", **sink}}
    answer = client.post(f"/api/projects/{project.pk}/exports", body, **JSON)
    assert answer.status_code == 202, answer.content
    claimed = build.claim(answer.json()["id"])
    assert claimed is not None
    build.make(claimed)
    return Export.objects.get(pk=claimed.pk)


def test_the_zip_or_its_files_are_put_there(store: Any, labeled: Project, rita: User, as_user: AsUser) -> None:
    project = labeled
    store.put_object(Bucket="exports", Key="labels/other.txt", Body=b"somebody else's")
    export = export_into(as_user(rita), project, folder="may")
    assert export.state == Export.State.READY, export.reason
    (key,) = set(objects(store)) - {"labels/other.txt"}
    assert f"s3://exports/{key}" == export.delivered
    assert key.startswith("labels/may/street-coco-")
    assert objects(store)[key] == export.file.open("rb").read()

    unpacked = export_into(as_user(rita), project, unpack=True)
    assert unpacked.delivered.endswith("/")
    inside = unpacked.delivered.removeprefix("s3://exports/")
    put = {name[len(inside) :]: data for name, data in objects(store).items() if name.startswith(inside)}
    with zipfile.ZipFile(unpacked.file.open("rb")) as archive:
        assert put == {name: archive.read(name) for name in archive.namelist()}
    assert "manifest.json" in put
    assert objects(store)["labels/other.txt"] == b"somebody else's"
    shown = as_user(rita).get(f"/api/projects/{project.pk}/exports").json()
    assert shown["sinks"] == ["exports/labels"]
    assert {one["delivered"] for one in shown["results"]} == {export.delivered, unpacked.delivered}
    assert "test-secret" not in str(shown)


def test_what_is_not_allowed_or_fails_is_told(
    store: Any, labeled: Project, rita: User, as_user: AsUser, settings: Any
) -> None:
    project = labeled
    here = f"/api/projects/{project.pk}/exports"
    for sink, code in (
        ({"place": "pictures"}, "unknown_bucket"),
        ({"place": "http://169.254.169.254/latest"}, "unknown_bucket"),
        ({"place": "exports/labels", "folder": "../x"}, "bad_folder"),
    ):
        refused = as_user(rita).post(here, {"format": "coco", "sink": sink}, **JSON)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    settings.EXPORT_BUCKETS = ["exports/labels", "gone"]
    export = export_into(as_user(rita), project, place="gone")
    assert export.state == Export.State.FAILED
    assert "could not be put into s3://gone" in export.reason
    assert not export.file
    assert objects(store) == {}


@pytest.mark.once
def test_by_command(store: Any, labeled: Project, tmp_path: Path, settings: Any) -> None:
    project = labeled
    said = said_by("export", str(project.pk), format="coco", to="s3://exports/labels/may", unpack=True)
    assert "Put into s3://exports/labels/may/street-coco-" in said
    assert any(key.endswith("/manifest.json") for key in objects(store))
    with pytest.raises(CommandError, match="can't be put into"):
        call_command("export", str(project.pk), format="coco", to="s3://pictures/2024")

    store.put_object(Bucket="pictures", Key="2024/day/a.png", Body=picture_bytes(seed=21))
    said = said_by("import_images", str(project.pk), "s3://pictures/2024/day", reference=True)
    assert "1 accepted, 0 rejected" in said
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "b.png").write_bytes(picture_bytes(seed=22))
    with pytest.raises(CommandError, match="SOURCE_FOLDERS"):
        call_command("import_images", str(project.pk), str(folder), reference=True)
    settings.SOURCE_FOLDERS = {"scans": folder}
    assert "1 accepted" in said_by("import_images", str(project.pk), str(folder), reference=True, watch=True)
    (folder / "c.png").write_bytes(picture_bytes(seed=23))
    (folder / "b.png").unlink()
    said = said_by("import_images", str(project.pk), str(folder), reference=True)
    assert "1 accepted" in said
    assert "missing: b.png" in said
    assert [one.watch for one in Source.objects.order_by("pk")] == [False, True]
    assert Image.objects.filter(reference__isnull=False).count() == 3
