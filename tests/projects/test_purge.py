"""Deleting a project for good: nothing of it is left in any table or storage, whatever kills the worker."""

import json
import signal
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db.models import ForeignKey

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet, WorkTime
from labeling.audit.models import AuditEvent
from labeling.exchange.models import Export
from labeling.features.models import Encoding, Tile
from labeling.images import pictures
from labeling.images.models import BlockJob, Image, Upload, UploadItem
from labeling.projects import jobs, life, purge
from labeling.projects.models import Project, ProjectJob
from labeling.storage.trees import files_below
from labeling.suggestions.models import CategoryMapping, HeadVersion, Run, RunImage, Suggestion
from tests.features.test_kill import PATIENCE, ROOT, Stack, stack  # noqa: F401 - a fixture

BOX: dict[str, Any] = {"area": 1, "bbox_x": 0, "bbox_y": 0, "bbox_width": 1, "bbox_height": 1, "counts": "01?"}


def fill(project: Project, user: User, images: int) -> None:
    """Rows of every kind and their files, also files that no row names, as killed workers leave them."""
    media, features = storages["default"], storages["features"]
    for number in range(images):
        image = Image(project=project, name=f"{number}.png", sha256=uuid.uuid4().hex, width=4, height=4)
        for field in (image.original, image.view, image.thumbnail):
            field.save(f"{uuid.uuid4().hex}.png", ContentFile(b"x"), save=False)
        image.save()
        media.save(pictures.blocks_name(image), ContentFile(b"x"))
        keys = [features.save(f"v1/{project.pk}/{image.pk}-{name}.safetensors", ContentFile(b"x")) for name in "ab"]
        Encoding.objects.create(image=image, state="ready", storage_key=keys[0])
        Tile.objects.create(image=image, name="t1-0-0", storage_key=keys[1], asked_at="2026-01-01T00:00Z")
        kept = AnnotationSet.objects.create(main_of=image, image=image)
        category = project.categories.get(number=1)
        Annotation.objects.create(set=kept, uid=uuid.uuid4(), category=category, **BOX)
        AnnotationEvent.objects.create(set=kept, version=1, kind="create", user=user)
        WorkTime.objects.create(image=image, user=user, session=uuid.uuid4(), seconds=3, at="2026-01-01T00:00Z")
        BlockJob.objects.create(image=image)
    head = HeadVersion.objects.create(project=project, kind="instances", number=1, folder="")
    head.folder = f"projects/{project.pk}/heads/instances-1/"
    head.save()
    media.save(f"{head.folder}model.onnx", ContentFile(b"x"))
    CategoryMapping.objects.create(project=project, head=head, word="car", category=project.categories.get(number=1))
    run = Run.objects.create(project=project, method="everything")
    RunImage.objects.create(run=run, image=image)
    Suggestion.objects.create(image=image, run=run, method="everything", score=1, **BOX)
    export = Export(project=project, format="coco")
    export.file.save("x.zip", ContentFile(b"x"))
    upload = Upload.objects.create(project=project, created_by=user)
    item = UploadItem(upload=upload, name="w.png")
    item.file.save("wait.png", ContentFile(b"x"))
    media.save(f"projects/{project.pk}/originals/zz/left.png", ContentFile(b"x"))
    features.save(f"v0/{project.pk}/9-left.safetensors", ContentFile(b"x"))


def left(project_id: int) -> list[str]:
    """Files of a project in any storage."""
    features: Storage = storages["features"]
    versions = features.listdir("")[0] if features.exists("") else []
    places = [(features, f"{version}/{project_id}") for version in versions]
    places.append((storages["default"], f"projects/{project_id}"))
    return [name for storage, prefix in places for name in files_below(storage, prefix)]


def rows() -> dict[str, int]:
    """Rows of every table but those that outlive a project."""
    kept = {User, ProjectJob, AuditEvent}
    found = {model._meta.label: model._base_manager.count() for model in apps.get_models() if model not in kept}
    return {
        name: count for name, count in found.items() if count and apps.get_model(name).__module__.startswith("labeling")
    }


