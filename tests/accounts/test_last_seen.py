"""When somebody was last here: written once in a few minutes."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from labeling.accounts import last_seen, tasks
from labeling.accounts.models import FailedSignIn, User
from tests.accounts.test_account_page import signed_in


@pytest.fixture(autouse=True)
def on(settings: Any, monkeypatch: Any) -> None:
    settings.LAST_SEEN_SECONDS = 300
    last_seen._noted.clear()


def test_it_is_written_once(alice: User, client: Client, django_assert_num_queries: Any) -> None:
    client.force_login(alice)
    client.get("/account/")
    alice.refresh_from_db()
    assert alice.last_seen_at is not None
    assert timezone.now() - alice.last_seen_at < timedelta(minutes=1)
    assert UserSession.objects.get().user == alice, "a session from before is in the list now"
    User.objects.update(last_seen_at=None)
    client.get("/account/")
    alice.refresh_from_db()
    assert alice.last_seen_at is None


def test_somebody_who_is_not_signed_in_is_nobody(db: None, client: Client) -> None:
    client.get("/sign-in")
    client.get("/healthz")
    assert not UserSession.objects.exists()


def test_an_answer_does_not_depend_on_it(alice: User, client: Client, monkeypatch: Any) -> None:
    from django.db import DatabaseError

    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseError("disk full")

    client.force_login(alice)
    monkeypatch.setattr(last_seen.UserSession.objects, "create_from_request", fail)
    assert client.get("/account/").status_code == 200


def test_memory_is_bounded(alice: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(last_seen, "REMEMBERED", 2)
    for _ in range(4):
        client = Client()
        client.force_login(alice)
        client.get("/account/")
    assert len(last_seen._noted) == 2


def test_what_is_over_is_thrown_away(alice: User) -> None:
    here, gone = signed_in(), signed_in()
    gone.session.delete()
    FailedSignIn.objects.create(username="x")
    FailedSignIn.objects.update(at=timezone.now() - timedelta(hours=1))
    tasks.tidy()
    assert [one.session_key for one in UserSession.objects.all()] == [here.session.session_key]
    assert not FailedSignIn.objects.exists()
