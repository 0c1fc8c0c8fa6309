"""Arrows point down only: the table of rooms in docs/architecture.md, held against the imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [
    "common", "accounts", "projects", "images", "features",
    "annotations", "suggestions", "exchange", "live", "workspace",
]  # fmt: skip
CONFIGURATION = {"settings", "celery", "urls", "asgi"}


def imported(path: Path) -> set[str]:
    """Dotted names of all modules that a file imports, at any depth of the code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_above_it(room: str) -> None:
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    for path in (ROOT / "labeling" / room).rglob("*.py"):
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "labeling" and len(parts) > 1 and parts[1] not in CONFIGURATION:
                assert parts[1] in allowed, f"{path.relative_to(ROOT)} imports {name}, a room below {room}"


@pytest.mark.parametrize("room", ["inference", "decoding"])
def test_a_library_knows_no_django(room: str) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert files
    for path in files:
        for name in imported(path):
            assert name.split(".")[0] not in {"django", "labeling", "celery", "channels"}, f"{path}: {name}"


def test_the_table_of_rooms_is_this_order() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    places = [text.index(f"| `labeling/{room}/` |") for room in ROOMS]
    assert places == sorted(places)
