"""Archived projects, the bin, and what is told live."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labeling.accounts.models import User
from labeling.projects import life, purge
from labeling.projects.access import standing_of
from labeling.projects.models import Membership, Project, ProjectJob, Role
from labeling.web.api import ApiError

AsUser = Callable[[User | None], Client]


def post(client: Client, url: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    response = client.post(url, json.dumps(body or {}), content_type="application/json")
    return response.status_code, response.json()


def delete(client: Client, project: Project, name: str) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"name": name})
    response = client.delete(f"/api/projects/{project.pk}", body, content_type="application/json")
    return response.status_code, response.json()


def test_an_archived_project_is_read_only_for_all_and_says_who_can_help(
    project: Project, alice: User, bob: User, as_user: AsUser
) -> None:
    url = f"/api/projects/{project.pk}"
    assert post(as_user(alice), f"{url}/archive") == (200, {"id": project.pk, "state": "archived"})
    for user in (alice, bob):
        told = as_user(user).get(url).json()
        assert told["state"] == "archived"
        assert not told["can_label"]
        assert not told["can_manage"]
    answer = as_user(alice).patch(url, json.dumps({"name": "Other"}), content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "archived")
    assert "owners can restore it" in answer.json()["error"]["message"]
    page = as_user(alice).get(f"/projects/{project.pk}/settings")
    assert page.status_code == 403
    assert "This project is archived" in page.content.decode()
    shown = as_user(alice).get(f"/projects/{project.pk}/").content.decode()
    assert "Restore project" in shown
    assert "Restore project" not in as_user(bob).get(f"/projects/{project.pk}/").content.decode()
    project.refresh_from_db()
    assert (project.name, project.archived_by) == ("Street", alice)
    assert post(as_user(alice), f"{url}/unarchive") == (200, {"id": project.pk, "state": "active"})
    assert as_user(alice).patch(url, json.dumps({"name": "Town"}), content_type="application/json").status_code == 200


def test_only_owners_may(project: Project, alice: User, bob: User, rita: User, charlie: User, as_user: AsUser) -> None:
    project.memberships.filter(user=bob).update(role=Role.MANAGER)
    for action in ("archive", "unarchive", "restore", "purge", "delete"):
        body = {"name": "Street"}
        for user, status in ((None, 401), (charlie, 404), (bob, 403), (rita, 403)):
            api = f"/api/projects/{project.pk}/{action}"
            if action != "delete":
                assert post(as_user(user), api, body)[0] == status, action
            page = as_user(user).post(f"/projects/{project.pk}/{action}", body)
            assert page.status_code == (302 if user is None else status), action
    project.refresh_from_db()
    assert life.state_of(project) == "active"


def test_the_bin_needs_the_name_hides_from_all_but_owners_and_gives_back(
    project: Project, alice: User, bob: User, charlie: User, as_user: AsUser
) -> None:
    status, answer = delete(as_user(alice), project, "street")
    assert (status, answer["error"]["code"]) == (409, "wrong_name")
    assert "“Street”" in answer["error"]["message"]
    status, answer = delete(as_user(alice), project, "Street")
    assert (status, answer["state"]) == (200, "bin")
    assert answer["deleted_at"][:10] == str((timezone.now() + timedelta(days=30)).date())
    url = f"/api/projects/{project.pk}"
    assert as_user(bob).get(url).status_code == 404
    assert post(as_user(bob), f"{url}/restore")[0] == 404
    assert as_user(charlie).get(url).status_code == 404
    mine = as_user(alice).get(url)
    assert (mine.status_code, mine.json()["error"]["code"]) == (403, "in_bin")
    assert as_user(alice).get("/api/projects").json() == {"results": []}
    assert post(as_user(alice), f"{url}/archive")[1]["error"]["code"] == "in_bin"
    root = User.objects.create_superuser("root")
    assert as_user(root).get(url).status_code == 403
    assert post(as_user(alice), f"{url}/restore") == (200, {"id": project.pk, "state": "active"})
    assert as_user(bob).get(url).status_code == 200


def test_what_was_archived_is_archived_again_out_of_the_bin(project: Project, alice: User) -> None:
    life.archive(project, alice)
    life.move_to_bin(project, alice, named="Street")
    life.restore(project, alice)
    assert life.state_of(project) == "archived"


def test_delete_now_needs_the_bin_and_the_name(project: Project, alice: User, as_user: AsUser) -> None:
    url = f"/api/projects/{project.pk}/purge"
    assert post(as_user(alice), url, {"name": "Street"})[1]["error"]["code"] == "not_in_bin"
    life.move_to_bin(project, alice, named="Street")
    assert post(as_user(alice), url, {"name": "Town"})[1]["error"]["code"] == "wrong_name"
    status, job = post(as_user(alice), url, {"name": "Street"})
    assert (status, job["kind"], job["state"]) == (202, "purge", "queued")
    assert post(as_user(alice), url, {"name": "Street"}) == (202, job)  # sent again: the same job
    status, answer = post(as_user(alice), f"/api/projects/{project.pk}/restore")
    assert (status, answer["error"]["code"]) == (409, "being_deleted")


def test_a_name_that_was_changed_meanwhile_deletes_nothing(project: Project, alice: User) -> None:
    Project.objects.filter(pk=project.pk).update(name="Town")  # by another manager
    with pytest.raises(ApiError) as caught:
        life.move_to_bin(project, alice, named="Street")
    assert caught.value.code == "wrong_name"


def test_the_bin_is_emptied_after_30_days(project: Project, alice: User) -> None:
    life.move_to_bin(project, alice, named="Street")
    assert purge.empty_bin() == 0
    Project.objects.update(binned_at=timezone.now() - timedelta(days=life.BIN_DAYS, minutes=1))
    assert purge.empty_bin() == 1
    assert purge.empty_bin() == 0
    assert ProjectJob.objects.get().kind == "purge"


def test_who_manages_no_more_sees_nothing_in_the_bin(project: Project, alice: User, bob: User) -> None:
    life.move_to_bin(project, alice, named="Street")
    Membership.objects.filter(user=bob).update(role=Role.OWNER)
    Membership.objects.filter(user=alice).update(role=Role.ANNOTATOR)
    assert standing_of(alice, project.pk) is None
    bob_now = standing_of(bob, project.pk)
    assert bob_now is not None
    assert bob_now.binned


def test_the_buttons(project: Project, alice: User, as_user: AsUser) -> None:
    client, url = as_user(alice), f"/projects/{project.pk}"
    assert "is archived" in client.post(f"{url}/archive", follow=True).content.decode()
    assert "is restored" in client.post(f"{url}/unarchive", follow=True).content.decode()
    assert "Type that name" in client.post(f"{url}/delete", {"name": "x"}, follow=True).content.decode()
    assert "is in the bin" in client.post(f"{url}/delete", {"name": "Street"}, follow=True).content.decode()
    assert "Type that name" in client.post(f"{url}/purge", {"name": "x"}, follow=True).content.decode()
    assert "is restored" in client.post(f"{url}/restore", follow=True).content.decode()
