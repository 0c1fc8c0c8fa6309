"""Pictures of a folder of the server: referenced, watched, never touched, and told when they change."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from labeling.accounts.models import User
from labeling.images import copying, ingest, pictures
from labeling.images import services as images
from labeling.images.models import Image, UploadItem
from labeling.jobs import leases
from labeling.projects.models import Membership, Project, Role
from labeling.sources import scan, services
from labeling.sources.models import Source, SourceFile
from labeling.sources.tasks import sweep
from labeling.storage import roots
from labeling.web.api import ApiError
from tests.conftest import picture_bytes

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """An allowed place with two pictures and a file that is none."""
    top = tmp_path / "scans"
    (top / "street").mkdir(parents=True)
    (top / "street" / "a.jpg").write_bytes(picture_bytes(seed=1, format="JPEG"))
    (top / "b.png").write_bytes(picture_bytes(seed=2))
    (top / "notes.txt").write_text("hello")
    settings.SOURCE_FOLDERS = {"scans": top}
    return top


@pytest.fixture
def source(project: Project, alice: User, folder: Path) -> Source:
    return services.connect(project, alice, root="folder:scans", folder="", watch=True)


def look(source: Source) -> Source:
    """Scan to the end, and have everything added that was found."""
    scan.jobs.requeue(Source.objects.filter(pk=source.pk))
    for _ in scan.scan_now(source):
        pass
    source.refresh_from_db()
    while source.upload is not None and ingest.work_off(source.upload.pk):
        pass
    return source


def told(source: Source) -> Any:
    return services.describe(services.counted(Source.objects.filter(pk=source.pk)).get())


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_pictures_stay_where_they_are(source: Source, folder: Path, alice: User, as_user: AsUser) -> None:
    before = snapshot(folder)
    look(source)
    found = told(source)
    assert (found.seen, found.others, found.images, found.state) == (2, 1, 2, "done")
    street, other = Image.objects.get(name="street/a.jpg"), Image.objects.get(name="b.png")
    for image, path in ((street, folder / "street" / "a.jpg"), (other, folder / "b.png")):
        assert not default_storage.exists(str(image.original.name))
        assert as_user(alice).get(f"/images/{image.pk}/original").getvalue() == path.read_bytes()
        assert pictures.view_pixels(image).shape == (240, 320, 3)
        assert as_user(alice).get(f"/images/{image.pk}/thumbnail").status_code == 200
    assert images.missing_originals() == (0, []), "what is referenced is not looked for here"
    images.delete_image(street)
    assert snapshot(folder) == before
    look(source)
    assert told(source).deleted == 1, "what was deleted here does not come back"
    assert [image.name for image in Image.objects.all()] == ["b.png"]


def test_new_files_are_found_and_none_is_added_twice(source: Source, folder: Path) -> None:
    look(source)
    shutil.copy(folder / "b.png", folder / "twin.png")
    (folder / "broken.png").write_bytes(b"no picture at all")
    (folder / "c.png").write_bytes(picture_bytes(seed=3))
    for _ in range(2):
        look(source)
        assert sorted(image.name for image in Image.objects.all()) == ["b.png", "c.png", "street/a.jpg"]
        assert {one.path for one in told(source).problems} == {"twin.png", "broken.png"}
    assert UploadItem.objects.count() == 5


def test_a_changed_original_is_told_and_never_shown(source: Source, folder: Path, alice: User, as_user: AsUser) -> None:
    look(source)
    image, path = Image.objects.get(name="street/a.jpg"), folder / "street" / "a.jpg"
    good, times = path.read_bytes(), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_bytes(picture_bytes(seed=9, format="JPEG"))
    for kind in ("view", "original"):
        answer = as_user(alice).get(f"/images/{image.pk}/{kind}")
        assert answer.status_code == 404, "before any scan"
    with pytest.raises(pictures.ViewUnreadable, match="was changed since it was added"):
        pictures.open_view(image)
    look(source)
    (problem,) = told(source).problems
    assert (problem.path, problem.problem, told(source).changed) == ("street/a.jpg", "changed", 1)
    file = SourceFile.objects.get(path="street/a.jpg")
    assert file.changed_to, "compared once, not at each scan"

    path.write_bytes(good)
    os.utime(path, ns=times)
    look(source)
    assert told(source).problems == []
    assert as_user(alice).get(f"/images/{image.pk}/view").status_code == 200

    path.write_bytes(picture_bytes(seed=9, format="JPEG"))
    images.delete_image(image)
    look(source)
    assert Image.objects.get(name="street/a.jpg").original.open("rb").read() == path.read_bytes()


def test_a_file_with_another_time_or_name_is_found_again_by_its_content(source: Source, folder: Path) -> None:
    look(source)
    pks = {image.name: image.pk for image in Image.objects.all()}
    os.utime(folder / "b.png", ns=(1, 1))
    (folder / "later").mkdir()
    (folder / "street" / "a.jpg").rename(folder / "later" / "z.jpg")
    look(source)
    assert {image.name: image.pk for image in Image.objects.all()} == pks
    assert told(source).problems == []
    moved = Image.objects.get(pk=pks["street/a.jpg"])
    assert moved.reference is not None
    assert moved.reference["path"] == "later/z.jpg"
    assert moved.view.open("rb").read() == (folder / "later" / "z.jpg").read_bytes()


def test_a_missing_original_is_told_until_it_is_back(source: Source, folder: Path) -> None:
    look(source)
    (folder / "b.png").rename(folder.parent / "b.png")
    look(source)
    assert [(one.path, one.problem) for one in told(source).problems] == [("b.png", "missing")]
    with pytest.raises(FileNotFoundError, match="back, or delete the image"):
        Image.objects.get(name="b.png").original.open("rb")
    (folder.parent / "b.png").rename(folder / "b.png")
    look(source)
    assert told(source).problems == []


def test_a_disk_that_is_not_mounted_makes_nothing_missing(source: Source, folder: Path) -> None:
    look(source)
    folder.rename(folder.parent / "away")
    look(source)
    assert "mounted" in told(source).trouble
    folder.mkdir()  # the mount point, empty
    look(source)
    assert "mounted" in told(source).trouble
    assert told(source).missing == 0
    folder.rmdir()
    (folder.parent / "away").rename(folder)
    assert told(look(source)).trouble == ""


@pytest.mark.once
def test_nothing_outside_is_read(project: Project, alice: User, folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.mkdir()
    (secret / "s.png").write_bytes(picture_bytes(seed=5))
    (folder / "link.png").symlink_to(secret / "s.png")
    (folder / "linked").symlink_to(secret)
    os.mkfifo(folder / "pipe.png")
    for wrong in ("../secret", "street/../../secret", "a\\b"):
        with pytest.raises(ApiError, match="no folder below"):
            services.connect(project, alice, root="folder:scans", folder=wrong, watch=True)
    with pytest.raises(ApiError, match="no place that this server allows"):
        services.connect(project, alice, root="folder:secret", folder="", watch=True)
    root = roots.root_named("folder:scans")
    assert [one.path for one in root.files("", "")] == ["b.png", "notes.txt", "street/a.jpg"]
    for path in ("../secret/s.png", "linked/s.png", "link.png", "pipe.png", "/etc/passwd", "street"):
        with pytest.raises((FileNotFoundError, ValueError)):
            root.look(path)
    with pytest.raises(roots.RootUnavailable, match="no folder"):
        list(root.files("linked", ""))
    # A link that is put in the place of a picture after it was looked at is not followed either.
    found = root.look("b.png")
    (folder / "b.png").unlink()
    (folder / "b.png").symlink_to(secret / "s.png")
    with pytest.raises(FileNotFoundError):
        root.open(found)


def test_a_killed_scan_goes_on_where_it_was(source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        (folder / f"{number}.png").write_bytes(picture_bytes(seed=10 + number))
    monkeypatch.setattr(scan, "AT_ONCE", 2)
    take, batches = scan._take, []

    def killed(row: Source, root: Any, batch: list[Any], until: float) -> bool:
        batches.append([one.path for one in batch])
        if len(batches) == 3:
            raise KeyboardInterrupt
        return take(row, root, batch, until)

    monkeypatch.setattr(scan, "_take", killed)
    claimed = scan.jobs.claim()
    assert claimed is not None
    with pytest.raises(KeyboardInterrupt):
        scan.work(claimed)
    monkeypatch.setattr(leases, "is_dead", lambda owner: True)
    sweep()
    assert scan.drain(float("inf")) == 1
    source.refresh_from_db()
    assert batches[2] == batches[3], "the batch that was cut off, and none before it"
    assert source.seen == SourceFile.objects.count() == UploadItem.objects.count() == 8


def test_contents_that_take_long_to_read_are_read_in_slices(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(source)
    for path in (folder / "b.png", folder / "street" / "a.jpg"):
        os.utime(path, ns=(7, 7))
    read: list[str] = []
    digest = scan._digest

    def noted(root: Any, found: Any) -> str | None:
        read.append(found.path)
        return digest(root, found)

    monkeypatch.setattr(scan, "_digest", noted)
    monkeypatch.setattr(scan.work, "__defaults__", (-1.0,))
    scan.jobs.requeue(Source.objects.filter(pk=source.pk))
    positions = [part.position for part in scan.scan_now(source)]
    assert positions[0] == "notes.txt", "the first content, and what needs none"
    assert read == ["b.png", "street/a.jpg"], "each once"
    assert told(source).problems == []
    assert {file.mark for file in SourceFile.objects.all()} == {"7"}


def test_watched_sources_are_scanned_when_their_time_has_come(source: Source, settings: Any) -> None:
    look(source)
    sweep()
    assert not Source.objects.filter(due=True).exists()
    settings.WATCH_SECONDS = 0
    services.set_watch(source, False)
    sweep()
    assert not Source.objects.filter(due=True).exists()
    services.set_watch(source, True)
    sweep()
    assert Source.objects.filter(due=True).exists()


def test_a_copy_of_a_project_refers_to_the_same_originals(source: Source, folder: Path, alice: User) -> None:
    look(source)
    other = Project.objects.create(name="Copy", created_by=alice)
    copy = copying.copy_image(Image.objects.get(name="street/a.jpg"), other)
    assert copy is not None
    assert copy.view.open("rb").read() == (folder / "street" / "a.jpg").read_bytes()
    assert default_storage.exists(str(copy.thumbnail.name))


def test_over_the_api(project: Project, alice: User, bob: User, folder: Path, as_user: AsUser) -> None:
    client, here = as_user(alice), f"/api/projects/{project.pk}/sources"
    listed = client.get(here).json()
    assert listed == {"results": [], "roots": [{"root": "folder:scans", "title": "the folder scans"}]}
    assert str(folder) not in str(listed)
    post = {"content_type": "application/json"}
    made = client.post(here, {"root": "folder:scans", "folder": "/street/"}, **post)  # type: ignore[arg-type]
    assert (made.status_code, made.json()["folder"], made.json()["state"]) == (201, "street", "waiting")
    again = client.post(here, {"root": "folder:scans"}, **post)  # type: ignore[arg-type]
    assert (again.status_code, again.json()["error"]["code"]) == (409, "connected")
    assert client.post(here, {"root": "folder:etc"}, **post).status_code == 400  # type: ignore[arg-type]
    one = f"/api/sources/{made.json()['id']}"
    look(Source.objects.get())
    assert client.get(one).json()["images"] == 1
    assert client.patch(one, {"watch": False}, **post).json()["watch"] is False  # type: ignore[arg-type]
    assert client.post(f"{one}/scan").json()["state"] == "waiting"
    Membership.objects.filter(user=bob).update(role=Role.REVIEWER)
    assert as_user(bob).get(here).status_code == as_user(bob).get(one).status_code == 403
    assert client.delete(one).status_code == 200
    assert Image.objects.get().original.open("rb").read() == (folder / "street" / "a.jpg").read_bytes()
