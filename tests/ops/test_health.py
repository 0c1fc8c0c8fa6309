"""`/healthz`: each part alone can be ill, everybody may ask, nobody learns a secret."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from inference import FEATURES_VERSION
from labeling.common import health, heartbeat
from labeling.common.health import PARTS

pytestmark = pytest.mark.django_db


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
    assert list(parts) == list(PARTS) == ["database", "broker", "worker", "model"]
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
        cursor.execute("ALTER TABLE accounts_user RENAME TO gone")
    status, parts = ask(client)
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
    monkeypatch.undo()
    assert ask(client)[0] == 200
