"""PUT /api/annotations/<id>: refining or re-classing a kept object."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationEvent
from labeling.images.models import Image
from tests.annotations.conftest import WIDTH, counts, new, send

Clients = Callable[[User | None], Client]
Keep = Callable[..., Annotation]


@pytest.fixture
def kept(keep: Keep, bob: User) -> Annotation:
    return keep(bob)


@pytest.fixture
def url(kept: Annotation) -> str:
    return f"/api/annotations/{kept.pk}"


def test_it_changes_the_mask_and_its_measures(alice: User, url: str, kept: Annotation, as_user: Clients) -> None:
    body = {"version": 1, "counts": counts(2, 3, 4, 5), "clicks": [[3, 4, True]]}
    answer = send(as_user(alice), "PUT", url, body)
    assert answer.status_code == 200
    assert answer.json()["version"] == 2
    changed = answer.json()["annotation"]
    assert (changed["area"], changed["bbox"], changed["clicks"]) == (20, [2, 3, 4, 5], [[3.0, 4.0, True]])
    assert (changed["category"], changed["created_by"], changed["uid"]) == (1, "bob", str(kept.uid))


def test_what_is_left_out_stays(bob: User, url: str, kept: Annotation, as_user: Clients) -> None:
    changed = send(as_user(bob), "PUT", url, {"version": 1, "category": 3}).json()["annotation"]
    assert changed["category"] == 3
    assert (changed["counts"], changed["clicks"]) == (kept.counts, kept.clicks)


def test_it_logs_before_and_after(bob: User, url: str, kept: Annotation, as_user: Clients) -> None:
    old = kept.counts
    send(as_user(bob), "PUT", url, {"version": 1, "counts": counts(0, 0, 1, 1)})
    event = AnnotationEvent.objects.get(version=2)
    assert (event.kind, event.user) == ("change", bob)
    assert event.before is not None
    assert event.after is not None
    assert (event.before["counts"], event.after["counts"]) == (old, counts(0, 0, 1, 1))


def test_a_stale_version_is_told_and_changes_nothing(
    alice: User, bob: User, url: str, kept: Annotation, as_user: Clients
) -> None:
    send(as_user(alice), "PUT", url, {"version": 1, "category": 2})
    answer = send(as_user(bob), "PUT", url, {"version": 1, "counts": counts(0, 0, 2, 2)})
    assert answer.status_code == 409
    current = answer.json()["error"]["current"]
    assert (current["version"], current["annotations"][0]["category"]) == (2, 2)
    kept.refresh_from_db()
    assert kept.counts == counts()


def test_the_same_content_makes_no_version(bob: User, url: str, kept: Annotation, as_user: Clients) -> None:
    answer = send(as_user(bob), "PUT", url, {"version": 1, "category": 1, "counts": kept.counts})
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert AnnotationEvent.objects.count() == 1


def test_a_retried_change_is_harmless(bob: User, url: str, as_user: Clients) -> None:
    body = {"version": 1, "category": 2}
    first, again = (send(as_user(bob), "PUT", url, body) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert AnnotationEvent.objects.count() == 2


def test_what_another_made_equal_is_still_a_conflict(alice: User, bob: User, url: str, as_user: Clients) -> None:
    """Equal by chance is not a retry: bob has not seen what else alice may have done."""
    send(as_user(alice), "PUT", url, {"version": 1, "category": 2})
    assert send(as_user(bob), "PUT", url, {"version": 1, "category": 2}).status_code == 409


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"counts": counts(0, 0, 0, 0)}, "bad_mask"),
        ({"counts": "zz"}, "bad_mask"),
        ({"category": 77}, "bad_category"),
        ({"clicks": [[WIDTH, 1, True]]}, "bad_clicks"),
        ({"version": "1"}, "bad_request"),
        ({"uid": "b"}, "bad_request"),
    ],
)
def test_bad_content_is_refused(change: dict[str, Any], code: str, bob: User, url: str, as_user: Clients) -> None:
    answer = send(as_user(bob), "PUT", url, {"version": 1, **change})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert AnnotationEvent.objects.count() == 1


def test_signed_out_is_refused(url: str, as_user: Clients) -> None:
    assert send(as_user(None), "PUT", url, {"version": 1, "category": 2}).status_code == 401


def test_an_outsider_finds_nothing(charlie: User, url: str, as_user: Clients) -> None:
    assert send(as_user(charlie), "PUT", url, {"version": 1, "category": 2}).status_code == 404


def test_a_reviewer_may_not(rita: User, url: str, as_user: Clients) -> None:
    assert send(as_user(rita), "PUT", url, {"version": 1, "category": 2}).status_code == 403
    assert AnnotationEvent.objects.count() == 1


def test_a_deleted_object_is_not_found(bob: User, url: str, image: Image, as_user: Clients) -> None:
    send(as_user(bob), "DELETE", url, {"version": 1})
    assert send(as_user(bob), "PUT", url, {"version": 2, "category": 2}).status_code == 404


def test_a_set_has_a_new_version_for_every_change(bob: User, url: str, image: Image, as_user: Clients) -> None:
    client = as_user(bob)
    send(client, "PUT", url, {"version": 1, "category": 2})
    send(client, "POST", f"/api/images/{image.pk}/annotations", new(2))
    send(client, "DELETE", url, {"version": 3})
    send(client, "POST", f"/api/images/{image.pk}/status", {"version": 4, "status": "done"})
    found = list(AnnotationEvent.objects.values_list("version", "kind"))
    assert found == [(1, "create"), (2, "change"), (3, "create"), (4, "delete"), (5, "status")]


def test_a_retry_is_answered_with_what_it_made(bob: User, url: str, as_user: Clients) -> None:
    """One person in two tabs: what the second did since is not in the answer, and its writer meets it next."""
    body = {"version": 1, "z": 5}
    first = send(as_user(bob), "PUT", url, body).json()
    send(as_user(bob), "PUT", url, {"version": 2, "clicks": [[1.0, 1.0, True]]})
    again = send(as_user(bob), "PUT", url, body)
    assert (again.status_code, again.json()) == (200, first)


def test_another_change_by_the_same_person_is_no_retry(bob: User, url: str, as_user: Clients) -> None:
    """The other tab changed the object at that version, in another way, and only later to what this one asks."""
    send(as_user(bob), "PUT", url, {"version": 1, "clicks": [[1.0, 1.0, True]]})
    send(as_user(bob), "PUT", url, {"version": 2, "z": 5})
    assert send(as_user(bob), "PUT", url, {"version": 1, "z": 5}).status_code == 409
