"""Defining attributes: the API and the settings page."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.projects.models import Attribute, Project

AsUser = Callable[[User | None], Client]
POSE = {"name": "pose", "kind": "choice", "choices": ["standing", "lying"]}


def form(*rows: dict[str, Any], initial: int = 0) -> dict[str, str]:
    """The POST data of the attributes' form."""
    data = {"attributes-TOTAL_FORMS": str(len(rows)), "attributes-INITIAL_FORMS": str(initial)}
    for index, row in enumerate(rows):
        for key, value in ({"number": "", "name": "", "kind": "text", "choices": ""} | row).items():
            data[f"attributes-{index}-{key}"] = str(value)
    return data


def patch(client: Client, project: Project, *attributes: dict[str, Any]) -> Any:
    body = json.dumps({"attributes": attributes})
    return client.patch(f"/api/projects/{project.pk}", body, content_type="application/json")


def test_the_api_defines_and_members_read(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    flag = {"name": "occluded", "kind": "flag"}
    assert patch(as_user(alice), project, POSE, flag).status_code == 200
    told = as_user(bob).get(f"/api/projects/{project.pk}").json()["attributes"]
    assert told == [{"number": 1, **POSE}, {"number": 2, **flag, "choices": []}]
    # A renamed one keeps its number, a missing one goes, a new one gets a number that was never used.
    answer = patch(as_user(alice), project, {"number": 1, **POSE, "name": "posture"}, {"name": "n", "kind": "number"})
    assert [(one["number"], one["name"]) for one in answer.json()["attributes"]] == [(1, "posture"), (3, "n")]
    assert patch(as_user(bob), project).status_code == 403


def test_a_new_project_can_have_them(alice: User, as_user: AsUser) -> None:
    alice.is_staff = True
    alice.save()
    body = {"name": "New", "categories": [{"name": "car"}], "attributes": [POSE]}
    answer = as_user(alice).post("/api/projects", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["attributes"][0]["choices"] == ["standing", "lying"]


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ([{"name": "pose", "kind": "choice"}], "enter at least one option"),
        ([{"name": "note", "kind": "text", "choices": ["a"]}], "leave the options empty"),
        ([{**POSE, "choices": ["a", "a"]}], "same option twice"),
        ([{"name": "x", "kind": "colour"}], "kind"),
        ([{"name": " ", "kind": "text"}], "name"),
        ([POSE, {**POSE, "name": "POSE"}], "Two attributes are named"),
        ([{**POSE, "number": 7}], "no attribute number 7"),
    ],
)
def test_what_is_wrong_is_told(
    attributes: list[dict[str, Any]], told: str, project: Project, alice: User, as_user: AsUser
) -> None:
    answer = patch(as_user(alice), project, *attributes)
    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]
    assert not Attribute.objects.exists()


def test_the_page_defines_changes_and_deletes(project: Project, alice: User, as_user: AsUser) -> None:
    client, url = as_user(alice), f"/projects/{project.pk}/attributes"
    rows = [{"name": "pose", "kind": "choice", "choices": "standing, lying ,"}, {"name": "note"}, {}]
    page = client.post(url, form(*rows), follow=True).content.decode()
    assert "Attributes saved." in page
    assert 'value="standing, lying"' in page
    swapped = [
        {"number": 1, "name": "note", "kind": "choice", "choices": "standing"},
        {"number": 2, "name": "pose", "kind": "text"},
    ]
    client.post(url, form(*swapped, initial=2))
    assert list(project.attributes.values_list("name", "kind")) == [("note", "choice"), ("pose", "text")]
    client.post(url, form({**swapped[0], "DELETE": "on"}, swapped[1], initial=2))
    assert list(project.attributes.values_list("number", flat=True)) == [2]


def test_the_page_tells_what_is_wrong_at_the_row(project: Project, alice: User, as_user: AsUser) -> None:
    client, url = as_user(alice), f"/projects/{project.pk}/attributes"
    page = client.post(url, form({"name": "pose", "kind": "choice"}, {"name": "kept as typed"})).content.decode()
    assert "“pose” is a choice: enter at least one option." in page
    assert 'value="kept as typed"' in page
    assert "Two attributes are named" in client.post(url, form({"name": "a"}, {"name": "A"})).content.decode()
    client.post(url, form({"name": "note"}))
    number = project.attributes.get().number
    page = client.post(url, form({"number": number, "name": "note", "kind": "flag"}, initial=1)).content.decode()
    assert "The kind of “note” can&#x27;t be changed" in page


def test_only_managers(project: Project, bob: User, charlie: User, as_user: AsUser) -> None:
    url = f"/projects/{project.pk}/attributes"
    assert as_user(bob).post(url, form({"name": "x"})).status_code == 403
    assert as_user(charlie).post(url, form({"name": "x"})).status_code == 404
    assert not Attribute.objects.exists()
