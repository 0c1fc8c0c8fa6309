"""The mechanism of every queue in rows: claimed once, claimed again after a kill, lost for good, failed in the end."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from labeling.annotations.models import AnnotationSet
from labeling.exchange import build, importing
from labeling.exchange.models import Export, Import
from labeling.features import queue, tiles
from labeling.features.models import Encoding
from labeling.images import block_jobs, ingest, services
from labeling.images.models import BlockJob, Image
from labeling.jobs import leases
from labeling.jobs.models import LeasedRow
from labeling.jobs.queue import MAX_ATTEMPTS, LeaseQueue
from labeling.projects import jobs as project_work
from labeling.projects.models import Project, ProjectJob
from labeling.quality import comparing
from labeling.quality.models import ImageCheck
from labeling.sources import scan
from labeling.sources.models import Source
from labeling.suggestions import learning, runs
from labeling.suggestions.models import HeadVersion, Run, RunImage
from tests.conftest import picture_bytes

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Kind:
    """One of the queues.

    make: makes two rows that wait. outcome: the state and the reason of a row that failed.
    fail: what a claimer does with a row that killed its workers, where that is not the queue's own work.
    dropped: such a row is deleted, as what it asks for is only a figure.
    """

    jobs: LeaseQueue[Any]
    make: Callable[[Project], None]
    outcome: Callable[[Any], tuple[str, str]]
    fail: Callable[[Any], object] | None = None
    dropped: bool = False


def images(project: Project) -> list[Image]:
    for seed in range(2):
        image = Image.objects.create(
            project=project, name=f"{seed}.png", sha256=f"{seed}" * 64, width=64, height=48, source={"format": "PNG"}
        )
        AnnotationSet.objects.get_or_create(image=image)
    return list(Image.objects.order_by("pk"))


def encodings(project: Project) -> None:
    queue.add(images(project))


def run_images(project: Project) -> None:
    found = images(project)
    queue.add(found)
    Encoding.objects.update(state=Encoding.State.READY)
    run = Run.objects.create(project=project, method="everything")
    runs.add(run, found)


def tile_rows(project: Project) -> None:
    for image in images(project):
        tiles.ask(image.pk, "t1-0-0")


def items(project: Project) -> None:
    upload = services.start_upload(project, project.created_by)
    for seed in range(2):
        services.add_file(upload, f"{seed}.png", io.BytesIO(picture_bytes(seed=seed)))


def trainings(project: Project) -> None:
    for kind in ("instances", "panoptic"):
        HeadVersion.objects.create(project=project, kind=kind, number=1)


def exports(project: Project) -> None:
    for _ in range(2):
        Export.objects.create(project=project, format="coco")


def imports(project: Project) -> None:
    for _ in range(2):
        Import.objects.create(project=project, format="coco", name="theirs.json")


def block_job_rows(project: Project) -> None:
    for image in images(project):
        BlockJob.objects.create(image=image)


def project_jobs(project: Project) -> None:
    for kind in (ProjectJob.Kind.COPY, ProjectJob.Kind.MERGE):
        ProjectJob.objects.create(project=project, project_number=project.pk, kind=kind)


def image_checks(project: Project) -> None:
    for image in images(project):
        ImageCheck.objects.create(image=image)


def sources(project: Project) -> None:
    for folder in ("a", "b"):
        Source.objects.create(project=project, root="folder:scans", prefix=folder, created_by=project.created_by)


def state_and_reason(row: Any) -> tuple[str, str]:
    return row.state, row.reason


KINDS = {
    "Encoding": Kind(queue.jobs, encodings, state_and_reason),
    "Tile": Kind(tiles.jobs, tile_rows, lambda row: (row.state, "3 times, nobody reads why")),
    "RunImage": Kind(runs.jobs, run_images, state_and_reason),
    "HeadVersion": Kind(learning.jobs, trainings, state_and_reason, learning.learn),
    "Export": Kind(build.jobs, exports, state_and_reason, build.make),
    "Import": Kind(importing.jobs, imports, state_and_reason, importing.work),
    "UploadItem": Kind(ingest.jobs, items, lambda row: (row.state, row.message), ingest.process),
    "BlockJob": Kind(
        block_jobs.jobs,
        block_job_rows,
        lambda row: ("failed" if row.failed_at else "", "3 times, in the log"),
        block_jobs._cut,
    ),
    "Source": Kind(scan.jobs, sources, lambda row: ("failed" if row.trouble else "", row.trouble), scan.work),
    "ProjectJob": Kind(project_work.queue, project_jobs, state_and_reason),
    "ImageCheck": Kind(
        comparing.jobs, image_checks, lambda row: ("", ""), lambda row: comparing._work(row, None), dropped=True
    ),
}


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest, project: Project) -> Kind:
    """A queue with two rows that wait."""
    kind = KINDS[request.param]
    kind.make(project)
    assert kind.jobs.line().count() == 2
    return kind


def test_every_leased_row_is_here() -> None:
    assert {model.__name__ for model in LeasedRow.__subclasses__()} == set(KINDS)
    assert {kind.jobs.model.__name__ for kind in KINDS.values()} == set(KINDS)


def kill(row: LeasedRow) -> None:
    """Make the row's owner a process of this host that is no more."""
    host, _, token = row.lease_owner.rsplit(":", 2)
    type(row)._default_manager.filter(pk=row.pk).update(lease_owner=f"{host}:4194304:{token}")


