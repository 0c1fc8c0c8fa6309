"""A zip is offered whole or not at all, whatever happens to the worker."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.exchange import build, services, tasks
from labeling.exchange.models import Export
from labeling.exchange.registry import formats
from labeling.images.models import Image
from labeling.jobs import leases
from labeling.jobs.queue import MAX_ATTEMPTS
from labeling.projects.models import Project
from labeling.web import events
from tests.exchange.conftest import AddImage, Keep, Zip, box


@pytest.fixture
def export(project: Project, alice: User, add_image: AddImage, keep: Keep) -> Export:
    """A queued export of three labeled images."""
    for number in range(3):
        keep(add_image(f"{number}.png"), box(1, 1, 4, 4))
    return services.start(project, alice, format="coco", options={})


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(events, "publish", lambda group, event: found.append(event))
    return found


def zips() -> list[str]:
    """Every stored zip and every scratch file."""
    return [str(path) for path in Path(settings.HOME).rglob("*.zip*")]


@pytest.fixture(autouse=True)
def _clean() -> None:
    for path in zips():
        os.unlink(path)


def test_a_task_makes_it_once(export: Export, published: list[dict[str, Any]]) -> None:
    assert tasks.run(export.pk) is True
    export.refresh_from_db()
    assert (export.state, export.done, export.total, export.lease_owner) == ("ready", 3, 3, "")
    with export.file.open("rb") as file:
        assert len(Zip(file.read()).json("annotations/instances_train.json")["images"]) == 3
    assert tasks.run(export.pk) is False  # a doubled message
    url = f"/exports/{export.pk}/download"
    assert published[-1] == {"type": "export", "id": export.pk, "state": "ready", "done": 3, "total": 3, "url": url}


def test_progress_is_told_five_times_a_second_at_most(export: Export, published: list[dict[str, Any]]) -> None:
    claimed = build.claim(export.pk)
    assert claimed is not None
    progress = build._Progress(claimed)
    published.clear()
    for done in range(1000):
        progress(done, 1000)
    assert len(published) <= 2
    progress(1000, 1000)
    assert published[-1]["done"] == 1000


def test_one_worker_at_a_time(export: Export) -> None:
    assert build.claim(export.pk) is not None
    assert build.claim(export.pk) is None


def test_a_lost_lease_is_taken_over_and_the_old_worker_changes_nothing(export: Export) -> None:
    old = build.claim(export.pk)
    assert old is not None
    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    new = build.claim(export.pk)
    assert new is not None
    build.make(old)  # wakes up again
    assert not zips()
    build.make(new)
    export.refresh_from_db()
    assert export.state == "ready"
    assert [Path(path).name for path in zips()] == [Path(str(export.file.name)).name]


def test_a_deleted_export_leaves_no_zip(
    export: Export, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = build.claim(export.pk)
    assert claimed is not None
    write_zip = build.write_zip

    def then_deleted(*args: Any) -> int:
        written = write_zip(*args)
        Export.objects.get(pk=export.pk).delete()
        return written

    monkeypatch.setattr(build, "write_zip", then_deleted)
    build.make(claimed)
    assert not zips()


def test_deleting_a_ready_export_deletes_its_zip(export: Export, django_capture_on_commit_callbacks: Any) -> None:
    tasks.run(export.pk)
    export.refresh_from_db()
    assert default_storage.exists(str(export.file.name))
    with django_capture_on_commit_callbacks(execute=True):
        export.delete()
    assert not zips()


def test_a_storage_that_fails_is_tried_again_and_then_told(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **kwargs: Any) -> str:
        raise OSError("no space left on device")

    monkeypatch.setattr(type(default_storage._wrapped), "save", full)  # type: ignore[attr-defined]
    for attempt in range(1, MAX_ATTEMPTS):
        tasks.run(export.pk)
        export.refresh_from_db()
        assert (export.state, export.attempts) == ("queued", attempt)
    tasks.run(export.pk)
    export.refresh_from_db()
    assert export.state == "failed"
    assert "OSError" in export.reason
    assert not export.file
    assert not zips()


def test_a_failed_one_can_be_tried_again(export: Export) -> None:
    Export.objects.update(state="failed", attempts=3, reason="disk full")
    assert services.try_again(export)
    assert tasks.run(export.pk) is True
    export.refresh_from_db()
    assert (export.state, export.reason) == ("ready", "")


def test_labels_that_can_not_be_written_fail_at_once(export: Export) -> None:
    Export.objects.update(options={"segmentation": "bezier"})
    tasks.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("failed", 1)
    assert "segmentation" in export.reason


def test_a_worker_that_shuts_down_gives_it_back(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "stopping", lambda: True)
    tasks.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempts, export.lease_owner) == ("queued", 0, "")
    assert not zips()


def dead_owner() -> str:
    """The owner name of a process that has ended."""
    code = "import django; django.setup(); from labeling.jobs import leases; print(leases.owner())"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "labeling.settings"}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return ended.stdout.strip()


def test_the_sweep_restarts_what_a_killed_worker_left(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease has not run out, but its owner's process is known to be dead."""
    Export.objects.update(state="running", attempts=1, lease_owner=dead_owner(), lease_until=leases.until(), done=2)
    sent: list[Export] = []
    monkeypatch.setattr(services, "nudge", sent.append)
    tasks.sweep()
    assert [one.pk for one in sent] == [export.pk]
    assert tasks.run(export.pk) is True
    export.refresh_from_db()
    assert (export.state, export.attempts, export.done) == ("ready", 2, 3)


