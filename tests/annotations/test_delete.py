"""DELETE /api/annotations/<id>."""

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationEvent
from labeling.annotations.services import payload
from tests.annotations.conftest import send

Clients = Callable[[User | None], Client]


@pytest.fixture
def kept(keep: Callable[..., Annotation], bob: User) -> Annotation:
    return keep(bob)


@pytest.fixture
def url(kept: Annotation) -> str:
    return f"/api/annotations/{kept.pk}"


def test_it_deletes_and_the_log_keeps_the_content(alice: User, url: str, kept: Annotation, as_user: Clients) -> None:
    answer = send(as_user(alice), "DELETE", url, {"version": 1})
    assert (answer.status_code, answer.json()) == (200, {"version": 2})
    assert not Annotation.objects.exists()
    event = AnnotationEvent.objects.get(version=2)
    assert (event.kind, event.user, event.before, event.after) == ("delete", alice, payload(kept), None)


def test_a_stale_version_is_told_and_deletes_nothing(alice: User, bob: User, url: str, as_user: Clients) -> None:
    send(as_user(alice), "PUT", url, {"version": 1, "category": 2})
    answer = send(as_user(bob), "DELETE", url, {"version": 1})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert answer.json()["error"]["current"]["annotations"][0]["category"] == 2
    assert Annotation.objects.count() == 1


def test_deleting_again_finds_nothing(bob: User, url: str, as_user: Clients) -> None:
    send(as_user(bob), "DELETE", url, {"version": 1})
    assert send(as_user(bob), "DELETE", url, {"version": 2}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"version": "1"}, {"version": 1, "force": True}])
def test_a_bad_body_is_refused(body: dict[str, object], bob: User, url: str, as_user: Clients) -> None:
    assert send(as_user(bob), "DELETE", url, body).status_code == 400
    assert Annotation.objects.count() == 1


def test_signed_out_is_refused(url: str, as_user: Clients) -> None:
    assert send(as_user(None), "DELETE", url, {"version": 1}).status_code == 401


def test_an_outsider_finds_nothing(charlie: User, url: str, as_user: Clients) -> None:
    assert send(as_user(charlie), "DELETE", url, {"version": 1}).status_code == 404


def test_a_reviewer_may_not(rita: User, url: str, as_user: Clients) -> None:
    assert send(as_user(rita), "DELETE", url, {"version": 1}).status_code == 403
    assert Annotation.objects.count() == 1