@pytest.fixture
def other(alice: User) -> Project:
    """A project that must not be touched."""
    project = Project.objects.create(name="Other", created_by=alice, next_category_number=2)
    project.categories.create(number=1, name="car", color="#112233")
    fill(project, alice, 2)
    return project


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_and_nobody_else_loses_anything(other: Project, project: Project, alice: User) -> None:
    project_rows, kept_files = rows(), left(other.pk)
    project.delete()  # what there is without the project
    alone = rows()
    again = Project.objects.create(name="Street", created_by=alice, next_category_number=2)
    again.categories.create(number=1, name="car", color="#112233")
    fill(again, alice, purge.IMAGES_AT_ONCE + 3)
    assert len(left(again.pk)) > 3 * purge.IMAGES_AT_ONCE
    assert project_rows != alone
    life.move_to_bin(again, alice, named="Street")
    job = purge.start(again, alice, named="Street")
    assert jobs.work_off() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.project) == ("done", 23, 23, None)
    assert left(again.pk) == []
    assert rows() == alone
    assert left(other.pk) == kept_files
    told = AuditEvent.objects.filter(project_id=again.pk).values_list("action", flat=True)
    assert sorted(told) == ["project.binned", "project.deleted"]


@pytest.mark.django_db(transaction=True)
def test_files_that_a_worker_writes_after_it_are_found_within_a_day(project: Project, alice: User) -> None:
    number = project.pk
    fill(project, alice, 1)
    life.move_to_bin(project, alice, named="Street")
    purge.start(project, alice, named="Street")
    jobs.work_off()
    storages["features"].save(f"v1/{number}/1-late.safetensors", ContentFile(b"x"))
    storages["default"].save(f"projects/{number}/originals/aa/late.png", ContentFile(b"x"))
    purge.look_once_more()
    assert left(number) == []


def test_every_table_of_a_project_goes_with_it() -> None:
    """A new table with a project has to say what becomes of its rows."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey) and field.related_model is Project:
                name = getattr(field.remote_field.on_delete, "__name__", "")
                assert name in ("CASCADE", "SET_NULL"), f"{model._meta.label}.{field.name}: {name}"


PREPARE = """
import sys, json
from labeling.accounts.models import User
from labeling.projects import life, purge
from labeling.projects.models import Project
from tests.projects.test_purge import fill
user = User.objects.create_user("alice")
project = Project.objects.create(name="Street", created_by=user)
project.categories.create(number=1, name="car", color="#112233")
fill(project, user, 120)
life.move_to_bin(project, user, named="Street")
print(purge.start(project, user, named="Street").pk)
"""
REPORT = """
import json
from labeling.projects.models import ProjectJob
from tests.projects.test_purge import left, rows
job = ProjectJob.objects.get()
print(json.dumps({"rows": rows(), "files": left(job.project_number), "job": [job.state, job.done, job.total]}))
"""
WORK = """
import django
django.setup()
from labeling.projects import jobs, tasks
from tests.patience import PATIENCE
jobs.release_lost()
print(jobs.work_off())
"""


@pytest.mark.stack
@pytest.mark.timeout(300)
def test_a_worker_that_is_killed_loses_nothing(stack: Stack) -> None:  # noqa: F811
    stack.run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
    stack.run(PREPARE)

    def images() -> int:
        with closing(sqlite3.connect(stack.database, timeout=PATIENCE)) as database:
            return int(database.execute("select count(*) from images_image").fetchone()[0])

    for before in (120, 80):
        worker = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=stack.environment)
        try:
            stack.wait(lambda least=before - 20: images() <= least)  # type: ignore[misc]
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(PATIENCE)
        assert images() > 0, "it was killed in the middle"
    assert subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=stack.environment, check=True).returncode == 0
    after = json.loads(stack.run(REPORT))
    assert after["files"] == []
    assert set(after["rows"]) <= {"web.HealthMark"}
    assert after["job"][0] == "done"
    assert Path(stack.environment["INTERLABEL_HOME"]) != settings.HOME