def test_what_a_killed_worker_had_stored_is_deleted(export: Export) -> None:
    """Killed between storing the zip and saying so."""
    stored = default_storage.save("projects/0/exports/coco-0.zip", ContentFile(b"half"))
    Export.objects.update(state="running", attempts=1, lease_until=None, file=stored)
    assert tasks.run(export.pk) is True
    export.refresh_from_db()
    assert export.file.name != stored
    assert [Path(path).name for path in zips()] == [Path(str(export.file.name)).name]


def test_the_sweep_clears_old_scratch_and_leaves_the_new(db: None) -> None:
    old, new = build.SCRATCH / "export-old", build.SCRATCH / "export-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    tasks.sweep()
    assert (old.exists(), new.exists()) == (False, True)
    new.rmdir()


@pytest.mark.parametrize("format", formats())
def test_a_lost_picture_is_told(export: Export, format: str) -> None:
    Export.objects.update(format=format, options={"include_images": True})
    image = Image.objects.order_by("id")[1]
    image.view.storage.delete(str(image.view.name))
    tasks.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("failed", 1)
    assert "“1.png” is gone" in export.reason
    assert not zips()


@pytest.mark.parametrize("format", formats())
def test_a_damaged_object_is_named(export: Export, format: str) -> None:
    damaged = Annotation.objects.order_by("id")[2]
    Annotation.objects.filter(pk=damaged.pk).update(counts="04")
    Export.objects.update(format=format, options={})
    tasks.run(export.pk)
    export.refresh_from_db()
    assert export.state == "failed"
    assert f"Object {damaged.pk} of “2.png” is damaged" in export.reason


def test_an_image_deleted_meanwhile_is_left_out(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed = build.claim(export.pk)
    assert claimed is not None
    told = build._Progress.__call__

    def deleting(self: build._Progress, done: int, total: int) -> None:
        told(self, done, total)
        Image.objects.filter(name="1.png").delete()

    monkeypatch.setattr(build._Progress, "__call__", deleting)
    build.make(claimed)
    export.refresh_from_db()
    assert (export.state, export.done, export.total) == ("ready", 2, 2)


def test_the_sweep_leaves_living_workers_alone(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build.claim(export.pk) is not None
    sent: list[Export] = []
    monkeypatch.setattr(services, "nudge", sent.append)
    tasks.sweep()
    assert not sent


def test_one_that_kills_its_worker_each_time_fails(export: Export) -> None:
    Export.objects.update(state="running", attempts=MAX_ATTEMPTS, lease_until=None)
    tasks.run(export.pk)
    export.refresh_from_db()
    assert export.state == "failed"
    assert "died 3 times" in export.reason


def test_what_killed_workers_left_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of exports and of imports, a day after they were written into last."""
    monkeypatch.setattr(build, "SCRATCH", tmp_path)
    old = time.time() - build.SCRATCH_KEPT.total_seconds() - 60
    for name in ("export-old", "import-old", "export-new", "import-new", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dataset").write_bytes(b"x")
        if not name.endswith("new"):
            os.utime(tmp_path / name, (old, old))
    build.clear_scratch()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["export-new", "import-new", "other"]
