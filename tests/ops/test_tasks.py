"""Every task has an end, uploads and exports do not stop each other, and no slice is long."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from labeling.accounts.models import User
from labeling.celery import app
from labeling.exchange import build
from labeling.exchange.models import Export
from labeling.exchange.tasks import run
from labeling.features import work as encoding
from labeling.images import ingest as ingesting
from labeling.images import services
from labeling.images.models import Upload
from labeling.images.tasks import ingest as ingest_task
from labeling.projects.models import Project
from labeling.server.host_lock import one_of
from labeling.suggestions import work as suggesting
from tests.conftest import picture_bytes
from tests.images.files import zip_file

app.loader.import_default_modules()  # all of them, whatever other tests have imported
OWN = sorted(name for name in app.tasks if name.startswith("labeling."))


@pytest.mark.parametrize("name", OWN)
def test_every_task_has_a_soft_and_a_hard_limit(name: str) -> None:
    task = app.tasks[name]
    soft = task.soft_time_limit or app.conf.task_soft_time_limit
    hard = task.time_limit or app.conf.task_time_limit
    assert soft == settings.TASK_MINUTES.get(name, 10) * 60
    assert soft < hard <= soft + 60


def test_the_table_of_limits_is_true() -> None:
    text = (Path(settings.BASE_DIR) / "docs/guides/configuration.md").read_text()
    rows = re.findall(r"^\| `(\w+\.tasks\.\w+)` \|.*\| (\d+), (\d+) \|", text, re.MULTILINE)
    assert {f"labeling.{name}": (int(soft), int(hard)) for name, soft, hard in rows} == {
        name: (minutes, minutes + 1) for name, minutes in settings.TASK_MINUTES.items()
    }


def test_there_is_a_process_for_exports_while_uploads_have_all_their_places() -> None:
    assert settings.TAKE_IN_AT_ONCE < settings.WORKER_PROCESSES
    with one_of("ingest", 2) as first, one_of("ingest", 2) as second, one_of("ingest", 2) as third:
        assert (first, second, third) == (True, True, False)
        with one_of("export", 2) as export:
            assert export
    with one_of("ingest", 2) as again:
        assert again


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    send = "labeling.server.wake_up.send"
    monkeypatch.setattr(send, lambda task, *args, **_: found.append((task.rpartition(".")[2], *args)))
    return found


@pytest.mark.django_db(transaction=True)
def test_who_finds_no_place_leaves_the_upload_to_others(
    project: Project, alice: User, nudged: list[tuple[Any, ...]]
) -> None:
    waiting = _upload(project, alice)
    with one_of("ingest", 1), one_of("ingest", settings.TAKE_IN_AT_ONCE):
        assert ingest_task(waiting.pk) == 0
    nudged.clear()
    done = _upload(project, alice)
    assert ingest_task(done.pk) == 2
    assert ("ingest", waiting.pk) in nudged


@pytest.mark.django_db(transaction=True)
def test_uploads_take_turns(
    project: Project, alice: User, nudged: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "SLICE", -1.0)
    first, second, third = (_upload(project, alice, files=3) for _ in range(3))

    def after(upload: Upload) -> list[int]:
        nudged.clear()
        assert ingest_task(upload.pk) == 1
        return [number for name, number in nudged if name == "ingest"]

    assert after(second) == [third.pk, second.pk]
    assert after(third) == [first.pk, third.pk]
    assert ingesting.claim(third.pk) is not None  # somebody is at work on it
    assert after(second) == [first.pk, second.pk]


def _upload(project: Project, user: User, files: int = 1) -> Upload:
    upload = services.start_upload(project, user)
    for number in range(files):
        content = zip_file({"a.txt": b"x", "a.png": picture_bytes()})
        services.add_file(upload, f"{number}.zip", io.BytesIO(content))
    return upload


@pytest.mark.django_db(transaction=True)
def test_an_export_of_another_project_comes_next(project: Project, alice: User, nudged: list[tuple[Any, ...]]) -> None:
    other = Project.objects.create(name="Other", created_by=alice)
    rows = [Export.objects.create(project=one, format="coco") for one in (project, project, other)]
    with one_of("export", 1), one_of("export", settings.TAKE_IN_AT_ONCE):
        assert not run(rows[0].pk)
    nudged.clear()
    assert run(rows[0].pk)
    assert nudged == [("run", rows[2].pk)]
    following = build.next_free(rows[2])
    assert following is not None
    assert following.pk == rows[1].pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("module", "task"), [(encoding, "encode"), (suggesting, "suggest")])
def test_a_slice_that_is_over_asks_for_another_one(
    module: Any, task: str, nudged: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLICE", -1.0)
    monkeypatch.setattr(module, "_drain", lambda until: pytest.fail("it is over"))
    assert module.work_off() == 0
    assert (task,) in nudged
