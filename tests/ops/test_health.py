"""`/healthz`: each part alone can be ill, everybody may ask, nobody learns a secret."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inference import FEATURES_VERSION
from labeling.accounts.models import User
from labeling.server import heartbeat
from labeling.web import health
from labeling.web.health import PARTS
from labeling.web.models import HealthMark
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)  # health has connections of its own


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is answered from memory, and a busy machine has time."""
    monkeypatch.setattr(health, "FRESH", 0.0)
    monkeypatch.setattr(health, "PATIENCE", 30.0)


@pytest.fixture
def workers(redis: None) -> None:
    """Both queues are served."""
    heartbeat.beat(list(heartbeat.QUEUES))


def ask(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/healthz")
    return answer.status_code, answer.json()


def test_all_is_well(client: Client, workers: None) -> None:
    status, parts = ask(client)
    assert (status, parts.pop("status")) == (200, "ok")
    assert list(parts) == list(PARTS) == ["database", "disk", "broker", "worker", "model"]
    assert all(part["ok"] for part in parts.values())
    assert parts["model"]["detail"] == f"features version {FEATURES_VERSION}"


def test_it_is_never_cached(client: Client, workers: None) -> None:
    assert "no-store" in client.get("/healthz").headers["Cache-Control"]


@pytest.mark.parametrize("silent", heartbeat.QUEUES)
def test_a_queue_without_a_worker_is_named(client: Client, silent: str) -> None:
    heartbeat.forget()
    heartbeat.beat([queue for queue in heartbeat.QUEUES if queue != silent])
    status, parts = ask(client)
    assert (status, parts["status"]) == (503, "unavailable")
    assert parts["worker"] == {"ok": False, "detail": f"No worker serves the queue {silent}."}
    assert parts["broker"]["ok"]


def test_a_worker_falls_silent_by_itself(workers: None) -> None:
    with heartbeat.client() as redis:
        assert 0 < redis.ttl(heartbeat.key("encode")) <= heartbeat.PATIENCE


def test_a_worker_with_another_model_is_told(client: Client, workers: None) -> None:
    with heartbeat.client() as redis:
        redis.set(heartbeat.key("encode"), "another-version", ex=5)
    status, parts = ask(client)
    assert status == 503
    assert "another model version" in parts["worker"]["detail"]


def test_without_a_broker(client: Client, settings: Any) -> None:
    settings.REDIS_ADDRESS = "redis://:top-secret@127.0.0.1:1/0"
    status, parts = ask(client)
    assert status == 503
    assert not parts["broker"]["ok"]
    assert not parts["worker"]["ok"]
    assert parts["database"]["ok"]
    assert "top-secret" not in str(parts)


def test_without_tables(client: Client, workers: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE common_healthmark RENAME TO gone")
    try:
        status, parts = ask(client)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO common_healthmark")
    assert status == 503
    assert "manage.py migrate" in parts["database"]["detail"]


def test_without_weights(client: Client, workers: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def elsewhere() -> health.ClickPredictor:
        return real(weights=tmp_path)

    real = health.ClickPredictor
    monkeypatch.setattr(health, "ClickPredictor", elsewhere)
    health._loaded_version.cache_clear()
    status, parts = ask(client)
    assert status == 503
    assert parts["model"] == {"ok": False, "detail": "The model's weights are missing or damaged."}
    assert str(tmp_path) not in str(parts)
    monkeypatch.setattr(health, "ClickPredictor", real)
    assert ask(client)[0] == 200


def test_the_database_is_written(client: Client, workers: None) -> None:
    ask(client)
    first = HealthMark.objects.get().at
    ask(client)
    assert HealthMark.objects.get().at > first


def test_a_disk_with_little_room(client: Client, workers: None, settings: Any) -> None:
    settings.MIN_FREE_BYTES = 2**60
    status, parts = ask(client)
    assert status == 503
    assert "Make room" in parts["disk"]["detail"]
    assert parts["database"]["ok"]


def test_a_home_that_is_gone(client: Client, workers: None, settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "unmounted"
    status, parts = ask(client)
    assert status == 503
    assert parts["disk"] == {
        "ok": False,
        "detail": "INTERLABEL_HOME can't be written. Is its disk full, or mounted read-only?",
    }


def test_a_part_that_hangs_is_said_to_hang(client: Client, workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer comes, and the hanging part is not asked again and again: each question would be one more thread."""
    asked, ended = [], threading.Event()

    def hang() -> str:
        asked.append(1)
        ended.wait(PATIENCE)
        return "takes writes"

    monkeypatch.setitem(PARTS, "disk", hang)
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    try:
        for _ in range(3):
            status, parts = ask(client)
            assert status == 503
            assert parts["disk"] == {"ok": False, "detail": "No answer within 0.05 s."}
        assert len(asked) == 1
    finally:
        ended.set()


def test_many_who_ask_make_one_question(client: Client, workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def disk() -> str:
        asked.append(1)
        return "None"

    monkeypatch.setitem(PARTS, "disk", disk)
    monkeypatch.setattr(health, "FRESH", 60.0)
    ask(client)
    before = len(asked)
    for _ in range(5):
        ask(client)
    assert len(asked) == before


def test_a_browser_with_a_session_does_not_need_the_database(alice: User, workers: None, client: Client) -> None:
    client.force_login(alice)
    with CaptureQueriesContext(connection) as queries:
        assert ask(client)[0] == 200
    assert queries.captured_queries == []
