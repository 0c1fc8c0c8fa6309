"""The product as processes, on the stack that this test run is about."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from tests.patience import PATIENCE
from tests.stack.client import csrf_token
from tests.stack.processes import ADMINISTRATOR, PASSWORD, Stack, embedded, team


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Ready and empty, with an administrator: `make start`'s processes, or compose.yaml's on PostgreSQL and Redis."""
    home: Path = tmp_path_factory.mktemp("stack")
    running = (
        embedded(home, DEMO="0") if settings.EMBEDDED_REDIS else team(home, settings.DATABASE_URL, settings.REDIS_URL)
    )
    with running as ready:
        ready.add_administrator(ADMINISTRATOR, PASSWORD)
        yield ready


@pytest.fixture
def manager(stack: Stack) -> Iterator[httpx.Client]:
    """The administrator, signed in over HTTP."""
    with httpx.Client(base_url=stack.url, timeout=PATIENCE) as client:
        client.get("/sign-in")
        client.headers["X-CSRFToken"] = csrf_token(client)
        answer = client.post("/sign-in", data={"username": ADMINISTRATOR, "password": PASSWORD})
        assert answer.status_code == 302, answer.text[:500]
        client.headers["X-CSRFToken"] = csrf_token(client)
        yield client
