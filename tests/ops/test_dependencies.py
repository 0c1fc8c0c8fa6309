"""Every dependency is pinned, justified in docs/reference/dependencies.md and used; and the licence is there."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.lock import locked

ROOT = Path(__file__).resolve().parents[2]
FILES = ["requirements.txt", "requirements-dev.txt", "requirements-judges.txt"]


def pinned(name: str) -> list[str]:
    """The packages of a requirements file."""
    lines = (ROOT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


def test_every_requirement_is_pinned_exactly() -> None:
    for line in [line for file in FILES for line in pinned(file)]:
        assert re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.!+]+", line), line


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_is_justified_and_every_justified_one_is_required(file: str) -> None:
    text = (ROOT / "docs" / "reference" / "dependencies.md").read_text()
    sections = dict(re.findall(r"^## `([\w.-]+)`.*?\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    told = set(re.findall(r"^\| `([\w.-]+)` \|", sections[file], re.MULTILINE))
    assert told == {re.split(r"[\[=]", line)[0] for line in pinned(file)}


def test_the_wheel_needs_what_is_required() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == pinned("requirements.txt")


def test_the_lock_has_all_that_is_installed_with_them() -> None:
    assert (ROOT / "requirements.lock").read_text() == locked(), "run .venv/bin/python tests/lock.py, and commit"


def test_the_licence_is_there() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
