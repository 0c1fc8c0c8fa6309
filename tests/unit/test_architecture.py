"""A room imports only rooms listed before it: the tables of docs/architecture.md, held against the imports."""

import ast
import os
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLES = re.compile(r"^### `([\w/]+)/`\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
ROWS = re.compile(r"^\| `([\w.]+?)(?:\.py|\.ts|\.tsx)?/?` \|", re.MULTILINE)
SCRIPTS = (".ts", ".tsx")
# `from "./x"` of an import or a re-export, type-only ones too; `import "./x"`; `import("./x")`.
SCRIPT_IMPORTS = re.compile(r"""\b(?:from|import)\s*\(?\s*["'](\.[^"'?]*)""")


def rooms() -> dict[str, list[str]]:
    """The folders whose rooms have an order, and the order: `{"inference": ["core", …]}`."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    return {folder: ROWS.findall(table) for folder, table in TABLES.findall(text)}


def modules(folder: str) -> dict[str, Path]:
    """Dotted names of all modules under a folder, Python's or TypeScript's; a package's name is its `__init__`.

    TypeScript's tests are left out: they look at parts from outside.
    """
    there = (path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".py", *SCRIPTS))
    return {module_name(path): path for path in there if ".test." not in path.name}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names that a file imports, at any depth of the code and for type checkers alone, too."""
    if path.suffix in SCRIPTS:
        targets = SCRIPT_IMPORTS.findall(path.read_text())
        return frozenset(script_name(path.parent / target) for target in targets)
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def script_name(target: Path) -> str:
    """The dotted name of what a relative import of TypeScript means, which leaves the ending out."""
    whole = Path(os.path.normpath(target))
    return ".".join(whole.relative_to(ROOT).parts)


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


FOLDERS = list(rooms())


def test_the_tables_are_found() -> None:
    assert {"inference", "inference/heads", "decoding", "labeling", "frontend/src", "frontend/src/editor"} == set(
        FOLDERS
    )


@pytest.mark.parametrize("folder", FOLDERS)
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


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_table_names_every_room(folder: str) -> None:
    there = {room for name in modules(folder) if (room := room_of(name, folder))}
    order = rooms()[folder]
    assert there == set(order)
    assert len(order) == len(set(order))


@pytest.mark.parametrize("folder", ["inference", "decoding", "labeling", "frontend/src"])
def test_no_modules_import_each_other_in_a_circle(folder: str) -> None:
    assert circles(graph(folder)) == []


def test_imports_of_typescript_are_found() -> None:
    text = """
        import type { A } from "./a";
        import { B,
            type C } from "../b";
        import "./c";
        export { D } from "./d";
        import Worker from "./e.worker?worker&inline";
        import { render } from "preact";
        const F = await import("./f");
        type G = import("./g").G;
    """
    assert SCRIPT_IMPORTS.findall(text) == ["./a", "../b", "./c", "./d", "./e.worker", "./f", "./g"]
    state = imported(ROOT / "frontend/src/editor/state.ts")
    assert {"frontend.src.editor.model.work", "frontend.src.editor.view.picture"} <= state


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


@pytest.mark.parametrize("library", ["inference", "decoding"])
def test_a_library_knows_no_django(library: str) -> None:
    others = {"django", "labeling", "celery", "channels", "inference", "decoding"} - {library}
    for name, path in modules(library).items():
        for other in imported(path):
            assert other.split(".")[0] not in others, f"{name}: {other}"


def test_tests_of_the_library_lie_as_it_does() -> None:
    """`tests/inference/clicks/test_zoom.py` tests `inference/clicks/zoom.py`."""
    there = ROOT / "tests" / "inference"
    tested = (path.relative_to(there) for path in sorted(there.rglob("test_*.py")))
    strays = [str(t) for t in tested if not (ROOT / "inference" / t.with_name(t.name.removeprefix("test_"))).exists()]
    assert not strays
