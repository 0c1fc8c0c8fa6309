"""Invitations: who makes them, who comes by them, and what a link that does not work says."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connections
from django.test import Client
from django.utils import timezone

from labeling.accounts.models import User
from labeling.audit.models import AuditEvent
from labeling.people import invitations
from labeling.people.models import Invitation, hash_of
from labeling.projects.models import Membership, Project, Role
from labeling.web.api import ApiError
from tests.conftest import PASSWORD

AsUser = Callable[[User | None], Client]
NEW = {"username": "dora", "name": "Dora Doe", "password1": "a-good-password-9", "password2": "a-good-password-9"}
FORM = {"role": "annotator", "days": "7", "uses": "1", "email": ""}


@pytest.fixture
def manager(alice: User, as_user: AsUser) -> Client:
    return as_user(alice)


def link_by(client: Client, project: Project, **changes: str) -> str:
    """Invite by the form; the path of the link that the next page shows once."""
    client.post(f"/projects/{project.pk}/invitations", FORM | changes)
    shown = client.get(f"/projects/{project.pk}/people").context["shown_link"]
    return str(shown.link).removeprefix("http://testserver")


def test_a_new_person_lands_in_the_project(manager: Client, project: Project, client: Client) -> None:
    link = link_by(manager, project, role="reviewer")
    page = client.get(link).content.decode()
    assert "alice invites you as a reviewer" in page
    answer = client.post(link, NEW)
    assert answer["Location"] == f"/projects/{project.pk}/"
    assert client.get(answer["Location"]).status_code == 200
    dora = User.objects.get(username="dora")
    assert (dora.shown_name, dora.is_staff, dora.is_superuser) == ("Dora Doe", False, False)
    assert Membership.objects.get(user=dora).role == "reviewer"
    done = ["invitation.created", "person.created", "member.added", "invitation.accepted", "sign_in"]
    actions = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert list(actions)[-5:] == done
    said = {
        one.action: (one.name, one.details) for one in AuditEvent.objects.filter(action__in=done[2:4]).order_by("id")
    }
    by = {"role": "reviewer", "invitation": f"link {Invitation.objects.get().pk}", "invited_by": "alice"}
    assert said == {"member.added": ("dora", by), "invitation.accepted": ("dora", {"person": "dora", **by})}


def test_the_link_is_shown_once_and_stored_as_a_hash(manager: Client, project: Project) -> None:
    link = link_by(manager, project)
    token = link.rpartition("/")[2]
    assert Invitation.objects.get().token_hash == hash_of(token)
    assert token not in str(Invitation.objects.values())
    assert manager.get(f"/projects/{project.pk}/people").context["shown_link"] is None


def test_who_has_an_account_joins_by_a_button(
    manager: Client, project: Project, charlie: User, as_user: AsUser
) -> None:
    link = link_by(manager, project)
    page = Client().get(link).content.decode()
    assert f"/sign-in?next={link}" in page
    client = as_user(charlie)
    assert "Join project" in client.get(link).content.decode()
    assert not Membership.objects.filter(user=charlie).exists(), "opening a link changes nothing"
    assert client.post(link)["Location"] == f"/projects/{project.pk}/"
    assert Membership.objects.get(user=charlie).role == "annotator"


def test_a_member_stays_what_they_are_and_uses_nothing_up(
    manager: Client, project: Project, rita: User, as_user: AsUser
) -> None:
    link = link_by(manager, project, role="manager")
    for method in (as_user(rita).get, as_user(rita).post):
        assert method(link)["Location"] == f"/projects/{project.pk}/"
    assert Membership.objects.get(user=rita).role == "reviewer"
    assert Invitation.objects.get().uses == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "has expired. Ask alice for a new one"),
        ({"revoked_at": timezone.now()}, "was revoked. Ask alice"),
        ({"uses": 1}, "was used already. Ask alice"),
    ],
)
def test_a_link_that_does_not_work_says_why(
    change: dict[str, Any], why: str, manager: Client, project: Project, charlie: User, as_user: AsUser
) -> None:
    link = link_by(manager, project)
    Invitation.objects.update(**change)
    for client in (Client(), as_user(charlie)):
        for answer in (client.get(link), client.post(link, NEW)):
            assert answer.status_code == 410
            assert why in answer.content.decode()
    assert not User.objects.filter(username="dora").exists()
    assert not Membership.objects.filter(user=charlie).exists()


@pytest.mark.parametrize("token", ["x", "a" * 43, "-", "%00", "é"])
def test_a_made_up_link(token: str, db: None, client: Client) -> None:
    answer = client.get(f"/join/{token}")
    assert answer.status_code == 404


def test_made_up_links_are_limited(db: None, client: Client) -> None:
    codes = [client.get(f"/join/guess{number}").status_code for number in range(32)]
    assert codes == [404] * 30 + [429] * 2


def test_an_archived_or_binned_project_takes_nobody(manager: Client, project: Project, client: Client) -> None:
    link = link_by(manager, project)
    Project.objects.update(archived_at=timezone.now())
    assert "archived" in client.get(link).content.decode()
    Project.objects.update(archived_at=None, binned_at=timezone.now())
    assert client.get(link).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("username", "", "Choose a username."),
        ("username", "ALICE", "is taken"),
        ("username", "a b", "valid username"),
        ("password1", "password", "too common"),
        ("password1", "short", "too short"),
        ("password2", "other", "The passwords differ"),
    ],
)
def test_what_is_wrong_is_named_and_the_link_stays(
    field: str, value: str, says: str, manager: Client, project: Project, client: Client
) -> None:
    link = link_by(manager, project)
    sent = NEW | {field: value} | ({"password2": value} if field == "password1" else {})
    page = client.post(link, sent).content.decode()
    assert says in page
    assert 'value="Dora Doe"' in page
    assert client.post(link, NEW).status_code == 302


def test_several_may_use_one_link(manager: Client, project: Project) -> None:
    link = link_by(manager, project, uses="2")
    codes = [Client().post(link, NEW | {"username": f"new{number}"}).status_code for number in range(3)]
    assert codes == [302, 302, 410]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_no_more_than_the_uses() -> None:
    owner = User.objects.create_user("owner")
    project = Project.objects.create(name="P", created_by=owner)
    invitation = Invitation.objects.create(
        project=project, role=Role.ANNOTATOR, token_hash="x", expires_at=timezone.now() + timedelta(1), most_uses=3
    )

    def come(number: int) -> bool:
        try:
            invitations.accept_as_new(invitation, username=f"new{number}", name="", password=PASSWORD)
        except ApiError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(come, range(12))) == 3
    invitation.refresh_from_db()
    assert (invitation.uses, project.memberships.count(), User.objects.count()) == (3, 3, 4)


def test_a_new_link_ends_the_one_before(manager: Client, project: Project) -> None:
    first = link_by(manager, project)
    url = f"/projects/{project.pk}/invitations/{Invitation.objects.get().pk}"
    manager.post(url, {"new_link": "1"})
    second = manager.get(f"/projects/{project.pk}/people").context["shown_link"].link
    assert Client().get(first).status_code == 404
    assert Client().get(second.removeprefix("http://testserver")).status_code == 200


def test_revoking(manager: Client, project: Project) -> None:
    link = link_by(manager, project)
    url = f"/projects/{project.pk}/invitations/{Invitation.objects.get().pk}"
    for _ in range(2):
        manager.post(url, {"revoke": "1"})
    assert Client().get(link).status_code == 410
    assert AuditEvent.objects.filter(action="invitation.revoked").count() == 1
    manager.post(url, {"new_link": "1"})
    assert "was revoked" in manager.get(f"/projects/{project.pk}/people").content.decode()


def test_by_email(manager: Client, project: Project, client: Client, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    manager.post(f"/projects/{project.pk}/invitations", FORM | {"email": "dora@example.org"})
    assert manager.get(f"/projects/{project.pk}/people").context["shown_link"] is None, "it stands in the mail alone"
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["dora@example.org"], "Your invitation to Street")
    link = next(line for line in str(sent.body).splitlines() if line.startswith("http"))
    client.post(link.removeprefix("http://testserver"), NEW)
    address = EmailAddress.objects.get()
    assert (address.user.username, address.email, address.verified) == ("dora", "dora@example.org", True)


def test_an_address_whose_link_was_handed_over_is_not_confirmed(manager: Client, project: Project) -> None:
    link = link_by(manager, project, email="boss@example.org")
    Client().post(link, NEW)
    assert not EmailAddress.objects.get().verified


@pytest.mark.parametrize(
    "change",
    [
        {"email": "nonsense"}, {"days": "9999"}, {"uses": "0"}, {"uses": "501"}, {"role": "king"},
        {"uses": "2", "email": "a@b.cd"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(change: dict[str, str], manager: Client, project: Project) -> None:
    page = manager.post(f"/projects/{project.pk}/invitations", FORM | change, follow=True).content.decode()
    assert "Not invited." in page
    assert not Invitation.objects.exists()


def test_only_managers_invite(project: Project, bob: User, rita: User, charlie: User, as_user: AsUser) -> None:
    for user, code in ((bob, 403), (rita, 403), (charlie, 404)):
        assert as_user(user).post(f"/projects/{project.pk}/invitations", FORM).status_code == code
        assert as_user(user).get(f"/api/projects/{project.pk}/invitations").status_code == code
    assert not Invitation.objects.exists()


def test_an_invitation_of_another_project_is_not_there(manager: Client, project: Project, charlie: User) -> None:
    other = Project.objects.create(name="Other", created_by=charlie)
    theirs = Invitation.objects.create(project=other, role="annotator", token_hash="x", expires_at=timezone.now())
    url = f"/projects/{project.pk}/invitations/{theirs.pk}"
    assert manager.post(url, {"revoke": "1"}).status_code == 404
    assert manager.delete(f"/api{url}").status_code == 404


def test_too_many_open_ones(manager: Client, project: Project, monkeypatch: Any) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 1)
    link_by(manager, project)
    page = manager.post(f"/projects/{project.pk}/invitations", FORM, follow=True).content.decode()
    assert "Revoke some first." in page


def test_nobody_makes_any_number(manager: Client, project: Project, monkeypatch: Any) -> None:
    monkeypatch.setattr(invitations, "RATES", {"invite": "2/h/user"})
    url = f"/api/projects/{project.pk}/invitations"
    codes = [manager.post(url, {"role": "reviewer"}, "application/json").status_code for _ in range(3)]
    assert codes == [201, 201, 429]
    page = manager.post(f"/projects/{project.pk}/invitations", FORM, follow=True).content.decode()
    assert "many invitations within an hour" in page


def test_the_api(manager: Client, project: Project, client: Client) -> None:
    url = f"/api/projects/{project.pk}/invitations"
    made = manager.post(url, {"role": "reviewer", "days": 1, "uses": 3}, "application/json")
    assert made.status_code == 201
    told = made.json()
    assert (told["role"], told["uses"], told["most_uses"], told["email"]) == ("reviewer", 0, 3, "")
    (listed,) = manager.get(url).json()["results"]
    assert listed == {name: value for name, value in told.items() if name != "link"}
    assert client.get(told["link"]).status_code == 200
    assert manager.delete(f"{url}/{told['id']}").json() == {"revoked": told["id"]}
    assert manager.get(url).json() == {"results": []}
    for bad in (
        {},
        {"role": "king"},
        {"role": "reviewer", "email": "x"},
        {"role": "reviewer", "email": "a@b.cd", "uses": 2},
    ):
        assert manager.post(url, bad, "application/json").status_code == 400


def test_the_page_has_the_same_queries_with_many_invitations(
    manager: Client, project: Project, alice: User, django_assert_max_num_queries: Any
) -> None:
    later = timezone.now() + timedelta(days=1)
    rows = [
        Invitation(project=project, role="annotator", created_by=alice, token_hash=f"h{number}", expires_at=later)
        for number in range(100)
    ]
    Invitation.objects.bulk_create(rows)
    with django_assert_max_num_queries(25):
        page = manager.get(f"/projects/{project.pk}/people")
    assert page.content.decode().count("New link") == 100