def claim(jobs: LeaseQueue[Any], line: Any = None) -> Any:
    row = jobs.claim(line)
    assert row is not None
    return row


def test_the_first_in_line_once(kind: Kind) -> None:
    first = kind.jobs.line().first()
    row, other = claim(kind.jobs), claim(kind.jobs)
    assert row == first
    assert other != row
    assert kind.jobs.claim() is None
    assert not kind.jobs.is_waiting()
    assert (row.attempts, leases.is_dead(row.lease_owner)) == (1, False)
    assert timedelta(seconds=50) < row.lease_until - timezone.now() <= leases.LEASE


def test_several_at_once(kind: Kind) -> None:
    first, second = kind.jobs.line()
    claimed = kind.jobs.claim_some(lambda rows: rows[::-1], 5)
    assert claimed == [second, first]
    assert {row.lease_owner for row in claimed} == {claimed[0].lease_owner}
    assert kind.jobs.mine(*claimed).count() == 2


def test_two_claims_at_once_give_a_row_once(kind: Kind) -> None:
    def work(_: int) -> list[int]:
        try:
            taken = []
            while kind.jobs.is_waiting():  # a row that another claim looks at is passed over
                if (row := kind.jobs.claim()) is not None:
                    taken.append(row.pk)
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = [pk for pks in pool.map(work, range(4)) for pk in pks]
    assert sorted(taken) == sorted(kind.jobs.model._default_manager.values_list("pk", flat=True))


def test_a_killed_workers_row_is_claimed_again(kind: Kind) -> None:
    row = claim(kind.jobs)
    claim(kind.jobs)
    assert kind.jobs.release() == [], "both live"
    kill(row)
    assert kind.jobs.release() == [row]
    assert kind.jobs.release() == []
    again = claim(kind.jobs)
    assert (again, again.attempts) == (row, 2)


def test_a_lease_that_ran_out_is_claimed_again(kind: Kind) -> None:
    row = claim(kind.jobs)
    claim(kind.jobs)
    kind.jobs.mine(row).update(lease_until=timezone.now() - timedelta(seconds=1))
    kind.jobs.release()
    assert claim(kind.jobs) == row
    assert kind.jobs.claim() is None


