"""Runs: their queue, what a head finds, what is remembered, and what survives."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from inference import Click
from inference.heads.proposals import Proposal, encode
from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.features import queue, store
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.jobs import leases
from labeling.live.messages import EVENT
from labeling.projects.models import Project
from labeling.suggestions import automatic_runs, heads, runs, services, work
from labeling.suggestions.models import HeadVersion, Run, RunImage, Suggestion, SuggestionSettings
from labeling.suggestions.open_suggestions import offered
from labeling.web.api import ApiError
from tests.suggestions.conftest import AddImage, Scene, Suggest, bits

DEAD = "gone:1:0.0.0"


def start(project: Project, user: User, **more: object) -> Run:
    return runs.start(project, user, "instances", **more)  # type: ignore[arg-type]


def states(run: Run) -> list[str]:
    return list(run.rows.order_by("pk").values_list("state", flat=True))


def sure(image: Image) -> list[Suggestion]:
    """The best suggestion of each word."""
    best: dict[str, Suggestion] = {}
    for row in offered(image):
        best.setdefault(row.word, row)
    return list(best.values())


def test_a_head_finds_what_is_there(project: Project, alice: User, starter: HeadVersion, add_image: AddImage) -> None:
    images = [add_image(seed) for seed in range(3)]
    run = start(project, alice, options={"refine": False})  # these features have nothing for the click model
    assert (run.head, states(run)) == (starter, ["queued"] * 3)
    assert work.work_off() == 3
    run.refresh_from_db()
    assert (run.state, states(run)) == ("done", ["ready"] * 3)
    for seed, image in enumerate(images):
        found = sure(image)
        assert sorted(row.category.name for row in found if row.category) == ["car", "person"]
        for row in found:
            (truth,) = [mask for mask, word in Scene.of(seed).masks() if word == row.word]
            seen = masks.decode(row.counts, image.height, image.width)
            assert (seen & truth).sum() / (seen | truth).sum() > 0.6
            assert row.counts == masks.canonical(row.counts, image.height, image.width), "comparable with annotations"
        looked = run.rows.get(image=image)
        assert looked.doubt is not None
        assert 0 < looked.doubt < 0.8


def test_starting_twice_is_starting_once(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage
) -> None:
    add_image(0)
    run = start(project, alice)
    add_image(1)
    assert start(project, alice) == run
    assert run.rows.count() == 2


def test_a_second_run_replaces_what_nobody_decided(
    project: Project, alice: User, bob: User, starter: HeadVersion, add_image: AddImage
) -> None:
    image = add_image(0)
    start(project, alice)
    work.work_off()
    first = offered(image)
    services.accept(image, bob, 0, [services.Wanted(first[0].uid)])
    start(project, alice)
    work.work_off()
    before = Suggestion.objects.in_bulk([row.pk for row in first])
    assert [before[row.pk].state for row in first] == ["accepted"] + ["stale"] * (len(first) - 1)
    assert first[0].counts not in {row.counts for row in offered(image)}, "it is kept, so it is not offered again"
    Suggestion.objects.update(created_at=timezone.now() - timedelta(days=2))
    services.tidy(timezone.now() - timedelta(days=1))
    assert not Suggestion.objects.filter(state="stale").exists()
    assert Suggestion.objects.filter(state="accepted").count() == 1


def test_what_was_rejected_is_not_proposed_again(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage
) -> None:
    image = add_image(0)
    start(project, alice)
    work.work_off()
    cars = [row for row in offered(image) if row.word == "car"]
    services.reject(image, alice, [row.uid for row in cars])
    start(project, alice)
    work.work_off()
    assert [row.word for row in sure(image)] == ["person"]


def test_images_wait_until_they_are_ready(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage
) -> None:
    add_image(0, "queued")
    run = start(project, alice)
    assert work.work_off() == 0
    assert states(run) == ["queued"]
    Encoding.objects.update(state="failed")
    runs.release_lost()
    run.refresh_from_db()
    assert (run.state, states(run), (runs.describe(run, True).failures or [])[0].reason) == (
        "done", ["failed"], runs.NOT_PREPARED,
    )  # fmt: skip


def test_lost_features_are_waited_for(project: Project, alice: User, starter: HeadVersion, add_image: AddImage) -> None:
    image = add_image(0)
    run = start(project, alice)
    storages["features"].delete(Encoding.objects.get(image=image).storage_key)
    assert work.work_off() == 0
    row = run.rows.get()
    assert (row.state, row.attempts) == ("queued", 0)
    assert Encoding.objects.get(image=image).state == "queued", "it is encoded again"


def test_a_damaged_head_fails_with_what_to_do(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_image(0)
    run = start(project, alice)
    monkeypatch.setattr(heads, "starter_folder", lambda kind: Path("/nonexistent"))
    work.work_off()
    assert states(run) == ["failed"]
    assert "Train it again" in run.rows.get().reason
    run.refresh_from_db()
    assert run.state == "done"
    monkeypatch.undo()
    assert runs.retry(run) == 1
    assert states(run) == ["queued"]


def test_a_deleted_head_ends_its_runs_and_withdraws_what_it_proposed(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage
) -> None:
    image = add_image(0)
    run = start(project, alice)
    work.work_off()
    assert offered(image)
    run = start(project, alice)
    starter.delete()
    assert offered(image) == []
    work.work_off()
    assert "deleted" in run.rows.get().reason


def test_stop_and_retry(project: Project, alice: User, starter: HeadVersion, add_image: AddImage) -> None:
    images = [add_image(seed) for seed in range(2)]
    run = start(project, alice)
    row = runs.claim()
    assert row is not None
    assert runs.stop(run)
    assert states(run) == ["stopped", "stopped"]
    assert not work.look(row, work.Turns(row)), "what a worker found meanwhile is not stored"
    assert offered(images[0]) == []
    assert not runs.stop(run)
    assert runs.retry(run) == 2
    assert work.work_off() == 2


def test_a_killed_worker_loses_nothing(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage
) -> None:
    add_image(0)
    run = start(project, alice)
    for attempt in range(1, runs.MAX_ATTEMPTS + 1):
        row = runs.claim()
        assert row is not None
        assert row.attempts == attempt
        assert runs.claim() is None
        RunImage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert runs.release_lost() == 1
        assert not runs.finish(row), "a worker that was thought dead changes nothing"
    assert states(run) == ["failed"]
    assert run.rows.get().reason == runs.WORKER_DIED


def test_a_dead_process_is_noticed_before_its_lease_ends(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_image(0)
    run = start(project, alice)
    assert runs.claim() is not None
    assert runs.release_lost() == 0
    monkeypatch.setattr(leases, "is_dead", lambda owner: True)
    assert runs.release_lost() == 1
    assert states(run) == ["queued"]


def test_an_image_that_somebody_waits_for_goes_first(
    project: Project, alice: User, bob: User, starter: HeadVersion, add_image: AddImage
) -> None:
    images = [add_image(seed) for seed in range(3)]
    start(project, alice)
    start(project, bob, images=[images[2]], first=True)
    row = runs.claim()
    assert row is not None
    assert row.image == images[2]


def test_deleting_an_image_ends_a_run_that_waits_for_it(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage
) -> None:
    image = add_image(0, "queued")
    run = start(project, alice)
    image.delete()
    runs.release_lost()
    run.refresh_from_db()
    assert run.state == "done"


def test_nothing_to_ask_or_nothing_to_do(project: Project, alice: User, add_image: AddImage, trained: Path) -> None:
    with pytest.raises(ApiError) as error:
        start(project, alice)
    assert error.value.code == "no_head"
    with pytest.raises(ApiError) as error:
        runs.start(project, alice, "everything")
    assert error.value.code == "method_not_installed"
    HeadVersion.objects.create(kind="instances", number=1, state="ready")
    with pytest.raises(ApiError) as error:
        start(project, alice)
    assert error.value.code == "nothing_to_do"


def test_done_images_are_not_looked_at(
    project: Project, alice: User, bob: User, starter: HeadVersion, add_image: AddImage
) -> None:
    images = [add_image(seed) for seed in range(2)]
    annotations.set_status(images[0], bob, version=0, status="done")
    run = start(project, alice)
    assert [row.image for row in run.rows.all()] == [images[1]]


def test_new_starter_weights_are_a_new_version(
    starter: HeadVersion, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads.find_starters()
    assert HeadVersion.objects.count() == 1
    manifest = json.loads((trained / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "trained": "again"}))
    monkeypatch.setattr(heads, "starter_folder", lambda kind: tmp_path if kind == "instances" else Path("/nonexistent"))
    heads.find_starters()
    assert [head.number for head in heads.starters()] == [2]
    with pytest.raises(heads.HeadGone, match="newer starter model"):
        heads.local_folder(starter)


def test_everything_follows_the_features_where_it_is_wanted(
    project: Project, add_image: AddImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queueing; the discoverer itself is tested with the library."""
    monkeypatch.setattr(heads, "is_installed", lambda method: True)
    image, other = add_image(0, "encoding"), add_image(1)
    Encoding.objects.filter(image=image).update(lease_owner=DEAD)
    row = Encoding.objects.get(image=image)
    assert queue.finish(row, version="v", key="k", sha256="s", nbytes=1, seconds=1.0)
    assert not Run.objects.exists()
    SuggestionSettings.objects.create(project=project, everything_when_ready=True)
    automatic_runs.image_ready(image.pk)
    run = Run.objects.get()
    assert (run.automatic, [one.image for one in run.rows.all()]) == (True, [image])
    for field in ("archived_at", "binned_at"):
        Project.objects.update(**{field: timezone.now()})
        assert automatic_runs.catch_up() == 0
        Project.objects.update(**{field: None})
    assert automatic_runs.catch_up() == 1
    assert {one.image for one in run.rows.all()} == {image, other}
    assert automatic_runs.catch_up() == 0


