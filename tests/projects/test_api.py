"""`/api/projects`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling.accounts.models import User
from labeling.projects.models import Membership, Project
from tests.projects.test_services import annotate

AsUser = Callable[[User | None], Client]
NEW = {"name": "Birds", "categories": [{"name": "wing", "color": "#aabbcc", "hotkey": 4, "kind": "thing"}]}


@pytest.fixture
def staff(as_user: AsUser, alice: User) -> Client:
    alice.is_staff = True
    alice.save()
    return as_user(alice)


def send(client: Client, method: str, url: str, body: Any) -> tuple[int, dict[str, Any]]:
    response = client.generic(method, url, data=json.dumps(body), content_type="application/json")
    return response.status_code, response.json()


def test_a_project_is_made(staff: Client, alice: User) -> None:
    status, made = send(staff, "POST", "/api/projects", NEW)
    assert status == 201
    assert made == {
        "id": made["id"],
        "name": "Birds",
        "state": "active",
        "instructions": "",
        "url": f"/projects/{made['id']}/",
        "role": "owner",
        "can_label": True,
        "can_export": True,
        "can_manage": True,
        "can_assign": True,
        "can_review": True,
        "can_archive": True,
        "categories": [{"number": 1, "name": "wing", "color": "#aabbcc", "hotkey": "4", "kind": "thing"}],
        "merged": [],
        "attributes": [],
        "panoptic": False,
    }
    assert Membership.objects.get(project_id=made["id"]).user == alice


@pytest.mark.parametrize(
    "change",
    [
        {"name": "  "},
        {"name": None},
        {"categories": []},
        {"categories": [{"name": "a", "color": "#12345"}]},
        {"categories": [{"name": "a", "hotkey": 0}]},
        {"categories": [{"name": "a"}, {"name": "A"}]},
        {"categories": [{"name": "a", "colour": "#123456"}]},
        {"owner": 7},
    ],
)
def test_a_wrong_body_makes_nothing(staff: Client, change: dict[str, Any]) -> None:
    status, answer = send(staff, "POST", "/api/projects", NEW | change)
    assert status == 400
    assert answer["error"]["message"]
    assert not Project.objects.exists()


def test_the_list_has_own_projects_only(project: Project, bob: User, charlie: User, as_user: AsUser) -> None:
    (found,) = as_user(bob).get("/api/projects").json()["results"]
    assert (found["id"], found["role"], len(found["categories"])) == (project.pk, "annotator", 3)
    assert as_user(charlie).get("/api/projects").json() == {"results": []}


def test_many_projects_take_as_few_queries_as_one(project: Project, bob: User, as_user: AsUser) -> None:
    client = as_user(bob)
    client.get("/api/projects")
    with CaptureQueriesContext(connection) as one:
        client.get("/api/projects")
    for number in range(5):
        made = Project.objects.create(name=f"{number}", created_by=bob)
        made.memberships.create(user=bob, role="viewer")
        made.categories.create(number=1, name="car", color="#112233", kind="thing")
    with CaptureQueriesContext(connection) as many:
        assert len(client.get("/api/projects").json()["results"]) == 6
    assert len(many) == len(one)


def test_there_is_no_project_of_a_wrong_number_for_a_superuser_either(project: Project, as_user: AsUser) -> None:
    root = as_user(User.objects.create_superuser("root"))
    for path in ("", "/jobs", "/categories", "/lots", "/tags", "/exports", "/quality"):
        assert root.get(f"/api/projects/{project.pk}{path}").status_code == 200, path
        assert root.get(f"/api/projects/{project.pk + 1}{path}").status_code == 404, path


def test_every_member_may_read(project: Project, alice: User, bob: User, rita: User, as_user: AsUser) -> None:
    for user, role in ((alice, "owner"), (bob, "annotator"), (rita, "reviewer")):
        assert as_user(user).get(f"/api/projects/{project.pk}").json()["role"] == role


def test_a_change_leaves_the_rest(project: Project, alice: User, as_user: AsUser) -> None:
    status, changed = send(as_user(alice), "PATCH", f"/api/projects/{project.pk}", {"instructions": "Exact edges."})
    assert status == 200
    assert (changed["name"], changed["instructions"], len(changed["categories"])) == ("Street", "Exact edges.", 3)


def test_settings_that_a_colleague_changed_are_not_overwritten(project: Project, alice: User, as_user: AsUser) -> None:
    client, url = as_user(alice), f"/api/projects/{project.pk}"
    seen = client.get(f"{url}/categories").json()["seen"]
    assert send(client, "PATCH", url, {"name": "Town", "seen": seen})[0] == 200
    status, answer = send(client, "PATCH", url, {"name": "Village", "seen": seen})
    assert (status, answer["error"]["code"]) == (409, "changed")
    assert Project.objects.get().name == "Town"


def test_the_classes_are_the_whole_list(project: Project, alice: User, as_user: AsUser) -> None:
    body = {"categories": [{"number": 2, "name": "pedestrian"}, {"name": "sky", "kind": "stuff", "hotkey": None}]}
    status, changed = send(as_user(alice), "PATCH", f"/api/projects/{project.pk}", body)
    assert status == 200
    assert [(one["number"], one["name"], one["hotkey"]) for one in changed["categories"]] == [
        (2, "pedestrian", "2"),
        (4, "sky", None),
    ]


def test_a_class_in_use_is_not_deleted(project: Project, alice: User, as_user: AsUser) -> None:
    annotate(project, project.categories.get(number=1), times=2)
    body = {"name": "Town", "categories": [{"number": 2, "name": "person"}]}
    status, answer = send(as_user(alice), "PATCH", f"/api/projects/{project.pk}", body)
    assert (status, answer["error"]["code"], answer["error"]["objects"]) == (409, "category_in_use", 2)
    project.refresh_from_db()
    assert project.name == "Street"
    assert project.categories.count() == 3


def test_access(project: Project, bob: User, rita: User, charlie: User, as_user: AsUser) -> None:
    url = f"/api/projects/{project.pk}"
    assert as_user(None).get("/api/projects").status_code == 401
    assert send(as_user(None), "POST", "/api/projects", NEW)[0] == 401
    assert send(as_user(charlie), "POST", "/api/projects", NEW)[0] == 403
    assert as_user(None).get(url).status_code == 401
    assert as_user(charlie).get(url).status_code == 404
    assert send(as_user(None), "PATCH", url, {})[0] == 401
    assert send(as_user(charlie), "PATCH", url, {})[0] == 404
    assert send(as_user(bob), "PATCH", url, {})[0] == 403
    assert send(as_user(rita), "PATCH", url, {})[0] == 403
    for user, status in ((None, 401), (charlie, 404), (bob, 403), (rita, 403)):
        assert send(as_user(user), "DELETE", url, {"name": "Street"})[0] == status
    assert Project.objects.filter(pk=project.pk).exists()


def test_a_list_without_numbers_that_is_sent_again_changes_nothing(
    project: Project, alice: User, as_user: AsUser
) -> None:
    client, url = as_user(alice), f"/api/projects/{project.pk}"
    wanted = {
        "categories": [{"name": "car"}, {"name": "tree"}],
        "attributes": [{"name": "Seen", "kind": "flag"}, {"name": "Age", "kind": "number"}],
    }
    status, first = send(client, "PATCH", url, wanted)
    assert status == 200
    assert [(one["number"], one["name"]) for one in first["categories"]] == [(1, "car"), (4, "tree")]
    annotate(project, project.categories.get(number=4))
    assert send(client, "PATCH", url, wanted) == (200, first)
    status, other = send(client, "PATCH", url, {"attributes": [{"name": "seen", "kind": "text"}]})
    assert status == 200
    assert [one["number"] for one in other["attributes"]] == [3]  # another kind is another attribute
