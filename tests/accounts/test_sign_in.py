"""The sign-in page: who gets in, what is told to who does not, and the limit on guessing."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from labeling.accounts import throttle
from labeling.accounts.models import FailedSignIn, User
from tests.conftest import PASSWORD

URL = "/sign-in"


def sign_in(client: Client, username: str, password: str, **extra: str) -> str:
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
    assert "match" in page
    assert 'value="alice"' in page
    assert "wrong" not in page


def test_an_unknown_name_gets_the_same_words(alice: User, client: Client) -> None:
    message = "This name and password don&#x27;t match"
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
        assert "match" in sign_in(client, "alice", "guess")
    page = sign_in(client, "ALICE", PASSWORD)  # even the right password, however it is written
    assert "Too many tries. Wait 15 minutes" in page


def test_the_limit_is_for_a_name_at_an_address(alice: User, bob: User, client: Client) -> None:
    for _ in range(throttle.TRIES_FOR_PAIR):
        sign_in(client, "alice", "guess", REMOTE_ADDR="10.0.0.1")
    assert "Too many" in sign_in(client, "alice", PASSWORD, REMOTE_ADDR="10.0.0.1")
    assert sign_in(Client(), "bob", PASSWORD, REMOTE_ADDR="10.0.0.1") == "/"
    assert sign_in(Client(), "alice", PASSWORD, REMOTE_ADDR="10.0.0.2") == "/"


@pytest.mark.parametrize(
    ("fields", "tries"),
    [
        ({"address": "10.0.0.1"}, throttle.TRIES_FOR_ADDRESS),
        ({"username": "alice"}, throttle.TRIES_FOR_NAME),
    ],
)
def test_a_spread_out_attack_ends_too(alice: User, client: Client, fields: dict[str, str], tries: int) -> None:
    made = [
        FailedSignIn(**{"username": f"user{number}", "address": f"10.1.{number // 200}.{number % 200}"} | fields)
        for number in range(tries)
    ]
    FailedSignIn.objects.bulk_create(made)
    assert "Too many" in sign_in(client, "alice", PASSWORD, REMOTE_ADDR="10.0.0.1")


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
def demo_file() -> Path:
    path = Path(settings.HOME) / "demo.json"
    yield path
    path.unlink(missing_ok=True)


def test_demo_sign_ins_are_shown_only_while_there_is_a_demo(client: Client, db: None, demo_file: Path) -> None:
    assert "Demo sign-ins" not in client.get(URL).content.decode()
    demo_file.write_text(json.dumps({"users": [{"username": "ann", "password": "show-me", "role": "annotator"}]}))
    page = client.get(URL).content.decode()
    assert "Demo sign-ins" in page
    assert "show-me" in page


@pytest.mark.parametrize("content", ["", "{", "[]", '{"users": [{}]}', '{"users": 7}'])
def test_a_damaged_demo_file_shows_nothing(client: Client, db: None, demo_file: Path, content: str) -> None:
    demo_file.write_text(content)
    response = client.get(URL)
    assert response.status_code == 200
    assert "Demo sign-ins" not in response.content.decode()


@pytest.mark.parametrize(
    ("username", "full", "initials"), [("alice", "", "A"), ("jo.ann", "", "JA"), ("x", "Ada King Lovelace", "AL")]
)
def test_initials(username: str, full: str, initials: str) -> None:
    first, _, last = full.partition(" ")
    assert User(username=username, first_name=first, last_name=last).initials == initials
