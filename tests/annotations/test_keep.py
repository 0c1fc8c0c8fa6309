"""POST /api/images/<id>/annotations: keeping a new object."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.test import Client

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Category, Project
from tests.annotations.conftest import HEIGHT, WIDTH, counts, new, send

Clients = Callable[[User | None], Client]


@pytest.fixture
def url(image: Image) -> str:
    return f"/api/images/{image.pk}/annotations"


def error(answer: Any) -> dict[str, Any]:
    return answer.json()["error"]


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_it_keeps(name: str, image: Image, url: str, as_user: Clients) -> None:
    body = new(category=2)
    user = User.objects.get(username=name)
    answer = send(as_user(user), "POST", url, body)
    assert answer.status_code == 201
    assert answer.json()["version"] == 1
    kept = answer.json()["annotation"]
    assert kept["uid"] == body["uid"]
    assert kept["category"] == 2
    assert kept["counts"] == body["counts"]
    assert kept["bbox"] == [5, 6, 7, 8]
    assert kept["area"] == 56
    assert kept["clicks"] == [[8.5, 9.25, True], [1.0, 1.0, False]]
    assert kept["created_by"] == name
    row = AnnotationSet.objects.get(image=image)
    assert (row.version, row.status, row.changed_by) == (1, "in_progress", user)


def test_what_it_answers_is_what_a_reload_shows(bob: User, url: str, as_user: Clients) -> None:
    client = as_user(bob)
    first = send(client, "POST", url, new(0)).json()["annotation"]
    second = send(client, "POST", url, new(1, counts=counts(20, 20, 2, 2), clicks=[])).json()["annotation"]
    kept = {"version": 2, "status": "in_progress", "reason": "", "note": "", "round": 0, "annotations": [first, second]}
    assert client.get(url).json() == kept


def test_it_logs_the_change(bob: User, url: str, as_user: Clients) -> None:
    kept = send(as_user(bob), "POST", url, new()).json()["annotation"]
    event = AnnotationEvent.objects.get()
    assert (event.version, event.kind, event.user, event.before, event.after) == (1, "create", bob, None, kept)


def test_a_stale_version_is_told_and_changes_nothing(bob: User, alice: User, url: str, as_user: Clients) -> None:
    send(as_user(alice), "POST", url, new(0))
    answer = send(as_user(bob), "POST", url, new(0))
    assert answer.status_code == 409
    assert error(answer)["code"] == "conflict"
    assert error(answer)["current"] == as_user(bob).get(url).json()
    assert error(answer)["current"]["version"] == 1
    assert Annotation.objects.count() == AnnotationEvent.objects.count() == 1


def test_a_version_from_the_future_is_a_conflict(bob: User, url: str, as_user: Clients) -> None:
    assert error(send(as_user(bob), "POST", url, new(7)))["code"] == "conflict"


def test_a_retried_save_is_harmless(bob: User, url: str, as_user: Clients) -> None:
    body = new(0)
    first = send(as_user(bob), "POST", url, body)
    again = send(as_user(bob), "POST", url, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Annotation.objects.count() == AnnotationEvent.objects.count() == 1


def test_a_retry_is_answered_with_what_it_made(image: Image, bob: User, url: str, as_user: Clients) -> None:
    """Two tabs: the second changes the object, and keeps one, before the first sends its own once more."""
    body = new(0)
    first = send(as_user(bob), "POST", url, body).json()
    send(as_user(bob), "POST", url, new(1, counts=counts(1, 1, 1, 1)))
    send(as_user(bob), "PUT", f"/api/annotations/{first['annotation']['id']}", {"version": 2, "z": 9})
    again = send(as_user(bob), "POST", url, body)
    assert (again.status_code, again.json()) == (200, first)


def test_the_same_object_of_another_tab_does_not_hide_the_rest(bob: User, url: str, as_user: Clients) -> None:
    """Both tabs accept one suggestion; the first has never seen what the other kept before it."""
    body = new(0)
    send(as_user(bob), "POST", url, new(0, counts=counts(1, 1, 1, 1)))
    send(as_user(bob), "POST", url, body | {"version": 1})
    assert send(as_user(bob), "POST", url, body).json()["error"]["code"] == "conflict"


def test_a_retry_does_not_hide_what_others_did_since(bob: User, alice: User, url: str, as_user: Clients) -> None:
    """The retry is answered with the version it made, so that its writer's next change still is a conflict."""
    body = new(0)
    send(as_user(bob), "POST", url, body)
    send(as_user(alice), "POST", url, new(1))
    again = send(as_user(bob), "POST", url, body)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert send(as_user(bob), "POST", url, new(again.json()["version"])).status_code == 409


def test_the_same_uid_with_other_content_is_refused(bob: User, url: str, as_user: Clients) -> None:
    body = new(0)
    kept = send(as_user(bob), "POST", url, body).json()["annotation"]
    answer = send(as_user(bob), "POST", url, {**body, "version": 1, "counts": counts(1, 1, 1, 1)})
    assert (answer.status_code, error(answer)["code"]) == (409, "exists")
    assert error(answer)["current"]["annotations"] == [kept]


