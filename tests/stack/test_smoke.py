"""`manage.py smoke` does the main job on the running product; on the team stack it comes in through the proxy."""

import json

import pytest

from tests.stack.processes import ADMINISTRATOR, PASSWORD, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600), pytest.mark.team]


def test_smoke_passes(stack: Stack) -> None:
    who = ("--username", ADMINISTRATOR, "--password", PASSWORD)
    output = stack.manage("smoke", "--url", stack.public_url, *who, timeout=550)
    print(output)
    assert json.loads(output.strip().splitlines()[-1])["ok"] is True
