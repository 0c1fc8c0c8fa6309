"""A new password by e-mail."""

import re
import smtplib
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from labeling.accounts.models import User
from labeling.audit.models import AuditEvent
from tests.accounts.test_account_page import signed_in

URL = "/sign-in/password-reset"


@pytest.fixture
def ann(alice: User) -> User:
    alice.email = "alice@example.org"  # as an administrator entered it
    alice.save()
    return alice


def link() -> str:
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
    assert found
    return found[1]


def test_the_whole_way(ann: User, client: Client) -> None:
    old = signed_in()
    assert client.post(URL, {"email": "ALICE@example.org"})["Location"] == f"{URL}/sent"
    assert mail.outbox[0].subject == "Set a new password"
    form = client.get(link(), follow=True)
    (address, _) = form.redirect_chain[-1]
    assert "set-password" in address, "the key stands in no Referer"
    new = {"password1": "a-new-password-9", "password2": "a-new-password-9"}
    assert client.post(address, new)["Location"] == f"{URL}/done"
    assert client.get("/").status_code == 302, "it signs nobody in: there may be a second factor"
    assert old.get("/").status_code == 302
    assert signed_in(password="a-new-password-9").get("/").status_code == 200
    assert AuditEvent.objects.filter(action="password.reset", user_id=ann.pk).exists()
    assert "This link is not valid" in Client().get(link(), follow=True).content.decode(), "it works once"


def test_an_unknown_address_gets_the_same_words_and_no_mail(ann: User, client: Client) -> None:
    assert client.post(URL, {"email": "nobody@example.org"})["Location"] == f"{URL}/sent"
    assert mail.outbox == []


def test_a_weak_password_is_refused(ann: User, client: Client) -> None:
    client.post(URL, {"email": ann.email})
    address = client.get(link(), follow=True).redirect_chain[-1][0]
    page = client.post(address, {"password1": "password", "password2": "password"}).content.decode()
    assert "too common" in page


@pytest.mark.parametrize("bad", [f"{URL}/1-abc-def/", f"{URL}/zzzzzzzzzzzzzz-abc-def/", f"{URL}/1-set-password/"])
def test_a_wrong_link_says_what_to_do(bad: str, db: None, client: Client) -> None:
    assert "Ask for a new one" in client.get(bad).content.decode()


def test_it_is_limited(ann: User, client: Client) -> None:
    for _ in range(5):
        assert client.post(URL, {"email": ann.email}).status_code == 302
    answer = client.post(URL, {"email": ann.email})
    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    assert len(mail.outbox) == 5


def test_a_deactivated_account_gets_none(ann: User, client: Client) -> None:
    ann.is_active = False
    ann.save()
    client.post(URL, {"email": ann.email})
    assert mail.outbox == []


def test_a_mail_server_that_is_down_is_told(ann: User, client: Client, monkeypatch: Any) -> None:
    def fail(*_: Any, **__: Any) -> int:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)
    answer = client.post(URL, {"email": ann.email})
    assert answer.status_code == 503
    assert "The e-mail was not sent" in answer.content.decode()


def test_without_a_mail_server_the_page_says_so(ann: User, client: Client, settings: Any) -> None:
    assert "not set up to send e-mail" in client.get(URL).content.decode()
    settings.EMAIL_HOST = "mail.example.org"
    assert "not set up" not in client.get(URL).content.decode()


def test_the_address_of_an_old_account_need_not_be_confirmed(ann: User, client: Client) -> None:
    assert not EmailAddress.objects.exists()
    client.post(URL, {"email": ann.email})
    assert len(mail.outbox) == 1
