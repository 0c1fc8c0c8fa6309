"""`manage.py smoke` tells what is wrong with a server. That it passes on a good one is CI's business."""

import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from labeling.accounts.models import User
from labeling.devtools.smoke.client import Client
from labeling.devtools.smoke.report import Report, SmokeFailed, check, quantiles
from labeling.devtools.smoke.targets import CATEGORIES, TARGETS
from labeling.projects.models import Project
from labeling.server import heartbeat
from tests.conftest import PASSWORD

pytestmark = pytest.mark.once


def failing(*words: str) -> tuple[str, dict[str, object]]:
    """Run it; the error and the JSON of the last line."""
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("smoke", *words, "--patience", "0.1", stdout=out)
    return str(error.value), json.loads(out.getvalue().splitlines()[-1])


def test_no_server() -> None:
    said, last = failing("--url", "http://127.0.0.1:9", "--username", "alice", "--password", PASSWORD)
    assert "does not answer" in said
    assert "make start" in said
    assert (last["ok"], last["step"]) == (False, "every part is ready")


def test_parts_that_are_not_ready(live_server: object) -> None:
    """The worker: none runs beside the tests, and what the tests of its heartbeat said is forgotten."""
    heartbeat.forget()
    said, last = failing("--url", str(live_server), "--username", "alice", "--password", PASSWORD)
    assert "is not ready" in said
    assert "worker" in str(last["message"])


@pytest.mark.parametrize("words", [["--username", "alice"], ["--password", "x"], []])
def test_it_needs_a_sign_in(words: list[str], tmp_path: Path, settings: object) -> None:
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="--username"):
        call_command("smoke", *words)


def test_no_photographs(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no photographs"):
        call_command("smoke", "--username", "a", "--password", "b", "--photographs", str(tmp_path))


def test_the_client_signs_in_by_the_form(live_server: object, alice: User) -> None:
    with Client(str(live_server)) as client:
        client.json("GET", "/api/projects", expected=(401,))
        client.sign_in("alice", PASSWORD)
        assert client.json("GET", "/api/projects")["results"] == []
    with Client(str(live_server)) as client, pytest.raises(SmokeFailed, match="Wrong --username or --password"):
        client.sign_in("alice", "wrong")


def test_the_client_may_write_with_its_csrf_token(live_server: object, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    with Client(str(live_server)) as client:
        client.sign_in("alice", PASSWORD)
        made = client.json("POST", "/api/projects", {"name": "Smoke", "categories": CATEGORIES}, expected=(201,))
        assert Project.objects.get().pk == made["id"]
        with pytest.raises(SmokeFailed, match="is answered 201, not 400"):
            client.json("POST", "/api/projects", {"name": "Smoke", "categories": []}, expected=(201,))


def test_every_photograph_has_a_target_inside_it() -> None:
    names = {path.name for path in (settings.BASE_DIR / "demo" / "photographs").iterdir()}
    assert {target.photograph for target in TARGETS} == names
    for target in TARGETS:
        for x, y in (target.on, target.beside, target.also_on):
            assert 0 < x < 1
            assert 0 < y < 1


def test_the_report() -> None:
    said: list[str] = []
    report = Report(said.append)
    with report.step("first", "first_seconds"):
        report.samples["click"] += [float(number) for number in range(1, 101)]
    with pytest.raises(SmokeFailed, match="Five is even"), report.step("second"):
        check(5 % 2 == 0, "Five is even.")
    assert report.step_name == "second"
    assert len(said) == 1
    assert quantiles([3.0, 1.0, 2.0]) == (2.0, 3.0)
    summary = report.summary()
    assert (summary["click_ms_p50"], summary["click_ms_p95"]) == (50.5, 95.0)
    assert any("click" in line and "95.0 ms" in line for line in report.table())
