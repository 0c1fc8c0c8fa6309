"""A broker that is down stops nobody: a request that would wake a worker up goes on at once."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from labeling.accounts.models import User
from labeling.features.models import Encoding
from labeling.features.services import open_image
from labeling.projects.models import Project
from labeling.server import wake_up
from tests.conftest import picture_bytes
from tests.stack.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)
LONGEST = 3.0
"""Seconds, on a busy machine too; the look takes half a one at most. Without it redis-py retries for 6."""


@pytest.fixture
def no_broker(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing listens where the broker should be."""
    url = f"redis://127.0.0.1:{free_port()}/0"
    settings.REDIS_ADDRESS = url
    before, wake_up.current_app.conf.broker_url = wake_up.current_app.conf.broker_url, url
    monkeypatch.setattr(wake_up, "_down_until", float("-inf"))
    monkeypatch.setattr(wake_up, "_tokens", {})
    yield
    wake_up.current_app.conf.broker_url = before


def test_an_upload_goes_on(
    no_broker: None, project: Project, alice: User, as_user: Callable[[User], Client], caplog: pytest.LogCaptureFixture
) -> None:
    client = as_user(alice)
    upload = client.post(f"/api/projects/{project.pk}/uploads").json()["id"]
    began = time.monotonic()
    assert (
        client.post(f"/api/uploads/{upload}/files", {"file": SimpleUploadedFile("a.png", picture_bytes())}).status_code
        == 201
    )
    assert time.monotonic() - began < LONGEST
    assert "does not answer" in caplog.text


def test_opening_an_image_goes_on(no_broker: None, project: Project) -> None:
    image = project.images.create(name="a.png", sha256="0" * 64, width=32, height=24)
    began = time.monotonic()
    assert open_image(image.pk).state == Encoding.State.QUEUED
    assert time.monotonic() - began < LONGEST


def test_a_broker_that_is_down_is_not_asked_for_every_file(no_broker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    answers = wake_up.broker_answers

    def counted() -> bool:
        asked.append(1)
        return answers()

    monkeypatch.setattr(wake_up, "broker_answers", counted)
    for _ in range(5):
        wake_up.send("labeling.images.tasks.ingest", 1, expires=300)
    assert len(asked) == 1
    monkeypatch.setattr(wake_up, "_down_until", time.monotonic() - 1)
    wake_up.send("labeling.images.tasks.ingest", 1, expires=300)
    assert len(asked) == 2


def test_one_that_is_there_gets_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake_up, "_down_until", float("-inf"))
    sent: list[Any] = []
    send_task = wake_up.current_app.send_task

    def recorded(*args: Any, **options: Any) -> None:
        sent.append(send_task(*args, **options).id)

    monkeypatch.setattr(wake_up.current_app, "send_task", recorded)
    wake_up.send("labeling.images.tasks.ingest", 1, expires=300)
    assert len(sent) == 1


def test_many_messages_of_one_kind_become_few(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(wake_up, "_tokens", {})
    monkeypatch.setattr(wake_up.time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(wake_up, "_send", lambda task, args, expires: sent.append((task, *args)))
    for _ in range(1000):
        wake_up.send("a", 1, expires=1)
    assert len(sent) == wake_up.BURST
    wake_up.send("a", 2, expires=1)  # another kind
    wake_up.send("a", 1, expires=1, always=True)  # the one that says that no more come
    assert sent[wake_up.BURST :] == [("a", 2), ("a", 1)]
