"""POST /api/images/<id>/status, and how the status follows the work."""

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.images.models import Image
from tests.annotations.conftest import send

Clients = Callable[[User | None], Client]
Keep = Callable[..., Annotation]


@pytest.fixture
def url(image: Image) -> str:
    return f"/api/images/{image.pk}/status"


def test_an_image_without_objects_can_be_done(bob: User, url: str, as_user: Clients) -> None:
    answer = send(as_user(bob), "POST", url, {"version": 0, "status": "done"})
    assert (answer.status_code, answer.json()) == (200, {"version": 1, "status": "done"})
    event = AnnotationEvent.objects.get()
    assert (event.kind, event.before, event.after) == ("status", {"status": "new"}, {"status": "done"})


def test_the_first_object_begins_the_work(bob: User, image: Image, keep: Keep) -> None:
    keep(bob)
    assert AnnotationSet.objects.get(image=image).status == "in_progress"


def test_correcting_a_done_image_leaves_it_done(
    bob: User, image: Image, url: str, keep: Keep, as_user: Clients
) -> None:
    send(as_user(bob), "POST", url, {"version": 0, "status": "done"})
    keep(bob, 1)
    assert AnnotationSet.objects.get(image=image).status == "done"


def test_a_stale_version_is_told(bob: User, url: str, keep: Keep, as_user: Clients) -> None:
    keep(bob)
    answer = send(as_user(bob), "POST", url, {"version": 0, "status": "done"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert answer.json()["error"]["current"]["status"] == "in_progress"


def test_the_same_status_makes_no_version(bob: User, url: str, as_user: Clients) -> None:
    send(as_user(bob), "POST", url, {"version": 0, "status": "done"})
    answer = send(as_user(bob), "POST", url, {"version": 1, "status": "done"})
    assert answer.json() == {"version": 1, "status": "done"}
    assert AnnotationEvent.objects.count() == 1


def test_a_retry_is_harmless(bob: User, alice: User, url: str, keep: Keep, as_user: Clients) -> None:
    body = {"version": 0, "status": "done"}
    send(as_user(bob), "POST", url, body)
    keep(alice, 1)
    again = send(as_user(bob), "POST", url, body)
    assert (again.status_code, again.json()) == (200, {"version": 1, "status": "done"})
    assert AnnotationSet.objects.get().version == 2


@pytest.mark.parametrize("status", ["finished", "", None, 1])
def test_an_unknown_status_is_refused(status: object, bob: User, url: str, as_user: Clients) -> None:
    assert send(as_user(bob), "POST", url, {"version": 0, "status": status}).status_code == 400


def test_signed_out_is_refused(url: str, as_user: Clients) -> None:
    assert send(as_user(None), "POST", url, {"version": 0, "status": "done"}).status_code == 401


def test_an_outsider_finds_nothing(charlie: User, url: str, as_user: Clients) -> None:
    assert send(as_user(charlie), "POST", url, {"version": 0, "status": "done"}).status_code == 404


def test_a_reviewer_may_not(rita: User, url: str, as_user: Clients) -> None:
    assert send(as_user(rita), "POST", url, {"version": 0, "status": "done"}).status_code == 403
