"""`/account/` and what it leads to."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client

from labeling.accounts import throttle
from labeling.accounts.account_page import title_of
from labeling.accounts.browsers import browser_name
from labeling.accounts.models import FailedSignIn, User
from labeling.accounts.services import end_sessions, set_active
from labeling.audit.models import AuditEvent
from tests.conftest import PASSWORD

AsUser = Callable[[User | None], Client]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def signed_in(name: str = "alice", password: str = PASSWORD, **headers: str) -> Client:
    """Through the form: so allauth knows how and when."""
    client = Client(headers={"User-Agent": FIREFOX, **headers})
    answer = client.post("/sign-in", {"username": name, "password": password})
    assert answer.status_code == 302, answer.content.decode()
    return client


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_the_page_and_the_menu(alice: User) -> None:
    client = signed_in()
    page = client.get("/account/").content.decode()
    assert "You use the default keys." in page
    assert 'href="/account/"' in client.get("/").content.decode()


def test_the_name_that_others_see(alice: User) -> None:
    client = signed_in()
    assert client.post("/account/", {"name": " Ada King Lovelace "}).status_code == 302
    alice.refresh_from_db()
    assert (alice.shown_name, alice.initials) == ("Ada King Lovelace", "AL")
    client.post("/account/", {"name": ""})
    alice.refresh_from_db()
    assert alice.shown_name == "alice"
    page = client.post("/account/", {"name": "x" * 151})
    assert "at most 150 characters" in page.content.decode()


def test_keys_are_shown_and_reset(alice: User) -> None:
    alice.keys = {"nextImage": ["Shift+N"], "hide": []}
    alice.save()
    client = signed_in()
    page = client.get("/account/").content.decode()
    assert "Next image" in page
    assert "Shift+N" in page
    client.post("/account/keys/reset")
    alice.refresh_from_db()
    assert alice.keys == {}
    assert title_of("brush") == "Brush"


def test_changing_the_password(alice: User) -> None:
    client, other = signed_in(), signed_in()
    form = {"oldpassword": PASSWORD, "password1": "a-new-password-9", "password2": "a-new-password-9"}
    assert client.post("/account/password", form)["Location"] == "/account/password"
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302, "other browsers are signed out"
    assert signed_in(password="a-new-password-9").get("/").status_code == 200
    assert "password.changed" in actions()


def test_the_old_password_can_not_be_guessed_there(alice: User) -> None:
    client = signed_in()
    form = {"password1": "a-new-password-9", "password2": "a-new-password-9"}
    for number in range(throttle.TRIES_FOR_PAIR):
        page = client.post("/account/password", {"oldpassword": f"guess {number}", **form}).content.decode()
        assert "Wrong password." in page
    page = client.post("/account/password", {"oldpassword": PASSWORD, **form}).content.decode()
    assert "Too many wrong passwords" in page
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_nor_where_one_confirms_that_it_is_oneself(alice: User) -> None:
    client = signed_in()
    for number in range(throttle.TRIES_FOR_PAIR):
        page = client.post("/account/confirm", {"password": f"guess {number}"}).content.decode()
        assert "Wrong password." in page
    assert "Too many wrong passwords" in client.post("/account/confirm", {"password": PASSWORD}).content.decode()
    FailedSignIn.objects.all().delete()
    assert client.post("/account/confirm", {"password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("url", ["/account/email", "/account/two-factor/app", "/account/two-factor/passkeys/add"])
def test_an_old_session_has_to_confirm_first(url: str, alice: User, as_user: AsUser) -> None:
    client = as_user(alice)  # signed in, nobody knows when
    if url == "/account/email":
        answer = client.post(url, {"action_add": "1", "email": "thief@example.org"})
    else:
        answer = client.get(url)
    assert answer["Location"].startswith("/account/confirm?next=")
    assert not EmailAddress.objects.exists()


def test_an_address_is_added_and_confirmed(alice: User) -> None:
    client = signed_in()
    client.post("/account/email", {"action_add": "1", "email": "Alice@example.org"})
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.org"]
    link = re.search(r"http://testserver(/account/email/confirm/\S+)", str(sent.body))
    assert link
    assert "Not confirmed" in client.get("/account/").content.decode()
    page = Client().get(link[1])
    assert "Confirm" in page.content.decode()
    assert not EmailAddress.objects.get().verified, "opening the link alone does nothing"
    Client().post(link[1])
    assert EmailAddress.objects.get().verified
    assert client.post("/sign-out").status_code == 302
    assert signed_in("alice@example.org").get("/").status_code == 200
    assert [one for one in actions() if one == "email.changed"] == ["email.changed"] * 2


def test_an_address_that_is_not_confirmed_signs_nobody_in(alice: User, bob: User) -> None:
    EmailAddress.objects.create(user=alice, email="bob@example.org", verified=False)
    client = Client()
    answer = client.post("/sign-in", {"username": "bob@example.org", "password": PASSWORD})
    assert answer.status_code == 200


def test_a_name_that_looks_like_an_address_stays_a_name(db: None) -> None:
    owner = User.objects.create_user("ann@example.org", password=PASSWORD)
    thief = User.objects.create_user("thief", password="another password")
    EmailAddress.objects.create(user=thief, email="ann@example.org", verified=True)
    assert signed_in("ann@example.org").session["_auth_user_id"] == str(owner.pk)


@pytest.mark.parametrize("link", ["/account/email/confirm/x", "/account/email/confirm/Mg:1a2b3c:xyz"])
def test_a_wrong_link_says_so(link: str, db: None, client: Client) -> None:
    assert "This link is not valid" in client.get(link).content.decode()


def test_the_browsers_and_signing_out_of_the_others(alice: User) -> None:
    here, there = signed_in(), signed_in()
    page = here.get("/account/sessions").content.decode()
    assert page.count("Firefox 140 on Linux") == 2
    assert page.count("This browser") == 1
    here.post("/account/sessions")
    assert there.get("/")["Location"].startswith("/sign-in")
    assert here.get("/").status_code == 200
    assert UserSession.objects.count() == 1
    assert "sessions.ended" in actions()


def test_sessions_that_are_in_no_list_end_too(alice: User, as_user: AsUser) -> None:
    """Those of a version before, and of `force_login`."""
    old = as_user(alice)
    assert old.get("/").status_code == 200
    here = signed_in()
    here.post("/account/sessions")
    assert old.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_a_deactivated_account_is_out_and_its_old_sessions_stay_ended(alice: User, as_user: AsUser) -> None:
    old = as_user(alice)
    set_active(alice, False)
    assert old.get("/").status_code == 302
    assert Client().post("/sign-in", {"username": "alice", "password": PASSWORD}).status_code == 200
    set_active(alice, True)
    assert old.get("/").status_code == 302
    assert signed_in().get("/").status_code == 200


def test_the_passwords_hash_decides_alone_until_sessions_were_ended(alice: User) -> None:
    """Sessions of the version before go on."""
    before = alice.get_session_auth_hash()
    assert before == super(User, alice).get_session_auth_hash()
    end_sessions(alice)
    assert alice.get_session_auth_hash() != before


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (FIREFOX, "Firefox 140 on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0.0.0 Safari/537.36 Edg/142.0", "Edge 142 on Windows"),
        ("Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/18.1 Safari/604.1", "Safari 18 on iOS"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_in_words(said: str, name: str) -> None:
    assert browser_name(said) == name


def test_nothing_of_somebody_elses_account(alice: User, bob: User, settings: Any) -> None:
    from allauth.mfa.models import Authenticator

    key = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "mine"})
    client = signed_in("bob")
    for url in (f"/account/two-factor/passkeys/{key.pk}", f"/account/two-factor/passkeys/{key.pk}/remove"):
        assert client.get(url).status_code == 404
        assert client.post(url, {"name": "x"}).status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()
