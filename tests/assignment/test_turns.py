"""Turns: whose image it is, for how long, and how turns begin and end."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.models import AnnotationEvent, AnnotationSet
from labeling.assignment import lots, queue, turns
from labeling.assignment.models import Lot, Slot, Touched
from labeling.images.models import Image
from labeling.projects.models import Membership, Project
from labeling.web.api import ApiError
from tests.pages.conftest import AddImage


def the_slot(image: Image) -> Slot:
    return Slot.objects.get(image=image)


def test_a_new_image_has_a_slot_in_the_default_lot(project: Project, add_image: AddImage) -> None:
    slot = the_slot(add_image())
    assert (slot.lot.name, slot.lot.is_default, slot.kind, slot.state) == ("All images", True, "label", "open")
    assert slot.rank == slot.image_id
    add_image()
    assert Lot.objects.count() == 1


def test_claiming_takes_the_turn_and_the_next_claim_another_image(
    project: Project, alice: User, bob: User, add_image: AddImage
) -> None:
    first, second = add_image(), add_image()
    assert queue.claim(project, bob) == first.pk
    assert queue.claim(project, alice) == second.pk
    assert queue.claim(project, bob) == first.pk, "a start goes on with what one holds"
    assert queue.claim(project, bob, first.pk) is None
    slot = the_slot(first)
    assert (slot.state, slot.held_by) == ("held", bob)


def test_going_on_to_another_image_gives_the_first_back(
    project: Project, alice: User, bob: User, add_image: AddImage
) -> None:
    first, second = add_image(), add_image()
    queue.claim(project, bob)
    assert queue.claim(project, bob, first.pk) == second.pk
    assert the_slot(first).state == "open"
    assert queue.claim(project, alice) == first.pk


def test_a_turn_ends_by_itself_and_work_goes_on_with_it(
    project: Project, alice: User, bob: User, add_image: AddImage
) -> None:
    image = add_image()
    services.touch_open(image, bob)
    assert queue.claim(project, alice) is None
    Slot.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert queue.claim(project, alice) == image.pk
    services.touch_open(image, alice)
    kept = AnnotationSet.objects.get()
    assert (kept.opened_by, kept.opened_for, kept.opened_in) == (alice, "label", the_slot(image).pk)
    until = the_slot(image).held_until
    services.touch_open(image, alice)
    renewed = the_slot(image).held_until
    assert until is not None
    assert renewed is not None
    assert renewed >= until
    assert set(Touched.objects.values_list("user__username", flat=True)) == {"alice", "bob"}


def test_finished_work_ends_its_turn_and_taking_it_up_again_begins_one(
    project: Project, bob: User, add_image: AddImage
) -> None:
    image = add_image()
    services.touch_open(image, bob)
    services.set_status(image, bob, version=0, status="done")
    slot = the_slot(image)
    assert (slot.state, slot.held_by, slot.closed_at is not None) == ("closed", None, True)
    services.set_status(image, bob, version=1, status="in_progress")
    slot = the_slot(image)
    assert (slot.state, slot.held_by, slot.closed_at) == ("held", bob, None)
    services.set_status(image, bob, version=2, status="skipped", reason="dark")
    assert the_slot(image).state == "closed"


def test_events_name_the_slot_that_they_were_made_in(
    project: Project, alice: User, bob: User, add_image: AddImage
) -> None:
    image = add_image()
    services.touch_open(image, bob)
    services.set_note(image, bob, version=0, text="Look here.")
    services.set_note(image, alice, version=1, text="Where?")
    assert list(AnnotationEvent.objects.values_list("user__username", "slot")) == [
        ("bob", the_slot(image).pk), ("alice", None),
    ]  # fmt: skip


def test_who_leaves_the_project_holds_nothing_up(project: Project, alice: User, bob: User, add_image: AddImage) -> None:
    held, reserved = add_image(), add_image()
    queue.claim(project, bob)
    lots.assign([reserved.pk], [bob])
    Membership.objects.get(project=project, user=bob).delete()
    assert the_slot(held).state == "open"
    assert the_slot(reserved).member is None


def test_assigned_images_go_to_their_people_alone(
    project: Project, alice: User, bob: User, add_image: AddImage
) -> None:
    images = [add_image() for _ in range(5)]
    assert lots.assign([one.pk for one in images], [alice, bob]) == 5
    assert [the_slot(one).member for one in images] == [alice, alice, alice, bob, bob]
    assert queue.upcoming(project, bob) == [images[3].pk, images[4].pk]
    assert queue.claim(project, bob) == images[3].pk
    assert lots.assign([one.pk for one in images], []) == 4, "what is held stays"
    assert queue.upcoming(project, bob, images[3].pk, 9) == [images[4].pk, *(one.pk for one in images[:3])]


def test_only_labelers_are_assigned(project: Project, rita: User, charlie: User, add_image: AddImage) -> None:
    image = add_image()
    for who in (rita, charlie):
        with pytest.raises(ApiError, match="may not label"):
            lots.assign([image.pk], [who])


def test_urgent_lots_go_first(project: Project, bob: User, add_image: AddImage) -> None:
    usual, urgent = add_image(), add_image()
    lot = Lot.objects.create(project=project, name="Tomorrow", priority=1)
    assert lots.move(lot, Image.objects.filter(pk=urgent.pk)) == 1
    assert queue.upcoming(project, bob) == [urgent.pk, usual.pk]
    soon = Lot.objects.create(project=project, name="Today", priority=1, due="2026-01-01")
    lots.move(soon, Image.objects.filter(pk=usual.pk))
    assert queue.upcoming(project, bob) == [usual.pk, urgent.pk]


def test_several_people_label_an_image_each_by_themselves(
    project: Project, alice: User, bob: User, rita: User, add_image: AddImage
) -> None:
    image, other = add_image(), add_image()
    lot = Lot.objects.create(project=project, name="Twice", priority=1, folds=2)
    lots.move(lot, Image.objects.filter(pk=image.pk))
    assert Slot.objects.filter(image=image, state="open").count() == 2
    assert queue.claim(project, bob) == image.pk
    services.touch_open(image, bob)
    assert queue.claim(project, alice) == image.pk
    services.touch_open(image, alice)
    opinions = AnnotationSet.objects.filter(image=image, kind="opinion")
    assert {one.author for one in opinions} == {alice, bob}
    assert {one.set for one in Slot.objects.filter(image=image)} == set(opinions)
    services.set_status(image, bob, version=0, status="done")
    assert Slot.objects.get(image=image, set__author=bob).state == "closed"
    assert Slot.objects.get(image=image, set__author=alice).state == "held"
    assert queue.claim(project, bob) == other.pk, "nobody gets a second fold"
    kept = AnnotationSet.objects.filter(main_of=image).first()
    assert kept is None or kept.status == "new"


def test_what_somebody_has_begun_is_not_labeled_blind(project: Project, bob: User, add_image: AddImage) -> None:
    image = add_image(status="in_progress", changed_by=bob)
    lot = Lot.objects.create(project=project, name="Twice", folds=2)
    with pytest.raises(ApiError, match="labeled already"):
        lots.move(lot, Image.objects.filter(pk=image.pk))


def test_the_least_sure_come_first_once_a_head_has_looked(project: Project, bob: User, add_image: AddImage) -> None:
    sure, unsure, unknown = add_image(), add_image(), add_image()
    queue.rank_by_doubt(sure.pk, 0.1)
    queue.rank_by_doubt(unsure.pk, 0.9)
    assert queue.upcoming(project, bob) == [unsure.pk, sure.pk, unknown.pk]
    queue.rank_by_upload(project.pk)
    assert queue.upcoming(project, bob) == [sure.pk, unsure.pk, unknown.pk]


def test_features_that_came_without_a_word_are_noticed(project: Project, bob: User, add_image: AddImage) -> None:
    from labeling.assignment import tasks

    image = add_image()
    Slot.objects.update(ready=False)
    tasks.sweep()
    assert the_slot(image).ready
    Slot.objects.all().delete()
    tasks.tidy()
    assert the_slot(image).lot.is_default


def test_the_queries_of_a_claim_do_not_grow(project: Project, bob: User, add_image: AddImage) -> None:
    counted = []
    for more in (3, 30):
        for _ in range(more):
            add_image()
        turns.give_back(bob, project.pk)
        with CaptureQueriesContext(connection) as asked:
            queue.claim(project, bob)
            queue.upcoming(project, bob)
        counted.append(len(asked))
    assert counted[1] <= counted[0] < 48


def test_a_late_turn_is_free(project: Project, bob: User, add_image: AddImage) -> None:
    services.touch_open(add_image(), bob)
    assert turns.free_late() == 0
    Slot.objects.update(held_until=timezone.now())
    assert turns.free_late() == 1