def test_a_lost_lease_stays_lost(kind: Kind) -> None:
    row = claim(kind.jobs)
    claim(kind.jobs)
    kind.jobs.mine(row).update(lease_until=timezone.now() - timedelta(seconds=1))
    kind.jobs.release()
    again = claim(kind.jobs)
    assert again == row
    before = kind.jobs.model._default_manager.filter(pk=row.pk).values().get()
    assert not kind.jobs.mine(row).exists()
    assert not kind.jobs.settle(row, attempts=0)
    assert not kind.jobs.give_back(row)
    if kind.jobs.failed is not None:
        assert not kind.jobs.fail(row, final=True)
    with leases.renewing(kind.jobs.mine(row), every=timedelta(seconds=0.01)):
        kind.jobs.mine(again).update(lease_until=before["lease_until"])
    assert kind.jobs.model._default_manager.filter(pk=row.pk).values().get() == before
    assert kind.jobs.settle(again)
    assert not kind.jobs.settle(again), "once"


def test_a_row_that_is_renewed_while_we_look_is_not_released(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    row = claim(kind.jobs)
    kind.jobs.mine(row).update(lease_until=timezone.now() - timedelta(seconds=1))
    seen = kind.jobs.mine(row).get()
    kind.jobs.mine(row).update(lease_until=leases.until())
    monkeypatch.setattr(leases, "is_dead", lambda owner: True)
    assert not kind.jobs._free(seen)
    assert kind.jobs.mine(row).exists()


def test_given_back(kind: Kind) -> None:
    row = claim(kind.jobs)
    other = claim(kind.jobs)
    assert kind.jobs.give_back(row, counted=False)
    again = claim(kind.jobs)
    assert (again, again.attempts) == (row, 1)
    assert kind.jobs.give_back(other)
    assert claim(kind.jobs).attempts == 2
    if kind.jobs.queued != kind.jobs.held:
        return
    assert kind.jobs.give_back(again, not_before=timezone.now() + timedelta(seconds=30))
    assert kind.jobs.claim() is None, "not yet"
    kind.jobs.model._default_manager.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim(kind.jobs) == row


def test_the_last_death_fails_it_with_a_reason(kind: Kind) -> None:
    row = kind.jobs.line()[0]
    others = kind.jobs.line().exclude(pk=row.pk)
    assert kind.jobs.claim(others) is not None
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claimed = claim(kind.jobs)
        assert (claimed, claimed.attempts, kind.jobs.is_worn_out(claimed)) == (row, attempt, False)
        kill(claimed)
        [released] = kind.jobs.release()
        assert released == row
    if kind.fail is not None:
        claimed = claim(kind.jobs)
        assert kind.jobs.is_worn_out(claimed)
        kind.fail(claimed)
    if kind.dropped:
        assert not type(row)._default_manager.filter(pk=row.pk).exists()
        return
    row.refresh_from_db()
    state, reason = kind.outcome(row)
    assert state in ("failed", "rejected")
    assert f"{MAX_ATTEMPTS} times" in reason
    assert (row.lease_owner, row.lease_until) == ("", None)
    assert kind.jobs.claim() is None
    assert kind.jobs.requeue(type(row)._default_manager.filter(pk=row.pk), **kind.jobs.queued) == 1
    assert claim(kind.jobs).attempts == 1


@pytest.mark.parametrize("name", ["Encoding", "Tile", "RunImage"])
def test_errors_fail_it_at_the_last_attempt(name: str, project: Project) -> None:
    jobs = KINDS[name].jobs
    KINDS[name].make(project)
    row = jobs.line()[0]
    line = jobs.model._default_manager.filter(pk=row.pk)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claimed = claim(jobs, jobs.line() & line)
        assert jobs.fail(claimed)
        assert claimed.state == ("failed" if attempt == MAX_ATTEMPTS else "queued")
    jobs.requeue(line)
    claimed = claim(jobs, jobs.line() & line)
    assert jobs.fail(claimed, final=True)
    assert claimed.state == "failed"


def test_only_rows_of_runs_under_way_and_ready_images(project: Project) -> None:
    run_images(project)
    Encoding.objects.filter(image=RunImage.objects.all()[0].image).update(state=Encoding.State.QUEUED)
    assert runs.claim() is not None
    assert runs.claim() is None
