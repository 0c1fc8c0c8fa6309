"""POST /api/images/<id>/changes: several changes that belong together; the drawing order."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.images.models import Image
from tests.annotations.conftest import counts, new, send

Clients = Callable[[User | None], Client]
Keeper = Callable[..., Annotation]


@pytest.fixture
def url(image: Image) -> str:
    return f"/api/images/{image.pk}/changes"


def creation(**changes: Any) -> dict[str, Any]:
    body = new(**changes)
    return {"kind": "create"} | {name: value for name, value in body.items() if name != "version"}


def test_a_merge_is_one_step(image: Image, bob: User, url: str, keep: Keeper, as_user: Clients) -> None:
    first, second = keep(bob, 0), keep(bob, 1, counts=counts(20, 20, 2, 2))
    body = {
        "version": 2,
        "changes": [
            {"kind": "change", "uid": str(first.uid), "counts": counts(5, 6, 20, 8), "clicks": []},
            {"kind": "delete", "uid": str(second.uid)},
            creation(counts=counts(0, 0, 1, 1)),
        ],
    }
    answer = send(as_user(bob), "POST", url, body)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["version"] == 5
    assert [one["area"] for one in answer.json()["annotations"]] == [160, 1]
    now = as_user(bob).get(f"/api/images/{image.pk}/annotations").json()
    assert now["annotations"] == answer.json()["annotations"]
    events = AnnotationEvent.objects.filter(version__gt=2)
    assert list(events.values_list("version", "kind")) == [(3, "change"), (4, "delete"), (5, "create")]
    assert (events[1].before or {})["counts"] == second.counts


def test_all_or_nothing(bob: User, url: str, keep: Keeper, as_user: Clients) -> None:
    first = keep(bob, 0)
    gone = {"kind": "delete", "uid": str(uuid.uuid4())}
    body = {"version": 1, "changes": [{"kind": "delete", "uid": str(first.uid)}, gone]}
    answer = send(as_user(bob), "POST", url, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "gone")
    assert Annotation.objects.get() == first
    assert AnnotationSet.objects.get().version == AnnotationEvent.objects.count() == 1


def test_sent_again_it_does_nothing(alice: User, bob: User, url: str, keep: Keeper, as_user: Clients) -> None:
    first = keep(bob, 0)
    body = {"version": 1, "changes": [{"kind": "delete", "uid": str(first.uid)}, creation()]}
    answer = send(as_user(bob), "POST", url, body)
    assert send(as_user(bob), "POST", url, body).json() == answer.json()
    assert AnnotationEvent.objects.count() == 3
    keep(alice, 3, counts=counts(1, 1, 1, 1))
    again = send(as_user(bob), "POST", url, body)
    assert again.json() == answer.json()  # what it made itself: bob has not seen alice's object, and is still told
    assert send(as_user(bob), "POST", url, {"version": 3, "changes": [creation()]}).status_code == 409


def test_sent_again_it_does_not_hide_what_another_tab_did(
    image: Image, bob: User, url: str, keep: Keeper, as_user: Clients
) -> None:
    """One person, two tabs: the answer of the first is lost, the second changes the same object, the first retries."""
    kept = keep(bob, 0)
    merged = {"version": 1, "changes": [{"kind": "change", "uid": str(kept.uid), "counts": counts(5, 6, 20, 8)}]}
    first = send(as_user(bob), "POST", url, merged).json()
    other = send(as_user(bob), "PUT", f"/api/annotations/{kept.pk}", {"version": 2, "z": 7}).json()
    again = send(as_user(bob), "POST", url, merged)
    assert (again.status_code, again.json()) == (200, first)
    assert (first["version"], other["version"]) == (2, 3)
    then = send(as_user(bob), "PUT", f"/api/annotations/{kept.pk}", {"version": again.json()["version"], "z": 9})
    assert then.status_code == 409
    assert Annotation.objects.get().z == 7


def test_changes_by_chance_equal_are_not_a_retry(bob: User, url: str, keep: Keeper, as_user: Clients) -> None:
    """The other tab did something first; only then everything is as this one asks. It never saw that."""
    kept = keep(bob, 0)
    send(as_user(bob), "PUT", f"/api/annotations/{kept.pk}", {"version": 1, "z": 7})
    send(as_user(bob), "PUT", f"/api/annotations/{kept.pk}", {"version": 2, "counts": counts(5, 6, 20, 8)})
    body = {"version": 1, "changes": [{"kind": "change", "uid": str(kept.uid), "counts": counts(5, 6, 20, 8)}]}
    assert send(as_user(bob), "POST", url, body).json()["error"]["code"] == "conflict"


def test_sent_again_with_a_change_that_changed_nothing(bob: User, url: str, keep: Keeper, as_user: Clients) -> None:
    first, second = keep(bob, 0), keep(bob, 1, counts=counts(20, 20, 2, 2))
    changes = [
        {"kind": "change", "uid": str(first.uid), "z": first.z},
        {"kind": "change", "uid": str(second.uid), "z": second.z + 1},
    ]
    answer = send(as_user(bob), "POST", url, {"version": 2, "changes": changes}).json()
    assert answer["version"] == 3
    keep(bob, 3, counts=counts(1, 1, 1, 1))
    assert send(as_user(bob), "POST", url, {"version": 2, "changes": changes}).json() == answer


def test_a_stale_version_is_a_conflict(alice: User, bob: User, url: str, keep: Keeper, as_user: Clients) -> None:
    keep(alice, 0)
    answer = send(as_user(bob), "POST", url, {"version": 0, "changes": [creation()]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert answer.json()["error"]["current"]["version"] == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "merge"}, "changes"),
        ({"kind": "delete"}, "uid"),
        ({"kind": "create", "uid": str(uuid.uuid4())}, "counts"),
        ({"kind": "change", "uid": str(uuid.uuid4()), "z": 2**60}, "z"),
        ({"kind": "change", "uid": str(uuid.uuid4()), "z": "1"}, "z"),
        ({"kind": "delete", "uid": str(uuid.uuid4()), "z": 1}, "z"),
        (creation(category=9), "no class number 9"),
        (creation(counts="1"), "mask"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], told: str, bob: User, url: str, as_user: Clients) -> None:
    answer = send(as_user(bob), "POST", url, {"version": 0, "changes": [change]})
    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]
    assert not Annotation.objects.exists()


def test_an_object_is_there_once(bob: User, url: str, keep: Keeper, as_user: Clients) -> None:
    uid = str(keep(bob, 0).uid)
    changes = [{"kind": "change", "uid": uid, "z": 5}, {"kind": "delete", "uid": uid}]
    assert send(as_user(bob), "POST", url, {"version": 1, "changes": changes}).status_code == 400


def test_new_objects_lie_on_top_and_can_be_moved(
    image: Image, bob: User, url: str, keep: Keeper, as_user: Clients
) -> None:
    low, middle, high = (keep(bob, version, counts=counts(version)) for version in range(3))
    assert low.z < middle.z < high.z
    client = as_user(bob)
    between = (low.z + middle.z) // 2
    moved = send(client, "PUT", f"/api/annotations/{high.pk}", {"version": 3, "z": between}).json()
    assert moved["annotation"]["z"] == between
    now = client.get(f"/api/images/{image.pk}/annotations").json()["annotations"]
    assert [one["uid"] for one in now] == [str(one.uid) for one in (low, high, middle)]
    event = AnnotationEvent.objects.latest("version")
    assert event.before is not None
    assert event.after is not None
    assert (event.before["z"], event.after["z"]) == (high.z, between)


def test_an_outsider_finds_nothing_and_a_reviewer_may_not(
    charlie: User, rita: User, url: str, as_user: Clients
) -> None:
    body = {"version": 0, "changes": [creation()]}
    assert send(as_user(charlie), "POST", url, body).status_code == 404
    assert send(as_user(rita), "POST", url, body).status_code == 403
    assert send(as_user(None), "POST", url, body).status_code == 401
    assert not Annotation.objects.exists()
