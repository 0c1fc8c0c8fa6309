"""A project's settings page, members included."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.projects.models import Membership, Project, Role
from tests.projects.forms import project_form
from tests.projects.test_attributes import form as attribute_form
from tests.projects.test_services import annotate

AsUser = Callable[[User | None], Client]


def rows_of(project: Project, **changes: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows as the page shows them, with changes by class name."""
    rows = project.categories.values("number", "name", "color", "hotkey", "kind")
    return [row | changes.get(row["name"], {}) for row in rows]


def save(client: Client, project: Project, *rows: dict[str, Any], **fields: str) -> str:
    response = client.post(f"/projects/{project.pk}/settings", project_form(*rows, initial=3, **fields), follow=True)
    return response.content.decode()


def test_the_page_shows_what_is_there(project: Project, alice: User, as_user: AsUser) -> None:
    page = as_user(alice).get(f"/projects/{project.pk}/settings").content.decode()
    assert all(f'value="{name}"' in page for name in ("Street", "car", "person", "road"))


def test_the_members_are_a_tab_for_everybody(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    for user in (alice, bob):
        page = as_user(user).get(f"/projects/{project.pk}/people").content.decode()
        assert all(name in page for name in ("alice", "bob", "rita"))
        assert ('name="remove"' in page) is (user == alice)


def test_everything_can_be_changed_at_once(project: Project, alice: User, as_user: AsUser) -> None:
    rows = rows_of(project, car={"name": "bus", "hotkey": 2}, person={"hotkey": 1}, road={"DELETE": "on"})
    page = save(as_user(alice), project, *rows, {"name": "tree"}, name="Town", instructions="New words")
    assert "Settings saved." in page
    project.refresh_from_db()
    assert (project.name, project.instructions) == ("Town", "New words")
    assert list(project.categories.values_list("number", "name", "hotkey")) == [
        (1, "bus", "2"),
        (2, "person", "1"),
        (4, "tree", None),
    ]


def test_a_class_in_use_is_not_deleted_and_the_count_told(project: Project, alice: User, as_user: AsUser) -> None:
    annotate(project, project.categories.get(number=3))
    page = save(as_user(alice), project, *rows_of(project, road={"DELETE": "on"}), name="Not saved yet")
    assert "1 object uses this class" in page
    assert 'value="Not saved yet"' in page
    assert 'name="classes-2-DELETE"><span>' in page  # not ticked any more
    assert project.categories.count() == 3


def test_a_class_that_a_colleague_added_meanwhile_stays(project: Project, alice: User, as_user: AsUser) -> None:
    rows = rows_of(project)
    save(as_user(alice), project, *rows, {"name": "tree"})
    save(as_user(alice), project, *rows)
    assert project.categories.filter(name="tree").exists()


def test_a_class_that_a_colleague_deleted_meanwhile_is_told(project: Project, alice: User, as_user: AsUser) -> None:
    rows = rows_of(project)
    project.categories.get(number=3).delete()
    assert "no class number 3" in save(as_user(alice), project, *rows)


def test_a_member_is_added(project: Project, alice: User, charlie: User, as_user: AsUser) -> None:
    url = f"/projects/{project.pk}/members"
    response = as_user(alice).post(url, {"username": "charlie", "role": "reviewer"}, follow=True)
    assert "charlie was added as a reviewer." in response.content.decode()
    assert Membership.objects.get(user=charlie).role == Role.REVIEWER


@pytest.mark.parametrize(
    ("username", "told"),
    [("nobody", "No account named “nobody”"), ("bob", "bob is already a member"), ("", "Enter a username.")],
)
def test_why_somebody_was_not_added_is_told_at_the_field(
    project: Project, alice: User, as_user: AsUser, username: str, told: str
) -> None:
    response = as_user(alice).post(f"/projects/{project.pk}/members", {"username": username, "role": "annotator"})
    assert told in response.content.decode()
    assert project.memberships.count() == 3


def test_role_and_removal(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    client, url = as_user(alice), f"/projects/{project.pk}/members/{bob.pk}"
    page = client.post(url, {"role": "reviewer"}, follow=True).content.decode()
    assert "bob is now a reviewer." in page
    page = client.post(url, {"role": "reviewer", "remove": "1"}, follow=True).content.decode()
    assert "bob was removed" in page
    assert not Membership.objects.filter(user=bob).exists()
    assert "no longer a member" in client.post(url, {"remove": "1"}, follow=True).content.decode()
    assert "Unknown role" in client.post(url, {"role": "king"}, follow=True).content.decode()


def test_the_last_owner_stays_and_is_told_why(project: Project, alice: User, as_user: AsUser) -> None:
    url = f"/projects/{project.pk}/members/{alice.pk}"
    page = as_user(alice).post(url, {"remove": "1"}, follow=True).content.decode()
    assert "a project needs an owner" in page


def test_the_only_owner_is_not_offered_to_leave(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    url, refused = f"/projects/{project.pk}/people", 'value="1" disabled title="A project needs an owner.'
    page = as_user(alice).get(url).content.decode()
    assert page.count(refused) == 1
    assert '<option value="annotator" disabled>' in page
    Membership.objects.filter(user=bob).update(role=Role.OWNER)
    page = as_user(alice).get(url).content.decode()
    assert refused not in page
    assert '<option value="annotator" disabled>' not in page


def test_an_owner_who_leaves_lands_on_their_projects(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    Membership.objects.filter(user=bob).update(role=Role.OWNER)
    response = as_user(alice).post(f"/projects/{project.pk}/members/{alice.pk}", {"remove": "1"})
    assert response["Location"] == "/"


PLACES = ["settings", "members", "members/1"]


@pytest.mark.parametrize("place", PLACES)
def test_others_are_refused(
    project: Project, bob: User, rita: User, charlie: User, as_user: AsUser, place: str
) -> None:
    url = f"/projects/{project.pk}/{place}"
    assert as_user(None).post(url)["Location"].startswith("/sign-in")
    assert as_user(charlie).post(url).status_code == 404
    assert as_user(bob).post(url).status_code == 403
    assert as_user(rita).post(url).status_code == 403


def test_others_do_not_see_the_settings(
    project: Project, bob: User, rita: User, charlie: User, as_user: AsUser
) -> None:
    url = f"/projects/{project.pk}/settings"
    assert [as_user(one).get(url).status_code for one in (None, charlie, bob, rita)] == [302, 404, 403, 403]


def seen_by(client: Client, project: Project) -> str:
    page = client.get(f"/projects/{project.pk}/settings").content.decode()
    return page.partition('name="seen" value="')[2].partition('"')[0]


def test_of_two_managers_with_the_page_open_none_overwrites_the_other_unseen(
    project: Project, alice: User, as_user: AsUser
) -> None:
    client = as_user(alice)
    seen = seen_by(client, project)
    assert "Settings saved." in save(client, project, *rows_of(project, car={"name": "bus"}), seen=seen)
    old = [{**row, "name": "car" if row["name"] == "bus" else row["name"]} for row in rows_of(project)]
    refused = save(client, project, *old, instructions="Mine", seen=seen)
    assert "Somebody changed these settings" in refused
    assert "Mine" in refused, "what was typed is still there"
    assert project.categories.filter(name="bus").exists()
    again = refused.partition('name="seen" value="')[2].partition('"')[0]
    assert "Settings saved." in save(client, project, *old, instructions="Mine", seen=again)
    assert project.categories.filter(name="car").exists()


def test_attributes_are_not_overwritten_unseen_either(project: Project, alice: User, as_user: AsUser) -> None:
    client = as_user(alice)
    seen = seen_by(client, project)
    save(client, project, *rows_of(project), instructions="New words")
    row = attribute_form({"name": "pose", "kind": "text", "choices": ""}) | {"seen": seen}
    page = client.post(f"/projects/{project.pk}/attributes", row, follow=True).content.decode()
    assert "Somebody changed these settings" in page
    assert not project.attributes.exists()
