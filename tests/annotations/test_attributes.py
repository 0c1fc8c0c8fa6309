"""What annotators say of objects beside their class: checked by the server, named by field, kept in the log."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationEvent
from labeling.images.models import Image
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Project
from labeling.projects.specs import AttributeSpec
from tests.annotations.conftest import new, send

Clients = Callable[[User | None], Client]
Keeper = Callable[..., Annotation]


@pytest.fixture
def asked(project: Project) -> Project:
    """1 note (text), 2 count (number), 3 pose (choice), 4 occluded (flag)."""
    specs: list[dict[str, Any]] = [
        {"name": "note", "kind": "text"},
        {"name": "count", "kind": "number"},
        {"name": "pose", "kind": "choice", "choices": ["standing", "lying"]},
        {"name": "occluded", "kind": "flag"},
    ]
    save_attributes(project, [AttributeSpec(**one) for one in specs])
    return project


def test_answers_are_kept_changed_and_logged(image: Image, asked: Project, bob: User, as_user: Clients) -> None:
    said = {"1": "by the gate", "2": 2.5, "3": "lying", "4": False}
    url = f"/api/images/{image.pk}/annotations"
    kept = send(as_user(bob), "POST", url, new(attributes=said)).json()["annotation"]
    assert kept["attributes"] == said
    changed = {"version": 1, "attributes": {"3": "standing", "4": None}}
    now = send(as_user(bob), "PUT", f"/api/annotations/{kept['id']}", changed).json()["annotation"]
    assert now["attributes"] == {"3": "standing"}
    assert now["counts"] == kept["counts"]
    event = AnnotationEvent.objects.latest("version")
    assert event.before is not None
    assert event.after is not None
    assert (event.before["attributes"], event.after["attributes"]) == (said, {"3": "standing"})


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"1": 5}, "note"),
        ({"1": True}, "note"),
        ({"1": "x" * 1001}, "note"),
        ({"2": "5"}, "count"),
        ({"2": True}, "count"),
        ({"2": 10**400}, "count"),
        ({"3": "sitting"}, "pose"),
        ({"3": 1}, "pose"),
        ({"4": "yes"}, "occluded"),
        ({"4": 1}, "occluded"),
        ({"9": "x"}, "attribute 9"),
        ({"pose": "lying"}, "attribute pose"),
    ],
)
def test_a_wrong_answer_is_refused_by_name(
    given: dict[str, Any], name: str, image: Image, asked: Project, bob: User, as_user: Clients
) -> None:
    answer = send(as_user(bob), "POST", f"/api/images/{image.pk}/annotations", new(attributes=given))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (400, "bad_attributes", name)
    assert f"“{name}”" in error["message"]
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("given", [[], "x", {"1": []}, {"1": {}}, {"2": float("nan")}])
def test_what_is_no_answer_at_all(given: Any, image: Image, asked: Project, bob: User, as_user: Clients) -> None:
    answer = send(as_user(bob), "POST", f"/api/images/{image.pk}/annotations", new(attributes=given))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


def test_what_is_no_longer_asked_stays(asked: Project, bob: User, keep: Keeper, as_user: Clients) -> None:
    """A choice that is gone, an attribute that is deleted: the objects that have them keep them."""
    kept = keep(bob, 0, attributes={"1": "old", "3": "lying"})
    pose = AttributeSpec(number=3, name="posture", kind="choice", choices=["standing"])
    save_attributes(asked, [pose], deleted=[1])
    url = f"/api/annotations/{kept.pk}"
    said = {"3": "lying", "4": True}
    now = send(as_user(bob), "PUT", url, {"version": 1, "attributes": said}).json()["annotation"]
    assert now["attributes"] == {"1": "old", **said}
    refused = send(as_user(bob), "PUT", url, {"version": 2, "attributes": {"3": "sitting"}}).json()["error"]
    assert refused["field"] == "posture"
    # Undo of a deletion sends what the object had, also what is not asked any more.
    again = new(2, attributes={"1": "old", "4": True})
    answer = send(as_user(bob), "POST", f"/api/images/{kept.set.image_id}/annotations", again)
    assert answer.json()["annotation"]["attributes"] == {"1": "old", "4": True}
