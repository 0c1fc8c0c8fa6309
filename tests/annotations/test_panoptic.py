"""Panoptic projects: no pixel belongs to two objects, whoever writes; turning that on when objects overlap."""

import uuid
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Project
from tests.annotations.conftest import HEIGHT, WIDTH, counts, new, send

Clients = Callable[[User | None], Client]
Keeper = Callable[..., Annotation]


@pytest.fixture
def panoptic(project: Project) -> Project:
    Project.objects.filter(pk=project.pk).update(panoptic=True)
    return project


def bits(one: Annotation) -> masks.Bits:
    return masks.decode(one.counts, HEIGHT, WIDTH)


@given(st.lists(arrays(np.bool_, (5, 7)), min_size=2, max_size=4))
@settings(max_examples=150, deadline=None)
def test_shared_and_left_pixels_are_those_of_the_bitmaps(found: list[masks.Bits]) -> None:
    one, *others = found
    coded = [masks.encode(each) for each in others]
    for other, code in zip(others, coded, strict=True):
        assert masks.shared(masks.encode(one), code, 5, 7) == (one & other).sum()
    left = one & ~np.logical_or.reduce(others)
    assert masks.without(masks.encode(one), coded, 5, 7) == (masks.encode(left) if left.any() else None)


def test_an_overlap_is_refused_and_named(
    image: Image, panoptic: Project, bob: User, keep: Keeper, as_user: Clients
) -> None:
    first = keep(bob, 0, counts=counts(5, 5, 4, 4))
    url = f"/api/images/{image.pk}/annotations"
    answer = send(as_user(bob), "POST", url, new(1, counts=counts(8, 8, 4, 4)))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "overlap")
    assert error["objects"] == [{**error["objects"][0], "other": str(first.uid), "category": 1, "pixels": 1}]
    assert "1 with car" in error["message"]
    assert Annotation.objects.get() == first
    assert AnnotationSet.objects.get().version == AnnotationEvent.objects.count() == 1
    # Side by side is fine; growing into the other one is not, and changes nothing.
    second = send(as_user(bob), "POST", url, new(1, counts=counts(9, 5, 4, 4))).json()["annotation"]
    grown = {"version": 2, "counts": counts(8, 5, 5, 4)}
    assert send(as_user(bob), "PUT", f"/api/annotations/{second['id']}", grown).status_code == 422
    assert Annotation.objects.get(pk=second["id"]).counts == second["counts"]
    assert AnnotationSet.objects.get().version == 2


def test_what_one_takes_from_another_goes_together(
    image: Image, panoptic: Project, bob: User, keep: Keeper, as_user: Clients
) -> None:
    first = keep(bob, 0, counts=counts(5, 5, 4, 4))
    taking = {"kind": "create"} | new(counts=counts(8, 5, 4, 4))
    taking.pop("version")
    left = {"kind": "change", "uid": str(first.uid), "counts": counts(5, 5, 3, 4)}
    url = f"/api/images/{image.pk}/changes"
    assert send(as_user(bob), "POST", url, {"version": 1, "changes": [taking]}).status_code == 422
    answer = send(as_user(bob), "POST", url, {"version": 1, "changes": [taking, left]})
    assert answer.status_code == 200, answer.json()
    assert [one.area for one in Annotation.objects.order_by("pk")] == [12, 16]
    event = AnnotationEvent.objects.get(version=3)
    assert event.before is not None
    assert event.after is not None
    assert (event.before["area"], event.after["area"]) == (16, 12)


def test_order_class_and_other_projects_are_free(
    image: Image, panoptic: Project, bob: User, alice: User, keep: Keeper
) -> None:
    first = keep(bob, 0)
    services.change(first, bob, version=1, category=2, z=-5)
    other = Project.objects.create(name="Other", created_by=alice)
    assert not other.panoptic


def test_a_manager_turns_it_on_when_nothing_overlaps(
    image: Image, project: Project, alice: User, bob: User, keep: Keeper, as_user: Clients
) -> None:
    url = f"/api/projects/{project.pk}/panoptic"
    assert as_user(bob).get(url).json() == {"panoptic": False}
    keep(bob, 0)
    second = keep(bob, 1, counts=counts(6, 7, 3, 3), category=2)
    answer = send(as_user(alice), "PUT", url, {"panoptic": True})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["pairs"], error["images"]) == (409, "overlaps", 1, 1)
    assert error["first"][0]["name"] == "street.png"
    assert error["first"][0]["pixels"] == 9
    project.refresh_from_db()
    assert not project.panoptic
    second.delete()
    assert send(as_user(alice), "PUT", url, {"panoptic": True}).json() == {"panoptic": True}
    assert as_user(alice).get(f"/api/projects/{project.pk}").json()["panoptic"] is True
    assert send(as_user(alice), "PUT", url, {"panoptic": False}).json() == {"panoptic": False}


def test_only_managers(project: Project, bob: User, rita: User, charlie: User, as_user: Clients) -> None:
    url = f"/api/projects/{project.pk}/panoptic"
    for user, status in ((bob, 403), (rita, 403), (charlie, 404), (None, 401)):
        assert send(as_user(user), "PUT", url, {"panoptic": True}).status_code == status
    assert as_user(charlie).get(url).status_code == 404
    assert as_user(bob).post(f"/projects/{project.pk}/panoptic", {"panoptic": "on"}).status_code == 403
    project.refresh_from_db()
    assert not project.panoptic


def test_the_page_tells_what_overlaps_and_clears_it(
    image: Image, project: Project, alice: User, bob: User, keep: Keeper, as_user: Clients
) -> None:
    """Random rectangles, one under another: afterwards every pixel is the uppermost object's that had it."""
    random = np.random.default_rng(5)
    keep(bob, 0, counts=counts(2, 2, 3, 3))
    keep(bob, 1, counts=counts(1, 1, 6, 6))  # covers the first wholly
    for version in range(2, 8):
        x, y = random.integers(0, (WIDTH - 12, HEIGHT - 12))
        keep(bob, version, counts=counts(int(x), int(y), 12, 10))
    before = {one.pk: bits(one) for one in Annotation.objects.all()}
    page, url = as_user(alice), f"/projects/{project.pk}/panoptic"
    told = page.post(url, {"panoptic": "on"}, follow=True).content.decode()
    assert "of objects overlap" in told
    assert "street.png" in told
    page.post(url, {"panoptic": "on", "clear": "1"})
    project.refresh_from_db()
    assert project.panoptic
    after = list(Annotation.objects.all())
    taken = np.zeros((HEIGHT, WIDTH), bool)
    for pk, mask in reversed(before.items()):
        left = mask & ~taken
        assert np.array_equal(next((bits(one) for one in after if one.pk == pk), left & False), left)
        taken |= mask
    assert all(not (bits(one) & bits(other)).any() for one, other in combinations(after, 2))
    deleted = AnnotationEvent.objects.get(kind="delete")
    assert deleted.user == alice
    assert deleted.before is not None
    assert deleted.before["area"] == 9
    page.post(url, {"panoptic": "off"})
    project.refresh_from_db()
    assert not project.panoptic


def test_many_objects_are_checked_in_few_queries(
    image: Image, panoptic: Project, bob: User, keep: Keeper, django_assert_max_num_queries: Any
) -> None:
    for version in range(30):
        keep(bob, version, counts=counts(version, 0, 1, 4))
    with django_assert_max_num_queries(20):
        keep(bob, 30, counts=counts(32, 0, 3, 3), uid=str(uuid.uuid4()))
