"""A project's heads: asked for, trained by the real library, cancelled, gone on with, and kept to their project."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage, storages
from django.test import Client
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations.models import Annotation
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.jobs import leases
from labeling.projects.models import Project
from labeling.suggestions import examples, heads, learning, mapping, runs, services, tasks, work
from labeling.suggestions.models import HeadVersion, Run, SuggestionSettings
from labeling.web.api import ApiError
from tests.suggestions.conftest import AddImage, Suggest

pytestmark = pytest.mark.once

Finish = Callable[[Image, int], None]
AsUser = Callable[[User | None], Client]


@pytest.fixture
def finished(project: Project, add_image: AddImage, finish: Finish) -> list[Image]:
    """Four images that are done."""
    images = [add_image(seed) for seed in range(4)]
    for seed, image in enumerate(images):
        finish(image, seed)
    return images


def ask(project: Project, user: User, steps: int = 10) -> HeadVersion:
    return learning.ask(project, user, "instances", steps)


def test_a_head_is_trained_measured_kept_and_asked(
    project: Project,
    alice: User,
    rita: User,
    charlie: User,
    finished: list[Image],
    add_image: AddImage,
    as_user: AsUser,
) -> None:
    waiting = add_image(9)
    head = ask(project, alice)
    assert (head.title, head.state, head.classes) == ("Instances 1", "queued", ["car", "person"])
    assert tasks.learn(head.pk)
    assert not tasks.learn(head.pk), "a doubled message"
    head.refresh_from_db()
    assert (head.state, head.step, head.reason) == ("ready", 10, "")
    assert head.curve[-1][0] == 10
    assert head.figures["images"] >= 1
    assert 0 <= head.figures["ap"] <= 1
    assert head.folder.startswith(f"projects/{project.pk}/heads/instances-1-")
    assert not learning.scratch(head).exists()
    url = f"/heads/{head.pk}/worst"
    assert b"".join(as_user(rita).get(url).streaming_content)[:4] == b"\x89PNG"  # type: ignore[attr-defined]
    assert as_user(charlie).get(url).status_code == 404
    run = Run.objects.get()
    assert (run.head, [row.image for row in run.rows.all()]) == (head, [waiting]), "what is not done is looked at"
    assert work.work_off() == 1
    assert run.rows.get().state == "ready"
    names = {word: one.name for word, one in mapping.mapped(project, head).items() if one}
    assert names == {"car": "car", "person": "person"}
    project.categories.filter(name="car").update(name="vehicle")
    assert mapping.mapped(project, head)["car"].name == "vehicle", "a class that is renamed stays what it was"  # type: ignore[union-attr]


def test_cancelled_while_it_learns(
    project: Project, alice: User, finished: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = ask(project, alice, steps=500)

    def cancel_soon(known: HeadVersion) -> None:
        if known.step == learning.TELL_EVERY and known.state == "training":
            assert learning.cancel(HeadVersion.objects.get(pk=head.pk))

    monkeypatch.setattr(learning, "publish", cancel_soon)
    assert tasks.learn(head.pk)
    head.refresh_from_db()
    assert (head.state, head.step, head.folder) == ("cancelled", learning.TELL_EVERY, "")
    assert not learning.scratch(head).exists()
    assert not learning.cancel(head)


def test_a_worker_that_ends_leaves_the_rest_to_the_next(
    project: Project, alice: User, finished: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = ask(project, alice, steps=15)
    monkeypatch.setattr(leases, "stopping", lambda: True)
    tasks.learn(head.pk)
    head.refresh_from_db()
    assert (head.state, head.step, head.attempts, head.lease_owner) == ("queued", 5, 0, "")
    assert (learning.scratch(head) / "checkpoint.pt").exists()
    monkeypatch.setattr(leases, "stopping", lambda: False)
    tasks.learn(head.pk)
    head.refresh_from_db()
    assert (head.state, [step for step, _ in head.curve]) == ("ready", [5, 10, 15]), "it went on, not anew"


def test_a_killed_worker_s_training_goes_on_from_its_checkpoint(
    project: Project, alice: User, finished: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nobody catches it, nobody cleans up the row: as after `kill -9`."""

    told: list[int] = []

    def die(known: HeadVersion) -> None:
        told.append(known.step)
        if told == [0, 5, 10]:
            raise Killed

    head = ask(project, alice, steps=15)
    monkeypatch.setattr(learning, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(learning, "publish", die)
    with pytest.raises(Killed):
        tasks.learn(head.pk)
    head.refresh_from_db()
    assert head.state == "training"
    assert not tasks.learn(head.pk), "its lease is not over"
    HeadVersion.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert tasks.learn(head.pk)
    head.refresh_from_db()
    assert (head.state, told[3:6]) == ("ready", [10, 10, 15]), "step 5 was not made again"


def test_a_killed_worker_is_noticed_and_not_for_ever(project: Project, alice: User, finished: list[Image]) -> None:
    head = ask(project, alice)
    for _ in range(learning.MAX_ATTEMPTS):
        claimed = learning.claim(head.pk)
        assert claimed is not None
        assert learning.claim(head.pk) is None
        assert not learning.unfinished().exists()
        HeadVersion.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert learning.unfinished().get() == head
        learning._give_back(claimed)  # of another owner's lease: no effect
        HeadVersion.objects.update(state="training", attempts=claimed.attempts + 1)
    assert tasks.learn(head.pk)
    head.refresh_from_db()
    assert (head.state, head.reason) == ("failed", learning.WORKER_DIED)
    assert learning.retry(head)
    head.refresh_from_db()
    assert (head.state, head.attempts) == ("queued", 0)


def test_what_can_not_be_asked_for(
    project: Project, alice: User, bob: User, add_image: AddImage, finish: Finish
) -> None:
    def code() -> str:
        with pytest.raises(ApiError) as error:
            ask(project, alice)
        return error.value.code

    assert code() == "too_few_images"
    for seed in range(2):
        finish(add_image(seed), seed)
    ask(project, alice)
    assert code() == "already_learning"
    HeadVersion.objects.update(state="cancelled")
    Annotation.objects.all().delete()
    project.categories.exclude(name="road").delete()
    assert code() == "no_things"
    assert learning.ask(project, alice, "panoptic").classes == ["road"]


def test_it_learns_at_every_doubling(
    project: Project, alice: User, finished: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert learning.ask_where_due() == []
    monkeypatch.setattr(learning, "FROM", 2)
    for field in ("archived_at", "binned_at"):
        Project.objects.update(**{field: timezone.now()})
        assert learning.ask_where_due() == [], "nothing begins by itself in a project that is put aside"
        Project.objects.update(**{field: None})
    assert sorted(head.kind for head in learning.ask_where_due()) == ["instances", "panoptic"]
    HeadVersion.objects.update(state="failed")
    assert learning.ask_where_due() == [], "a failure is not repeated before the next doubling"
    HeadVersion.objects.update(finished_images=2)
    assert [head.number for head in learning.ask_where_due()] == [2, 2]
    HeadVersion.objects.update(state="ready", finished_images=2)
    SuggestionSettings.objects.create(project=project, learn_at_doublings=False)
    assert learning.ask_where_due() == []


def test_corrections_weigh_more_and_rejections_count(
    project: Project, alice: User, bob: User, add_image: AddImage, suggest: Suggest
) -> None:
    image = add_image(0)
    plain, edited, bad = suggest(image, (1, 1, 6, 6)), suggest(image, (10, 1, 16, 6)), suggest(image, (20, 1, 26, 6))
    rough = suggest(image, (1, 1, 6, 5))
    wanted = [services.Wanted(plain.uid), services.Wanted(edited.uid, category=2)]
    services.accept(image, bob, 0, wanted)
    services.reject(image, bob, [bad.uid, rough.uid])
    names = dict(project.categories.values_list("pk", "name"))
    (example,) = examples.examples_of(project, [image.pk, 999_999], names)
    assert [(one.category, one.weight) for one in example.objects] == [("car", 1.0), ("person", examples.CORRECTED)]
    assert [one.segmentation["counts"] for one in example.rejected] == [bad.counts], "the rough one is kept after all"
    annotations.change(Annotation.objects.get(uid=plain.uid), alice, version=2, category=3)
    (example,) = examples.examples_of(project, [image.pk], {})
    assert [(one.category, one.weight) for one in example.objects] == [("", 2.0), ("", 2.0)]
    assert example.tokens().shape[0] == 384
    assert example.picture is not None
    assert example.picture().shape == (image.height, image.width, 3)


def test_a_head_waits_for_features_that_are_lost(project: Project, alice: User, finished: list[Image]) -> None:
    head = ask(project, alice)
    row = Encoding.objects.get(image=finished[0])
    storages["features"].delete(row.storage_key)
    tasks.learn(head.pk)
    head.refresh_from_db()
    row.refresh_from_db()
    assert (head.state, head.attempts, row.state) == ("queued", 0, "queued"), "the image is encoded again"


def test_images_are_held_out_by_their_content(finished: list[Image], project: Project) -> None:
    found = examples.examples_of(project, [image.pk for image in finished], {})
    learned, measured = examples.split(found)
    assert learned
    assert measured
    assert len(learned) + len(measured) == 4
    assert [one.name for one in examples.split(found[:1])[0]] == [found[0].name]


def test_a_head_never_leaves_its_project(
    project: Project, alice: User, finished: list[Image], trained: Path, as_user: AsUser, add_image: AddImage
) -> None:
    other = Project.objects.create(name="Other", created_by=alice)
    other.memberships.create(user=alice, role="manager")
    head = HeadVersion.objects.create(project=project, kind="instances", number=1, state="ready", classes=["car"])
    folder = heads.new_folder(head)
    heads.store(folder, *trained.iterdir())
    HeadVersion.objects.update(folder=folder)
    head.refresh_from_db()
    assert heads.load(head).categories == ("car", "person")
    assert heads.best(other, "instances") is None
    with pytest.raises(ApiError) as error:
        heads.for_project(other, head.pk)
    assert error.value.status == 404
    image = add_image(7, of=other)
    body: dict[str, Any] = {"method": "instances", "head": head.pk}
    url = f"/api/projects/{other.pk}/suggestions/runs"
    assert as_user(alice).post(url, body, "application/json").status_code == 404
    assert not runs.Run.objects.filter(rows__image=image).exists()
    path = Path(default_storage.path(folder))
    assert path.is_dir()
    project.delete()
    assert path.is_dir(), "the files go once the deletion is committed"


def test_files_go_with_their_head(project: Project, trained: Path, django_capture_on_commit_callbacks: Any) -> None:
    head = HeadVersion.objects.create(project=project, kind="instances", number=1, state="ready")
    head.folder = heads.new_folder(head)
    head.save()
    heads.store(head.folder, *trained.iterdir())
    path = Path(default_storage.path(head.folder))
    assert (path / "manifest.json").exists()
    with django_capture_on_commit_callbacks(execute=True):
        head.delete()
    assert not path.exists()


def test_a_curve_stays_short() -> None:
    curve: list[list[float]] = []
    for step in range(5000):
        curve = learning.thinned([*curve, [step, 1.0]])
    assert len(curve) <= learning.CURVE_POINTS
    assert curve[-1][0] == 4999
