"""The sign-in page: who gets in, what is told to who does not, and the limit on guessing."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product
from django.db import connections
from django.test import Client
from django.utils import timezone

from labeling.accounts import throttle
from labeling.accounts.models import FailedSignIn, User
from labeling.web.network import client_address
from tests.conftest import PASSWORD

URL = "/sign-in"


def sign_in(client: Client, username: str, password: str, **extra: Any) -> str:
    response = client.post(URL, {"username": username, "password": password}, **extra)
    return response.content.decode() if response.status_code == 200 else response["Location"]


def test_the_right_password_leads_to_the_projects(alice: User, client: Client) -> None:
    assert sign_in(client, "alice", PASSWORD) == "/"
    assert client.get("/").status_code == 200


def test_it_goes_back_to_the_page_that_was_asked_for(alice: User, client: Client) -> None:
    response = client.get("/projects/new")
    assert response["Location"] == "/sign-in?next=/projects/new"
    answer = client.post(URL, {"username": "alice", "password": PASSWORD, "next": "/projects/new"})
    assert answer["Location"] == "/projects/new"


def test_it_never_leads_to_another_site(alice: User, client: Client) -> None:
    answer = client.post(URL, {"username": "alice", "password": PASSWORD, "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_a_wrong_password_is_told_and_the_name_kept(alice: User, client: Client) -> None:
    page = sign_in(client, "alice", "wrong")
    assert "Wrong username or password" in page
    assert 'value="alice"' in page
    assert "wrong" not in page


def test_an_unknown_name_gets_the_same_words(alice: User, client: Client) -> None:
    message = "Wrong username or password"
    assert message in sign_in(client, "nobody", PASSWORD)
    assert message in sign_in(client, "alice", "wrong")


def test_empty_fields_are_named(client: Client, db: None) -> None:
    assert sign_in(client, "", "").count("This field is required") == 2


def test_somebody_signed_in_goes_on(alice: User, client: Client) -> None:
    client.force_login(alice)
    assert client.get(URL)["Location"] == "/"


def test_signing_out_needs_a_post(alice: User, client: Client) -> None:
    client.force_login(alice)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == URL
    assert client.get("/")["Location"].startswith(URL)


def test_guessing_ends_after_a_few_tries(alice: User, client: Client) -> None:
    for _ in range(throttle.TRIES_FOR_PAIR):
        assert "Wrong username or password" in sign_in(client, "alice", "guess")
    page = sign_in(client, "ALICE", PASSWORD)  # even the right password, however it is written
    assert "Too many failed sign-ins. Wait 15 minutes" in page


def test_the_limit_is_for_a_name_at_an_address(alice: User, bob: User, client: Client) -> None:
    for _ in range(throttle.TRIES_FOR_PAIR):
        sign_in(client, "alice", "guess", REMOTE_ADDR="10.0.0.1")
    assert "Too many" in sign_in(client, "alice", PASSWORD, REMOTE_ADDR="10.0.0.1")
    assert sign_in(Client(), "bob", PASSWORD, REMOTE_ADDR="10.0.0.1") == "/"
    assert sign_in(Client(), "alice", PASSWORD, REMOTE_ADDR="10.0.0.2") == "/"


def failures(count: int, **fields: str) -> None:
    made = [
        FailedSignIn(**{"username": f"user{number}", "address": f"10.1.{number // 200}.{number % 200}"} | fields)
        for number in range(count)
    ]
    FailedSignIn.objects.bulk_create(made)


def test_an_address_that_tries_many_names_waits(alice: User, client: Client) -> None:
    failures(throttle.TRIES_FOR_ADDRESS, address="10.0.0.1")
    assert "Too many failed sign-ins. Wait 15 minutes" in sign_in(client, "alice", PASSWORD, REMOTE_ADDR="10.0.0.1")


def test_a_name_that_is_tried_everywhere_is_slow_but_not_locked(alice: User, client: Client) -> None:
    failures(throttle.TRIES_FOR_NAME, username="alice")
    assert "Wait 10 seconds" in sign_in(client, "alice", PASSWORD)
    FailedSignIn.objects.update(at=timezone.now() - throttle.SLOW)
    assert sign_in(client, "alice", PASSWORD) == "/"


def test_who_has_signed_in_before_is_not_kept_out_by_others(alice: User, bob: User, client: Client) -> None:
    """Neither from everywhere nor from the same address; and the browser gives its own few tries, no more."""
    assert sign_in(client, "alice", PASSWORD) == "/"
    client.post("/sign-out")
    failures(throttle.TRIES_FOR_NAME, username="alice")
    failures(throttle.TRIES_FOR_ADDRESS, username="alice", address="127.0.0.1")
    assert "Too many" in sign_in(Client(), "alice", PASSWORD)
    assert sign_in(client, "alice", PASSWORD) == "/"
    client.post("/sign-out")
    assert "Too many" in sign_in(client, "bob", PASSWORD), "the browser is known for alice alone"
    for _ in range(throttle.TRIES_FOR_PAIR):
        assert "Wrong username or password" in sign_in(client, "alice", "guess")
    assert "Too many" in sign_in(client, "alice", PASSWORD)


def test_a_made_up_browser_is_not_known(alice: User, client: Client) -> None:
    failures(throttle.TRIES_FOR_PAIR, username="alice", address="127.0.0.1")
    for cookie in ("x", '["a", "alice"]', "a:b:c", "\x80"):
        client.cookies[product.DEVICE_COOKIE_NAME] = cookie
        assert "Too many" in sign_in(client, "alice", PASSWORD)


def test_all_addresses_of_an_ipv6_network_are_one(alice: User, client: Client) -> None:
    for number in range(throttle.TRIES_FOR_PAIR):
        sign_in(client, "alice", "guess", REMOTE_ADDR=f"2001:db8:1:2:{number}::{number}")
    assert "Too many" in sign_in(client, "alice", PASSWORD, REMOTE_ADDR="2001:db8:1:2:ffff::1")
    assert sign_in(client, "alice", PASSWORD, REMOTE_ADDR="2001:db8:1:3::1") == "/"


def test_nobody_can_make_up_an_address(alice: User, client: Client) -> None:
    for number in range(throttle.TRIES_FOR_PAIR):
        sign_in(client, "alice", "guess", headers={"X-Forwarded-For": f"10.0.0.{number}"})
    assert "Too many" in sign_in(client, "alice", PASSWORD, headers={"X-Forwarded-For": "10.0.0.99"})


def test_behind_a_proxy_each_client_has_its_own_limit(alice: User, client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    for number in range(throttle.TRIES_FOR_PAIR):  # what stands left of the proxy's entry is the client's own word
        sign_in(client, "alice", "guess", headers={"X-Forwarded-For": f"10.9.9.{number}, 10.0.0.1"})
    assert "Too many" in sign_in(client, "alice", PASSWORD, headers={"X-Forwarded-For": "10.0.0.2, 10.0.0.1"})
    assert sign_in(client, "alice", PASSWORD, headers={"X-Forwarded-For": "10.0.0.1, 10.0.0.2"}) == "/"


@pytest.mark.parametrize(
    ("peer", "told", "proxies", "address"),
    [
        ("10.0.0.9", None, 0, "10.0.0.9"),
        ("10.0.0.9", "1.2.3.4", 0, "10.0.0.9"),
        ("10.0.0.9", "1.2.3.4", 1, "1.2.3.4"),
        ("10.0.0.9", None, 1, "10.0.0.9"),
        ("10.0.0.9", "6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),
        ("10.0.0.9", "6.6.6.6, 1.2.3.4, 10.0.0.8", 2, "1.2.3.4"),
        ("10.0.0.9", "1.2.3.4", 2, "1.2.3.4"),
        ("10.0.0.9", "unknown", 1, "10.0.0.9"),
        ("10.0.0.9", "nonsense, 10.0.0.8", 2, "10.0.0.8"),
        ("10.0.0.9", "1.2.3.4:5678", 1, "1.2.3.4"),
        ("10.0.0.9", "[2001:db8::1]:443", 1, "2001:db8::1"),
        ("::ffff:10.0.0.9", None, 0, "10.0.0.9"),
        ("fe80::1%eth0", None, 0, "fe80::1"),
        ("", None, 0, None),
    ],
)
def test_the_address_of_who_asks(peer: str, told: str | None, proxies: int, address: str | None, settings: Any) -> None:
    settings.TRUSTED_PROXIES = proxies
    meta = {"REMOTE_ADDR": peer} | ({"HTTP_X_FORWARDED_FOR": told} if told else {})
    assert str(client_address(meta)) == str(address)


@pytest.mark.django_db(transaction=True)
def test_many_tries_at_once_are_no_more_than_one_after_the_other() -> None:
    """60 threads, each with a connection of its own."""
    User.objects.create_user("alice", password=PASSWORD)
    checked: list[int] = []

    def guess(number: int) -> None:
        try:
            throttle.begin(throttle.Caller("alice", "10.0.0.1"))
            checked.append(number)
        except throttle.MustWait:
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(60) as pool:
        list(pool.map(guess, range(60)))
    assert len(checked) == throttle.TRIES_FOR_PAIR
    assert FailedSignIn.objects.count() == throttle.TRIES_FOR_PAIR


def test_the_admin_has_no_sign_in_of_its_own(alice: User, client: Client) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    assert client.get("/admin/").status_code == 302
    for password in ("guess", PASSWORD):
        answer = client.post("/admin/login/?next=/admin/", {"username": "root", "password": password, "next": "/"})
        assert answer["Location"] == "/sign-in?next=%2Fadmin%2F"
        assert "_auth_user_id" not in client.session
    answer = client.post(URL, {"username": "root", "password": PASSWORD, "next": "/admin/"})
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_somebody_else_is_told_that_the_admin_is_not_theirs(alice: User, client: Client) -> None:
    client.force_login(alice)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "Only administrators" in answer.content.decode()


def test_one_may_try_again_later(alice: User, client: Client) -> None:
    for _ in range(throttle.TRIES_FOR_PAIR):
        sign_in(client, "alice", "guess")
    FailedSignIn.objects.update(at=timezone.now() - throttle.WINDOW + timedelta(seconds=50))
    assert "Wait a minute" in sign_in(client, "alice", PASSWORD)
    FailedSignIn.objects.update(at=timezone.now() - throttle.WINDOW)
    assert sign_in(client, "alice", PASSWORD) == "/"


def test_a_success_forgets_the_typing_errors(alice: User, client: Client) -> None:
    for _ in range(throttle.TRIES_FOR_PAIR - 1):
        sign_in(client, "alice", "guess")
    assert sign_in(client, "alice", PASSWORD) == "/"
    assert not FailedSignIn.objects.exists()


def test_old_failures_are_thrown_away(client: Client, db: None) -> None:
    sign_in(client, "old", "guess")
    FailedSignIn.objects.update(at=timezone.now() - timedelta(days=1))
    sign_in(client, "new", "guess")
    assert list(FailedSignIn.objects.values_list("username", flat=True)) == ["new"]


@pytest.fixture
def demo_file() -> Iterator[Path]:
    path = Path(product.HOME) / "demo.json"
    yield path
    path.unlink(missing_ok=True)


def test_demo_sign_ins_are_shown_only_while_there_is_a_demo(client: Client, db: None, demo_file: Path) -> None:
    assert "Demo accounts" not in client.get(URL).content.decode()
    demo_file.write_text(json.dumps({"users": [{"username": "ann", "password": "show-me", "role": "annotator"}]}))
    page = client.get(URL).content.decode()
    assert "Demo accounts" in page
    assert "show-me" in page


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1"])
def test_demo_sign_ins_are_for_who_sits_at_the_machine(
    peer: str, client: Client, db: None, demo_file: Path, settings: Any
) -> None:
    demo_file.write_text(json.dumps({"users": [{"username": "ann", "password": "show-me", "role": "annotator"}]}))
    assert "show-me" in client.get(URL, REMOTE_ADDR=peer).content.decode()
    for proxies in (0, 1):  # whatever is configured
        settings.TRUSTED_PROXIES = proxies
        for other in ("192.168.1.7", "10.0.0.1", "2001:db8::1", ""):
            assert "show-me" not in client.get(URL, REMOTE_ADDR=other).content.decode(), other
            assert "show-me" not in sign_in(client, "x", "y", REMOTE_ADDR=other)
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host", "X-Forwarded-Proto"):
            page = client.get(URL, REMOTE_ADDR=peer, headers={header: "127.0.0.1"}).content.decode()
            assert "show-me" not in page, header


@pytest.mark.parametrize("content", ["", "{", "[]", '{"users": [{}]}', '{"users": 7}'])
def test_a_damaged_demo_file_shows_nothing(client: Client, db: None, demo_file: Path, content: str) -> None:
    demo_file.write_text(content)
    response = client.get(URL)
    assert response.status_code == 200
    assert "Demo accounts" not in response.content.decode()


@pytest.mark.parametrize(
    ("username", "full", "initials"), [("alice", "", "A"), ("jo.ann", "", "JA"), ("x", "Ada King Lovelace", "AL")]
)
def test_initials(username: str, full: str, initials: str) -> None:
    first, _, last = full.partition(" ")
    assert User(username=username, first_name=first, last_name=last).initials == initials


@pytest.mark.django_db
def test_the_old_password_can_not_be_guessed_with_an_open_session(client: Client) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    client.force_login(root)
    new = {"new_password1": "a-new-password-9", "new_password2": "a-new-password-9"}
    for number in range(throttle.TRIES_FOR_PAIR):
        answer = client.post("/admin/password_change/", {"old_password": f"guess {number}", **new})
        assert "entered incorrectly" in answer.content.decode()
    answer = client.post("/admin/password_change/", {"old_password": PASSWORD, **new})
    assert "Too many wrong passwords" in answer.content.decode()
    FailedSignIn.objects.all().delete()
    answer = client.post("/admin/password_change/", {"old_password": PASSWORD, **new})
    assert answer["Location"] == "/admin/password_change/done/"
    assert not FailedSignIn.objects.exists()
    root.refresh_from_db()
    assert root.check_password("a-new-password-9")
