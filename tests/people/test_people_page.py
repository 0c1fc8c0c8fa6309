"""`/people/`: all accounts, for administrators."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.utils import timezone

from labeling.accounts.models import User
from labeling.accounts.signals import deactivated
from labeling.audit.models import AuditEvent
from labeling.people import services
from labeling.people.models import Invitation
from labeling.projects.models import Membership, Project
from labeling.web.api import ApiError
from tests.accounts.test_account_page import signed_in

AsUser = Callable[[User | None], Client]


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", password="x", first_name="The Root")


@pytest.fixture
def client_of_root(root: User, as_user: AsUser) -> Client:
    return as_user(root)


def names(page: Any) -> list[str]:
    return [person.username for person in page.context["page"].object_list]


def test_who_may(project: Project, alice: User, as_user: AsUser) -> None:
    for method, url in (("get", "/people/"), ("post", "/people/invitations"), ("post", f"/people/{alice.pk}")):
        answer = getattr(as_user(alice), method)(url)
        assert answer.status_code == 403
        assert "Only administrators" in answer.content.decode()


def test_search_and_states(client_of_root: Client, project: Project, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(first_name="Robert", email="bob@example.org", is_active=False)
    assert names(client_of_root.get("/people/")) == ["alice", "bob", "rita", "root"]
    assert names(client_of_root.get("/people/?q=ROBERT")) == ["bob"]
    assert names(client_of_root.get("/people/?q=bob%40example")) == ["bob"]
    assert names(client_of_root.get("/people/?show=deactivated")) == ["bob"]
    assert names(client_of_root.get("/people/?show=administrators")) == ["root"]
    assert "Nobody matches" in client_of_root.get("/people/?q=zzz").content.decode()


def test_projects_roles_and_last_seen(client_of_root: Client, project: Project, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(last_seen_at=timezone.now())
    page = client_of_root.get("/people/?q=bob").content.decode()
    assert f'<a href="/projects/{project.pk}/">Street</a>' in page
    assert "Annotator" in page
    assert "now" in page


@pytest.mark.parametrize("count", [10, 1000])
def test_query_counts(count: int, client_of_root: Client, root: User, django_assert_num_queries: Any) -> None:
    people = User.objects.bulk_create([User(username=f"user{number:04}") for number in range(count)])
    projects = Project.objects.bulk_create([Project(name=f"P{number}", created_by=root) for number in range(8)])
    Membership.objects.bulk_create(
        [Membership(project=project, user=person, role="annotator") for person in people[:60] for project in projects]
    )
    with django_assert_num_queries(6):
        page = client_of_root.get("/people/")
    assert len(names(page)) == min(50, count + 1)
    assert "and 3 more" in page.content.decode()


def test_pages(client_of_root: Client) -> None:
    User.objects.bulk_create([User(username=f"user{number:03}") for number in range(120)])
    seen = [name for number in (1, 2, 3) for name in names(client_of_root.get(f"/people/?q=user&page={number}"))]
    assert seen == [f"user{number:03}" for number in range(120)]
    assert client_of_root.get("/people/?page=nonsense").status_code == 200


def test_deactivated_is_out_at_once_and_comes_back(client_of_root: Client, alice: User) -> None:
    client = signed_in("alice")
    heard: list[User] = []

    def hear(user: User, **_: Any) -> None:
        heard.append(user)

    deactivated.connect(hear)
    try:
        client_of_root.post(f"/people/{alice.pk}", {"deactivate": "1"})
    finally:
        deactivated.disconnect(hear)
    assert heard == [alice]
    assert client.get("/")["Location"].startswith("/sign-in")
    assert client.get("/api/projects").status_code == 401
    client_of_root.post(f"/people/{alice.pk}", {"reactivate": "1"})
    assert client.get("/").status_code == 302, "the old session stays ended"
    assert signed_in("alice").get("/").status_code == 200
    actions = list(AuditEvent.objects.filter(name="root").order_by("id").values_list("action", "object_name"))
    assert actions == [("person.deactivated", "alice"), ("person.reactivated", "alice")]


def test_what_they_held_is_free(client_of_root: Client, project: Project, bob: User) -> None:
    from labeling.assignment.models import Slot
    from labeling.images.models import Image

    image = Image.objects.create(project=project, name="a.png", sha256="0" * 64, width=1, height=1)
    slot = Slot.objects.get(image=image)
    Slot.objects.filter(pk=slot.pk).update(state=Slot.State.HELD, held_by=bob, held_until=timezone.now(), member=bob)
    client_of_root.post(f"/people/{bob.pk}", {"deactivate": "1"})
    slot.refresh_from_db()
    assert (slot.state, slot.held_by, slot.member) == (Slot.State.OPEN, None, None)


def test_administrators(client_of_root: Client, alice: User, as_user: AsUser) -> None:
    client_of_root.post(f"/people/{alice.pk}", {"administrator": "1"})
    assert as_user(alice).get("/people/").status_code == 200
    assert as_user(alice).get("/admin/").status_code == 200
    client_of_root.post(f"/people/{alice.pk}", {"revoke": "1"})
    assert as_user(alice).get("/people/").status_code == 403


@pytest.mark.parametrize("button", ["deactivate", "revoke"])
def test_one_can_not_lock_oneself_out(button: str, client_of_root: Client, root: User) -> None:
    page = client_of_root.post(f"/people/{root.pk}", {button: "1"}, follow=True).content.decode()
    assert "Ask another administrator." in page
    root.refresh_from_db()
    assert root.is_active
    assert root.is_superuser


def test_two_administrators_do_not_revoke_each_other(root: User, alice: User) -> None:
    """The second one was an administrator when the request came, and is none any more."""
    services.set_administrator(root, alice, True)
    services.set_administrator(alice, root, False)
    with pytest.raises(ApiError, match="no administrator any more"):
        services.set_administrator(root, alice, False)
    assert User.objects.filter(is_superuser=True).count() == 1


def test_a_link_for_a_forgotten_password(client_of_root: Client, alice: User, client: Client) -> None:
    client_of_root.post(f"/people/{alice.pk}", {"reset_link": "1"})
    shown = client_of_root.get("/people/").context["shown_link"]
    address = client.get(shown.link.removeprefix("http://testserver"), follow=True).redirect_chain[-1][0]
    client.post(address, {"password1": "a-new-password-9", "password2": "a-new-password-9"})
    assert signed_in("alice", "a-new-password-9").get("/").status_code == 200


def test_second_factors_of_who_lost_the_phone(client_of_root: Client, root: User, alice: User) -> None:
    assert "Remove second factors" not in client_of_root.get("/people/").content.decode()
    for user in (alice, root):
        TOTP.activate(user, generate_totp_secret())
    assert client_of_root.get("/people/").content.decode().count("Remove second factors") == 1
    client_of_root.post(f"/people/{alice.pk}", {"remove_second_factors": "1"})
    client_of_root.post(f"/people/{root.pk}", {"remove_second_factors": "1"})
    assert [one.user for one in Authenticator.objects.all()] == [root]
    assert signed_in("alice").get("/").status_code == 200
    event = AuditEvent.objects.get(action="two_factor.removed")
    assert (event.name, event.object_name, event.details) == ("root", "alice", {"types": ["totp"]})


def test_an_invitation_without_a_project(client_of_root: Client, client: Client) -> None:
    client_of_root.post("/people/invitations", {"days": "7", "uses": "1", "email": ""})
    link = client_of_root.get("/people/").context["shown_link"].link.removeprefix("http://testserver")
    new = {"username": "dora", "password1": "a-good-password-9", "password2": "a-good-password-9"}
    assert client.post(link, new)["Location"] == "/"
    assert "You are not in a project yet" in client.get("/").content.decode()
    one = Invitation.objects.get()
    client_of_root.post(f"/people/invitations/{one.pk}", {"revoke": "1"})
    one.refresh_from_db()
    assert one.revoked_at is not None


def test_the_page_comes_back_as_it_was(client_of_root: Client, alice: User) -> None:
    answer = client_of_root.post(f"/people/{alice.pk}", {"reactivate": "1", "query": "q=ali&page=2"})
    assert answer["Location"] == "/people/?q=ali&page=2"


def test_somebody_who_was_deleted(client_of_root: Client, alice: User) -> None:
    pk = alice.pk
    alice.delete()
    assert client_of_root.post(f"/people/{pk}", {"deactivate": "1"}).status_code == 404