def test_the_same_uid_may_be_used_on_another_image(bob: User, project: Project, url: str, as_user: Clients) -> None:
    other = Image.objects.create(project=project, name="b.png", sha256="1" * 64, width=WIDTH, height=HEIGHT)
    body = new(0)
    assert send(as_user(bob), "POST", url, body).status_code == 201
    assert send(as_user(bob), "POST", f"/api/images/{other.pk}/annotations", body).status_code == 201


def test_a_mask_is_kept_in_its_one_spelling(bob: User, url: str, as_user: Clients) -> None:
    """Runs 0 of zeros, 3 ones, 0 zeros, 2 ones, …: pycocotools would give this a wrong box."""
    spelled = "03" + "0" + "O" + _rest(HEIGHT * WIDTH - 5, before=0)
    assert masks.runs(spelled).tolist() == [0, 3, 0, 2, HEIGHT * WIDTH - 5]
    kept = send(as_user(bob), "POST", url, new(counts=spelled)).json()["annotation"]
    assert masks.runs(kept["counts"]).tolist() == [0, 5, HEIGHT * WIDTH - 5]
    assert (kept["area"], kept["bbox"]) == (5, [0, 0, 1, 5])


def _rest(run: int, before: int) -> str:
    """One run in COCO's code, as the difference to the run two before."""
    value, out = run - before, ""
    while True:
        low, value = value & 0x1F, value >> 5
        last = value == (-1 if low & 0x10 else 0)
        out += chr(48 + (low if last else low | 0x20))
        if last:
            return out


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"counts": masks.encode(np.ones((WIDTH, HEIGHT), bool)[:-1])}, "bad_mask"),
        ({"counts": counts(0, 0, 0, 0)}, "bad_mask"),
        ({"counts": "not RLE"}, "bad_mask"),
        ({"counts": "\ud800"}, "bad_request"),
        ({"counts": "o"}, "bad_mask"),
        ({"counts": ""}, "bad_request"),
        ({"counts": "0" * (4 * 1024**2 + 1)}, "bad_request"),
        ({"category": 9}, "bad_category"),
        ({"category": 0}, "bad_request"),
        ({"category": 10**30}, "bad_request"),
        ({"category": "1"}, "bad_request"),
        ({"category": True}, "bad_request"),
        ({"clicks": [[WIDTH, 0, True]]}, "bad_clicks"),
        ({"clicks": [[0, HEIGHT, True]]}, "bad_clicks"),
        ({"clicks": [[-0.001, 0, True]]}, "bad_clicks"),
        ({"clicks": [[float("nan"), 0, True]]}, "bad_request"),
        ({"clicks": [[float("inf"), 0, True]]}, "bad_request"),
        ({"clicks": [["1", 0, True]]}, "bad_request"),
        ({"clicks": [[1, 0, 1]]}, "bad_request"),
        ({"clicks": [[1, 0]]}, "bad_request"),
        ({"clicks": [[1, 1, True]] * 501}, "bad_request"),
        ({"uid": "me"}, "bad_request"),
        ({"version": -1}, "bad_request"),
        ({"version": None}, "bad_request"),
        ({"colour": "red"}, "bad_request"),
    ],
)
def test_bad_content_is_refused(change: dict[str, Any], code: str, bob: User, url: str, as_user: Clients) -> None:
    answer = send(as_user(bob), "POST", url, {**new(), **change})
    assert (answer.status_code, error(answer)["code"]) == (400, code)
    assert error(answer)["message"]
    assert not Annotation.objects.exists()
    assert not AnnotationEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_a_body_that_is_no_object_is_refused(body: bytes, bob: User, url: str, as_user: Clients) -> None:
    answer = as_user(bob).generic("POST", url, body, "application/json")
    assert answer.status_code == 400
    assert error(answer)["code"] in {"bad_json", "bad_request"}


def test_a_category_of_another_project_is_refused(bob: User, url: str, as_user: Clients) -> None:
    other = Project.objects.create(name="Other", created_by=bob)
    Category.objects.create(project=other, number=8, name="tree", color="#112233")
    assert error(send(as_user(bob), "POST", url, new(category=8)))["code"] == "bad_category"


def test_signed_out_is_refused(url: str, as_user: Clients) -> None:
    assert send(as_user(None), "POST", url, new()).status_code == 401


def test_an_outsider_finds_nothing(charlie: User, url: str, as_user: Clients) -> None:
    assert send(as_user(charlie), "POST", url, new()).status_code == 404


def test_a_reviewer_may_not(rita: User, url: str, as_user: Clients) -> None:
    assert send(as_user(rita), "POST", url, new()).status_code == 403
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("image_id", [999_999, 10**30])
def test_no_such_image(image_id: int, bob: User, as_user: Clients) -> None:
    assert send(as_user(bob), "POST", f"/api/images/{image_id}/annotations", new()).status_code == 404


def test_other_methods_are_refused(bob: User, url: str, as_user: Clients) -> None:
    assert send(as_user(bob), "PUT", url, new()).status_code == 405
