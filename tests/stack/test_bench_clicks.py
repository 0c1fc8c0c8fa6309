"""`manage.py bench_clicks` measures a real server, on the team stack through the proxy, and leaves nothing there."""

import json
import sqlite3
from typing import Any

import psycopg
import pytest

from tests.stack.processes import ADMINISTRATOR, PASSWORD, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600), pytest.mark.team]


def rows(stack: Stack, table: str) -> int:
    """How many rows a table of the stack's database has."""
    query = f"SELECT count(*) FROM {table}"  # noqa: S608 - the names are in this file
    if url := stack.env.get("DATABASE_URL"):
        with psycopg.connect(url.replace("postgres://", "postgresql://")) as connection:
            (count,) = connection.execute(query.encode()).fetchone() or (0,)
            return int(count)
    database = sqlite3.connect(stack.home / "interlabel.sqlite3")
    try:
        return int(database.execute(query).fetchone()[0])
    finally:
        database.close()


def measured(stack: Stack, *words: str) -> list[dict[str, Any]]:
    """The rounds of a measurement on the stack."""
    who = ("--url", stack.public_url, "--username", ADMINISTRATOR, "--password", PASSWORD)
    said = stack.manage("bench_clicks", *words, *who, timeout=250)
    print(said)
    found = json.loads(said.splitlines()[-1])
    assert found["ok"] is True
    for row in found["rounds"]:
        assert 0 < row["decode_p50_ms"] < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
        assert [row[what] for what in ("lost", "reordered", "duplicated", "different", "errors")] == [0] * 5
    return found["rounds"]


def test_clicks_are_measured_and_every_answer_is_right(stack: Stack) -> None:
    tables = ("accounts_user", "projects_project", "django_session")
    before = [rows(stack, table) for table in tables]
    patient = measured(stack, "--users", "1,3", "--clicks", "5", "--images", "2")
    assert [(row["users"], row["clicks"], row["superseded"]) for row in patient] == [(1, 5, 0), (3, 15, 0)]
    [hasty] = measured(stack, "--users", "1", "--clicks", "10", "--images", "1", "--overlap")
    assert hasty["clicks"] == 10
    assert [rows(stack, table) for table in tables] == before
