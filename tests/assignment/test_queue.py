"""Which image comes next."""

from typing import Any

import pytest

from labeling.accounts.models import User
from labeling.assignment import queue, work
from labeling.assignment.models import Lot, Slot
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.pages.queue import next_images
from labeling.projects.access import Standing, projects_of, standings_of
from labeling.projects.models import Project, Role
from tests.pages.conftest import AddImage


def ids(*images: Image) -> list[int]:
    return [image.pk for image in images]


def test_ready_images_in_order_of_id(project: Project, bob: User, add_image: AddImage) -> None:
    first, second = add_image(), add_image()
    assert next_images(project, bob, Standing(Role.ANNOTATOR)) == ids(first, second)
    assert next_images(project, bob, Standing(Role.ANNOTATOR), limit=1) == ids(first)


def test_done_and_failed_images_are_left_out(project: Project, bob: User, add_image: AddImage) -> None:
    add_image(status="done")
    add_image(state="failed")
    wanted = add_image(status="in_progress")
    assert next_images(project, bob, Standing(Role.ANNOTATOR)) == ids(wanted)


def test_what_is_ready_comes_before_what_will_be(project: Project, bob: User, add_image: AddImage) -> None:
    unknown, queued, urgent = add_image(state=None), add_image(state="queued"), add_image(state="queued", priority=5)
    encoding, ready = add_image(state="encoding"), add_image()
    found = next_images(project, bob, Standing(Role.ANNOTATOR), limit=9)
    assert found == ids(ready, encoding, urgent, unknown, queued)


def test_an_image_that_a_colleague_has_open_is_left_out(
    project: Project, alice: User, bob: User, add_image: AddImage
) -> None:
    long_ago, mine, free = add_image(opened_by=alice, minutes=30), add_image(opened_by=bob), add_image()
    add_image(opened_by=alice, minutes=1)
    assert next_images(project, bob, Standing(Role.ANNOTATOR)) == ids(mine, long_ago, free)


def test_a_start_goes_on_with_what_one_began(project: Project, alice: User, bob: User, add_image: AddImage) -> None:
    first = add_image()
    others = add_image(status="in_progress", changed_by=alice)
    own = add_image(status="in_progress", changed_by=bob)
    assert next_images(project, bob, Standing(Role.ANNOTATOR)) == ids(own, first, others)


def test_after_goes_forward_and_wraps(project: Project, bob: User, add_image: AddImage) -> None:
    first, second, third = (add_image(status="in_progress", changed_by=bob) for _ in range(3))
    assert next_images(project, bob, Standing(Role.ANNOTATOR), second.pk) == ids(third, first)
    assert next_images(project, bob, Standing(Role.ANNOTATOR), third.pk) == ids(first, second)


def test_the_last_one_has_no_next(project: Project, bob: User, add_image: AddImage) -> None:
    only = add_image()
    assert next_images(project, bob, Standing(Role.ANNOTATOR), only.pk) == []


def test_other_projects_do_not_count(project: Project, alice: User, bob: User) -> None:
    other = Project.objects.create(name="Other", created_by=alice)
    Image.objects.create(project=other, name="a.png", sha256="0" * 64, width=9, height=9)
    assert next_images(project, bob, Standing(Role.ANNOTATOR)) == []


def test_a_reviewer_goes_through_all_images(project: Project, rita: User, add_image: AddImage) -> None:
    images = [add_image(status="done"), add_image(state="failed"), add_image()]
    assert next_images(project, rita, Standing(Role.REVIEWER)) == ids(*images)
    assert next_images(project, rita, Standing(Role.REVIEWER), images[1].pk) == ids(images[2])
    assert next_images(project, rita, Standing(Role.REVIEWER), images[2].pk) == []


def test_two_annotators_never_get_the_same_image(project: Project, alice: User, bob: User, add_image: AddImage) -> None:
    images = [add_image() for _ in range(4)]
    from labeling.annotations.services import touch_open

    order: list[Any] = []
    for user in (alice, bob, alice, bob):
        after = order[-2] if len(order) > 1 else None
        (found,) = next_images(project, user, Standing(Role.ANNOTATOR), after, limit=1)
        touch_open(Image.objects.get(pk=found), user)
        order.append(found)
    assert sorted(order) == ids(*images)


def test_skipped_images_are_not_offered(project: Project, bob: User, add_image: AddImage) -> None:
    skipped, other = add_image(status="skipped"), add_image()
    assert next_images(project, bob, Standing(Role.ANNOTATOR)) == [other.pk]
    assert next_images(project, bob, Standing(Role.ANNOTATOR), after=skipped.pk) == [other.pk]


@pytest.mark.parametrize("folds", [1, 2])
@pytest.mark.parametrize("reserved", [False, True])
def test_what_cannot_be_prepared_is_not_promised(
    project: Project, bob: User, add_image: AddImage, folds: int, reserved: bool
) -> None:
    """What is counted, what is handed out and whether there is something are the same; tried again, it waits."""
    Lot.objects.update_or_create(project=project, is_default=True, defaults={"name": "All", "folds": folds})
    failed, later = add_image(state="failed"), add_image(state="failed")
    Slot.objects.filter(image=later).update(ready=True)  # its features were there, and are lost
    if reserved:
        Slot.objects.filter(fold=0).update(member=bob)

    def promised() -> tuple[int, bool]:
        (mine,) = work.work_of(bob, standings_of(bob, projects_of(bob)))
        return mine.to_do, queue.waits(project, bob)

    assert promised() == (0, False)
    assert queue.claim(project, bob) is None
    Encoding.objects.filter(image=failed).update(state="queued")
    assert promised() == (1, True)
    assert queue.claim(project, bob) == failed.pk


def test_what_one_began_stays_though_it_cannot_be_prepared_again(
    project: Project, bob: User, add_image: AddImage
) -> None:
    mine = add_image(state="failed", status="in_progress", changed_by=bob)
    (found,) = work.work_of(bob, standings_of(bob, projects_of(bob)))
    assert (found.begun, found.pool, queue.waits(project, bob)) == (1, 0, True)
    assert queue.claim(project, bob) == mine.pk
