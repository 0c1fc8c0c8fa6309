"""POST /api/images/<id>/status, and how the status follows the work."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

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


def test_changing_a_done_image_takes_the_work_up_again(
    bob: User, image: Image, url: str, keep: Keep, as_user: Clients
) -> None:
    send(as_user(bob), "POST", url, {"version": 0, "status": "done"})
    kept = AnnotationSet.objects.get(image=image)
    assert (kept.finished_by, kept.finished_at is not None) == (bob, True)
    keep(bob, 1)
    assert AnnotationSet.objects.get(image=image).status == "in_progress"


@pytest.mark.parametrize("status", ["new", "in_progress", "done", "skipped"])
def test_accepted_work_is_closed(status: str, bob: User, image: Image, url: str, keep: Keep, as_user: Clients) -> None:
    annotation = keep(bob)
    AnnotationSet.objects.update(status="accepted")
    body = {"version": 1, "status": status, "reason": "dark" if status == "skipped" else ""}
    sent = [
        send(as_user(bob), "POST", url, body),
        send(as_user(bob), "PUT", f"/api/annotations/{annotation.pk}", {"version": 1, "category": 2}),
        send(as_user(bob), "DELETE", f"/api/annotations/{annotation.pk}", {"version": 1}),
    ]
    assert [(one.status_code, one.json()["error"]["code"]) for one in sent] == [(409, "closed")] * 3
    assert sent[0].json()["error"]["current"]["status"] == "accepted"
    kept = AnnotationSet.objects.get()
    assert (kept.version, kept.status, kept.annotations.count()) == (1, "accepted", 1)


@pytest.mark.parametrize("status", ["accepted", "sent_back"])
def test_a_labeler_gives_no_verdict(status: str, alice: User, url: str, as_user: Clients) -> None:
    assert send(as_user(alice), "POST", url, {"version": 0, "status": status}).status_code == 400


def test_work_that_was_sent_back_stays_so_until_it_is_finished(
    bob: User, image: Image, url: str, keep: Keep, as_user: Clients
) -> None:
    keep(bob)
    AnnotationSet.objects.update(status="sent_back")
    keep(bob, 1)
    assert AnnotationSet.objects.get().status == "sent_back"
    refused = send(as_user(bob), "POST", url, {"version": 2, "status": "in_progress"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "sent_back")
    assert send(as_user(bob), "POST", url, {"version": 2, "status": "done"}).status_code == 200
    assert AnnotationSet.objects.get().status == "done"


def test_nobody_changes_what_is_being_reviewed(
    bob: User, rita: User, image: Image, keep: Keep, url: str, as_user: Clients
) -> None:
    keep(bob)
    AnnotationSet.objects.update(opened_by=rita, opened_at=timezone.now(), opened_for="review")
    refused = send(as_user(bob), "POST", url, {"version": 1, "status": "done"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "in_review")
    assert "rita" in refused.json()["error"]["message"]
    AnnotationSet.objects.update(opened_at=timezone.now() - timedelta(hours=1))
    assert send(as_user(bob), "POST", url, {"version": 1, "status": "done"}).status_code == 200


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
