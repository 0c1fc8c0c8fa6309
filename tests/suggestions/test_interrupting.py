"""Who waits for an image goes before a run: between its images and within one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.suggestions import heads, runs, work
from labeling.suggestions.models import HeadVersion, Run
from tests.suggestions.conftest import WORDS, AddImage, small

ALL = {"refine": False, "threshold": 0.0}
"""Every object that a head proposes, as it proposes it."""


def start(project: Project, user: User, **more: object) -> Run:
    return runs.start(project, user, "instances", **more)  # type: ignore[arg-type]


def states(run: Run) -> list[str]:
    return list(run.rows.order_by("pk").values_list("state", flat=True))


@pytest.fixture(scope="session")
def untrained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head of the library that has learned nothing: enough for who goes first. Its export takes seconds."""
    from inference.heads.data.examples import Vocabulary
    from inference.heads.training.head_files import make_model, write_head

    folder = tmp_path_factory.mktemp("untrained")
    write_head(make_model("instances", small("instances", 2)), "instances", Vocabulary(WORDS), folder)
    return folder


@pytest.fixture
def untrained(untrained_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> HeadVersion:
    """That head as the starter model of its kind."""
    monkeypatch.setattr(
        heads, "starter_folder", lambda kind: untrained_folder if kind == "instances" else tmp_path / "none"
    )
    heads.find_starters()
    return HeadVersion.objects.get(project=None)


def during_the_first_look(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[int]:
    """Something happens between two objects of the first image that is looked at; returns the images whose objects
    are worked at, as they come."""
    seen: list[int] = []
    go_on = work.Turns.__call__

    def between(turns: work.Turns) -> None:
        seen.append(turns.row.image_id)
        if len(seen) == 1:
            act()
        go_on(turns)

    monkeypatch.setattr(work, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(work.Turns, "__call__", between)
    return seen


def ended(run: Run) -> list[int]:
    """A run's images in the order in which their answers were there."""
    return list(run.rows.filter(state="ready").order_by("finished_at").values_list("image", flat=True))


def test_who_waits_for_an_image_interrupts_a_run_within_an_image(
    project: Project,
    alice: User,
    bob: User,
    untrained: HeadVersion,
    add_image: AddImage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = [add_image(seed) for seed in range(4)]
    last = images[-1]
    run = start(project, alice, options=ALL)
    seen = during_the_first_look(monkeypatch, lambda: start(project, bob, images=[last], options=ALL, first=True))
    assert work.work_off() == 3, "and the one in between"
    assert ended(run) == [last.pk, *(image.pk for image in images[:-1])]
    assert seen[:2] == [images[0].pk, last.pk]
    run.refresh_from_db()
    assert run.state == "done"


def test_who_waits_with_another_method_or_project_goes_first_too(
    project: Project,
    alice: User,
    bob: User,
    untrained: HeadVersion,
    add_image: AddImage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image, other = add_image(0), add_image(1, of=Project.objects.create(name="Another", created_by=alice))
    run = start(project, alice, options=ALL)
    asked: list[Run] = []
    during_the_first_look(
        monkeypatch,
        lambda: asked.append(start(other.project, bob, images=[other], options=ALL, first=True)),
    )
    work.work_off()
    asked[0].refresh_from_db()
    assert (asked[0].state, ended(asked[0]), ended(run)) == ("done", [other.pk], [image.pk])
    first, second = asked[0].rows.get().finished_at, run.rows.get().finished_at
    assert first is not None
    assert second is not None
    assert first < second


def test_only_smaller_images_interrupt_one_that_somebody_waits_for(
    project: Project, alice: User, untrained: HeadVersion, add_image: AddImage
) -> None:
    images = [add_image(seed) for seed in range(4)]
    large, same, small, bulk = images
    Image.objects.filter(pk__in=[large.pk, same.pk]).update(width=1000, height=1000)
    Image.objects.filter(pk=bulk.pk).update(width=1, height=1)
    start(project, alice, images=[large], first=True)
    row = runs.claim()
    assert row is not None
    assert row.image_id == large.pk
    start(project, alice, images=[bulk])
    start(project, alice, images=[same], first=True)
    assert runs.claim(before=row) is None
    assert not runs.is_waiting(before=row)
    start(project, alice, images=[small], first=True)
    assert runs.is_waiting(before=row)
    found = runs.claim(before=row)
    assert found is not None
    assert found.image_id == small.pk
    assert [claimed.image_id for claimed in (runs.claim(), runs.claim()) if claimed] == [same.pk, bulk.pk]


def test_interruptions_are_nested_a_few_deep_only(
    project: Project, alice: User, untrained: HeadVersion, add_image: AddImage
) -> None:
    add_image(0)
    start(project, alice)
    row = runs.claim()
    assert row is not None
    start(project, alice, images=[add_image(1)], first=True)
    turns = work.Turns(row, work.MOST_NESTED)
    turns._next = 0
    turns()
    assert states(row.run) == ["running", "queued"]


def test_a_stopped_run_frees_the_worker_between_two_objects(
    project: Project, alice: User, untrained: HeadVersion, add_image: AddImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_image(0)
    run = start(project, alice, options=ALL)
    seen = during_the_first_look(monkeypatch, lambda: runs.stop(run))
    assert work.work_off() == 0
    assert (states(run), len(seen)) == (["stopped"], 1)
