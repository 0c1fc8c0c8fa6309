"""Golden images come at their places, to those who are measured, as a turn with a set of one's own."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations import golden, services
from labeling.annotations.models import AnnotationSet
from labeling.assignment import lots, queue, work
from labeling.assignment.models import Lot, Slot, Touched
from labeling.images.models import Image
from labeling.projects.access import projects_of, standings_of
from labeling.projects.models import Project

AddImage = Callable[..., Image]


@pytest.fixture
def lot(project: Project) -> Lot:
    """The project's lot, in which every turn is a golden image's while there is one."""
    found = lots.default_lot(project.pk)
    found.golden_every = 1
    found.save()
    return found


@pytest.fixture
def truth(add_image: AddImage, alice: User) -> Image:
    """A golden image."""
    image = add_image(status="done")
    golden.mark(image, alice)
    return image


def test_it_comes_in_place_of_an_ordinary_turn(
    lot: Lot, truth: Image, add_image: AddImage, project: Project, bob: User
) -> None:
    ordinary = add_image()
    assert queue.claim(project, bob) == truth.pk
    slot = Slot.objects.get(image=truth, state="held")
    assert (slot.held_by, slot.lot, slot.kind) == (bob, lot, "label")
    assert slot.set is not None
    assert (slot.set.kind, slot.set.author) == ("opinion", bob)
    assert queue.claim(project, bob) == truth.pk  # it is their turn until they end it
    services.set_status(truth, bob, version=0, status="done")
    slot.refresh_from_db()
    assert slot.state == "closed"
    assert AnnotationSet.objects.get(main_of=truth).version == 0  # the labels are as they were
    assert queue.claim(project, bob) == ordinary.pk


def test_leaving_it_gives_no_second_one_at_once(
    lot: Lot, truth: Image, add_image: AddImage, project: Project, bob: User
) -> None:
    ordinary = add_image()
    assert queue.claim(project, bob) == truth.pk
    assert queue.claim(project, bob, after=truth.pk) == ordinary.pk
    assert queue.claim(project, bob, after=ordinary.pk) == truth.pk  # what they left is still theirs
    assert AnnotationSet.objects.filter(kind="opinion").count() == 1


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_managers_get_none(
    name: str, lot: Lot, truth: Image, add_image: AddImage, project: Project, alice: User, bob: User
) -> None:
    ordinary = add_image()
    user = {"alice": alice, "bob": bob}[name]
    assert queue.claim(project, user) == (ordinary.pk if name == "alice" else truth.pk)


def test_without_a_rate_none_comes(lot: Lot, truth: Image, add_image: AddImage, project: Project, bob: User) -> None:
    Lot.objects.update(golden_every=0)
    ordinary = add_image()
    assert queue.claim(project, bob) == ordinary.pk
    services.set_status(ordinary, bob, version=0, status="done")
    assert queue.claim(project, bob) is None


def test_what_is_begun_is_not_replaced(
    lot: Lot, truth: Image, add_image: AddImage, project: Project, bob: User
) -> None:
    mine = add_image(status="in_progress", changed_by=bob)
    Touched.objects.create(image=mine, user=bob)
    assert queue.claim(project, bob) == mine.pk


def test_two_people_get_the_same_one_apart(
    lot: Lot, truth: Image, add_image: AddImage, project: Project, bob: User, charlie: User
) -> None:
    add_image()
    project.memberships.create(user=charlie, role="annotator")
    assert queue.claim(project, bob) == queue.claim(project, charlie) == truth.pk
    authors = AnnotationSet.objects.filter(image=truth, kind="opinion").values_list("author", flat=True)
    assert set(authors) == {bob.pk, charlie.pk}


def test_the_api_gives_it_like_any_other(
    lot: Lot, truth: Image, add_image: AddImage, project: Project, bob: User, as_user: Callable[[User], Client]
) -> None:
    add_image()
    client = as_user(bob)
    answer: dict[str, Any] = client.post(
        f"/api/projects/{project.pk}/next", {"after": None}, content_type="application/json"
    ).json()
    assert answer["image"] == truth.pk
    boot = client.get(f"/api/images/{truth.pk}/editor")
    assert boot.status_code == 200
    assert "golden" not in boot.content.decode()


def test_nobody_s_counts_give_it_away(lot: Lot, truth: Image, add_image: AddImage, project: Project, bob: User) -> None:
    """A golden image that somebody has, left or finished counts as an ordinary one that they began does, and changes
    no lot's progress."""

    def counts() -> tuple[int, int, int, int]:
        (mine,) = work.work_of(bob, standings_of(bob, projects_of(bob)))
        (progress,) = work.lots_of([project.pk])
        return mine.reserved, mine.begun, progress.total, progress.closed

    ordinary = add_image()
    before = counts()
    assert before == (0, 0, 1, 0)
    assert queue.claim(project, bob) == truth.pk
    assert counts() == (0, 1, 1, 0)
    assert queue.claim(project, bob, after=truth.pk) == ordinary.pk
    assert counts() == (0, 2, 1, 0)  # the one that they left is begun, the other is theirs now
    services.set_status(truth, bob, version=0, status="done")
    assert counts() == (0, 1, 1, 0)
