"""The commands of docs/reference/api.md, as they stand there."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.stack.processes import ADMINISTRATOR, PASSWORD, Stack

pytestmark = [pytest.mark.stack, pytest.mark.team]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "api.md"


def test_a_script_signs_in_and_makes_a_project(stack: Stack, tmp_path: Path) -> None:
    (commands,) = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert "SITE=http://127.0.0.1:8000\n" in commands
    assert "username=alice" in commands
    commands = commands.replace("http://127.0.0.1:8000", stack.url).replace(
        "username=alice", f"username={ADMINISTRATOR}"
    )
    done = subprocess.run(
        ["bash", "-euc", commands], cwd=tmp_path, env={**os.environ, "PASSWORD": PASSWORD}, capture_output=True,
        text=True, check=True, timeout=PATIENCE,
    )  # fmt: skip
    decoder = json.JSONDecoder()
    projects, end = decoder.raw_decode(done.stdout)
    made, _ = decoder.raw_decode(done.stdout[end:].lstrip())
    assert "results" in projects, done.stdout
    assert (made["name"], made["role"]) == ("Street", "owner"), done.stdout
