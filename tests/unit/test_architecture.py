"""A room imports only rooms listed before it: the tables of docs/architecture.md, held against the imports."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLES = re.compile(r"^### `([\w/]+)/`\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
ROWS = re.compile(r"^\| `([\w.]+?)(?:\.py|\.ts|\.tsx)?/?` \|", re.MULTILINE)


def rooms() -> dict[str, list[str]]:
    """The folders whose rooms have an order, and the order: `{"inference": ["core", …]}`."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    return {folder: ROWS.findall(table) for folder, table in TABLES.findall(text)}


def modules(folder: str) -> dict[str, Path]:
    """Dotted names of all Python modules under a folder; a package's name is its `__init__`."""
    files = sorted((ROOT / folder).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


@cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names that a Python file imports, at any depth of the code and for type checkers alone, too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def graph(folder: str) -> dict[str, set[str]]:
    """Which modules of a folder each of its modules imports."""
    known = modules(folder)
    found: dict[str, set[str]] = {}
    for name, path in known.items():
        wanted = {one if one in known else one.rpartition(".")[0] for one in imported(path)}
        found[name] = {one for one in wanted if one in known} - {name}
    return found


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Sets of modules that import each other in a loop (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(arrows[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            circle = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(circle) > 1:
                found.append(sorted(circle))

    for name in arrows:
        if name not in index:
            visit(name)
    return found


def room_of(module: str, folder: str) -> str | None:
    """The room of a folder that a module is in; None for one outside of the folder, and for its `__init__`."""
    parts, above = module.split("."), folder.split("/")
    return parts[len(above)] if parts[: len(above)] == above and len(parts) > len(above) else None


PYTHON = [folder for folder in rooms() if not folder.startswith("frontend")]


@pytest.mark.parametrize("folder", PYTHON)
def test_a_room_imports_only_rooms_before_it(folder: str) -> None:
    order = rooms()[folder]
    wrong = []
    for module, wanted in graph(folder).items():
        room = room_of(module, folder)
        if room is None:
            continue
        allowed = order[: order.index(room) + 1]
        wrong += [f"{module} imports {one}" for one in wanted if room_of(one, folder) not in (None, *allowed)]
    assert not wrong


@pytest.mark.parametrize("folder", PYTHON)
def test_the_table_names_every_room(folder: str) -> None:
    there = {
        path.stem
        for path in (ROOT / folder).iterdir()
        if path.suffix == ".py" and path.stem != "__init__" or (path / "__init__.py").exists()
    }
    order = rooms()[folder]
    assert there == set(order)
    assert len(order) == len(set(order))


@pytest.mark.parametrize("folder", ["inference", "decoding", "labeling"])
def test_no_modules_import_each_other_in_a_circle(folder: str) -> None:
    assert circles(graph(folder)) == []


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


@pytest.mark.parametrize("library", ["inference", "decoding"])
def test_a_library_knows_no_django(library: str) -> None:
    others = {"django", "labeling", "celery", "channels", "inference", "decoding"} - {library}
    for name, path in modules(library).items():
        for other in imported(path):
            assert other.split(".")[0] not in others, f"{name}: {other}"