def test_features_becoming_ready_are_told(
    project: Project, add_image: AddImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(automatic_runs, "image_ready", seen.append)
    image = add_image(0, "encoding")
    Encoding.objects.filter(image=image).update(lease_owner=DEAD)
    queue.finish(Encoding.objects.get(image=image), version="v", key="k", sha256="s", nbytes=1, seconds=1.0)
    assert seen == [image.pk]


def test_the_pages_are_told(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:  # fmt: skip
    from labeling.web import events

    told: list[dict[str, object]] = []
    monkeypatch.setattr(events, "publish", lambda group, event: told.append(event))
    add_image(0)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        run = start(project, alice)
        work.work_off()
    for event in told:
        if "found" in event:
            passed_on: Any = EVENT.validate_python(event)
            assert passed_on.image == Image.objects.get().pk, "the editors' socket passes it on"
    assert sum("found" in event for event in told) == 1
    found = [event["run"] for event in told if "run" in event]
    assert found[-1] == {"id": run.pk, "method": "instances", "state": "done", "done": 1, "failed": 0, "total": 1}


def test_editors_are_told_why_their_image_failed(
    project: Project, alice: User, starter: HeadVersion, add_image: AddImage, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:  # fmt: skip
    from labeling.web import events

    told: list[dict[str, object]] = []
    monkeypatch.setattr(events, "publish", lambda group, event: told.append(event))
    image = add_image(0)
    run = start(project, alice)
    monkeypatch.setattr(heads, "starter_folder", lambda kind: Path("/nonexistent"))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        work.work_off()
    (reason,) = run.rows.values_list("reason", flat=True)
    assert [event for event in told if "found" in event] == [
        {"type": "suggestions", "image": image.pk, "method": "instances", "found": 0, "reason": reason}
    ]
    EVENT.validate_python(told[0] if "found" in told[0] else told[1])
    assert [one.plain() for one in runs.looks(image)] == [
        {"method": "instances", "state": "failed", "found": 0, "reason": reason}
    ]
    told.clear()
    runs.retry(run)
    Encoding.objects.update(state="failed")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        runs.release_lost()
    assert [event["reason"] for event in told if "found" in event] == [runs.NOT_PREPARED]
    runs.retry(run)
    run.rows.update(state="running", attempts=runs.MAX_ATTEMPTS, lease_owner=DEAD, lease_until=None)
    told.clear()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        runs.release_lost()
    assert [event["reason"] for event in told if "found" in event] == [runs.WORKER_DIED]


def test_rejected_masks_are_compared_by_overlap(add_image: AddImage, suggest: Suggest) -> None:
    image: Image = add_image(0, "queued")
    from inference.heads.proposals import Proposal, encode

    suggest(image, (1, 1, 6, 6), state="rejected")
    found = [Proposal(encode(bits(box)), (0, 0, 0, 0), 0.5) for box in ((1, 1, 6, 5), (5, 1, 11, 6))]
    assert work.remembered(found, work.rejected_masks(image)) == found[1:]
    assert work.remembered([], work.rejected_masks(image)) == []
    assert store.storage() is storages["features"]


def test_a_suggestion_keeps_what_its_clicks_began_with(project: Project, add_image: AddImage) -> None:
    image, coarse, sharp = add_image(), encode(bits((1, 1, 6, 6))), encode(bits((1, 1, 7, 6)))
    found = Proposal(sharp, (4, 4, 28, 24), 0.9, "car", (Click(12, 12, True),), coarse)
    row = work.as_row(found, image, "instances", None, None)
    row.save()
    row.refresh_from_db()
    assert (row.basis, row.clicks) == (coarse["counts"], [[12, 12, True]])
    assert work.as_row(replace(found, basis=None), image, "instances", None, None).basis == ""
