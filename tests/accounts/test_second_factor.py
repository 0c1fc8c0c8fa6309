"""Second factors: an authenticator app, recovery codes; their limits. Passkeys: tests/browser/test_accounts.py."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.db import connections
from django.test import Client

from labeling.accounts.models import User
from labeling.audit.models import AuditEvent
from tests.accounts.test_account_page import actions, signed_in
from tests.conftest import PASSWORD

URL = "/sign-in/second-factor"


def code_of(secret: str, later: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


@pytest.fixture
def secret(alice: User) -> str:
    made = generate_totp_secret()
    TOTP.activate(alice, made)
    return str(made)


def with_password() -> Client:
    client = Client()
    assert client.post("/sign-in", {"username": "alice", "password": PASSWORD})["Location"] == URL
    return client


def test_setting_an_app_up(alice: User, django_capture_on_commit_callbacks: Any) -> None:
    client = signed_in()
    page = client.get("/account/two-factor/app")
    assert "data:image/svg+xml" in page.content.decode()
    secret = page.context["form"].secret
    assert "Wrong code" in client.post("/account/two-factor/app", {"code": "000000"}).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/account/two-factor/app", {"code": code_of(secret)})
    assert answer["Location"] == "/account/two-factor/codes"
    assert "10 of 10 codes are left" in client.get(answer["Location"]).content.decode()
    assert client.get("/account/two-factor/codes.txt").content.count(b"\n") >= 10
    assert "authenticator app" in client.get("/account/").content.decode()
    assert actions().count("two_factor.added") == 2
    assert client.get("/account/two-factor/app/remove").status_code == 200
    client.post("/account/two-factor/app/remove")
    assert not Authenticator.objects.exists()


def test_the_password_alone_is_not_enough(secret: str, alice: User) -> None:
    client = with_password()
    assert client.get("/").status_code == 302
    assert "Second factor" in client.get(URL).content.decode()
    assert "Wrong code" in client.post(URL, {"code": "000000"}).content.decode()
    assert client.post(URL, {"code": code_of(secret)})["Location"] == "/"
    assert client.get("/").status_code == 200
    assert actions() == ["two_factor.failed", "sign_in"]
    assert AuditEvent.objects.get(action="sign_in").details == {"methods": ["password", "mfa"]}


def test_it_goes_back_to_the_page_that_was_asked_for(secret: str) -> None:
    client = Client()
    client.post("/sign-in", {"username": "alice", "password": PASSWORD, "next": "/account/"})
    assert client.post(URL, {"code": code_of(secret)})["Location"] == "/account/"


def test_who_has_not_shown_the_password_gets_no_question(secret: str, client: Client) -> None:
    for method in (client.get, client.post):
        assert method(URL)["Location"] == "/sign-in"


def test_a_recovery_code_works_once(secret: str, alice: User) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    code = RecoveryCodes.activate(alice).get_unused_codes()[0]
    assert with_password().post(URL, {"code": code}).status_code == 302
    assert "Wrong code" in with_password().post(URL, {"code": code}).content.decode()


def test_codes_are_limited(secret: str) -> None:
    client = with_password()
    for _ in range(5):
        assert "Wrong code" in client.post(URL, {"code": "000000"}).content.decode()
    page = Client()
    page.cookies = client.cookies
    assert "Too many wrong codes" in page.post(URL, {"code": code_of(secret)}).content.decode()


@pytest.mark.django_db(transaction=True)
def test_many_codes_at_once_are_no_more_than_one_after_the_other() -> None:
    """60 threads against allauth's limit, which counts in the database."""
    alice = User.objects.create_user("alice", password=PASSWORD)
    TOTP.activate(alice, generate_totp_secret())
    client = with_password()

    def guess(_: int) -> str:
        try:
            mine = Client(raise_request_exception=False)
            mine.cookies = client.cookies
            return mine.post(URL, {"code": "000000"}).content.decode()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(60) as pool:
        pages = list(pool.map(guess, range(60)))
    assert sum("Wrong code" in page for page in pages) <= 5
    assert AuditEvent.objects.filter(action="two_factor.failed").count() <= 5


def test_who_confirms_needs_no_password_again_for_a_while(secret: str) -> None:
    client = with_password()
    client.post(URL, {"code": code_of(secret)})
    assert client.get("/account/two-factor/app/remove").status_code == 200


def test_the_admin_shows_no_secrets(client: Client, alice: User, settings: Any) -> None:
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    for page in ("mfa/authenticator/", "usersessions/usersession/", "socialaccount/socialtoken/"):
        assert client.get(f"/admin/{page}").status_code == 404
