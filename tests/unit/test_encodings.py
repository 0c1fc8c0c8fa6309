"""Text files and the output of other programs are UTF-8 wherever Interlabel runs, whatever the locale says."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("labeling", "inference", "decoding", "docker", "manage.py")


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def names(call: ast.Call) -> set[str]:
    return {keyword.arg for keyword in call.keywords if keyword.arg}


def mode_of(call: ast.Call, place: int) -> str:
    """The constant that is given as the mode; "r" where none is given."""
    given = next((one.value for one in call.keywords if one.arg == "mode"), None)
    given = given or (call.args[place] if len(call.args) > place else ast.Constant("r"))
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""


def is_text(call: ast.Call) -> bool:
    """Whether a call reads or writes text in an encoding that it does not name."""
    if "encoding" in names(call):
        return False
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name in ("read_text", "write_text", "TextIOWrapper"):
        own = ast.unparse(call.func) == "archive.write_text"  # a zip's, which is UTF-8 always
        return not own and not (name == "read_text" and call.args)
    if (isinstance(call.func, ast.Name) and name == "open") or name == "fdopen":
        return "b" not in mode_of(call, 1)
    if name == "open" and call.args and isinstance(call.args[0], ast.Constant):
        return set(str(call.args[0].value)) <= set("rwax+t")  # of a path; pictures and zips are opened by name
    given = [one.value for one in call.keywords if one.arg in ("text", "universal_newlines")]
    return any(isinstance(one, ast.Constant) and one.value is True for one in given)


def test_text_is_read_and_written_as_utf_8() -> None:
    paths = [
        found
        for name in PRODUCT
        for found in ((ROOT / name).rglob("*.py") if (ROOT / name).is_dir() else [ROOT / name])
    ]
    assert len(paths) > 150
    found = [f"{path.relative_to(ROOT)}:{call.lineno}" for path in paths for call in calls(path) if is_text(call)]
    assert found == [], 'say encoding="utf-8"'


def test_calls_without_an_encoding_are_found() -> None:
    bad = (
        "open(p)",
        "open(p, 'w')",
        "p.read_text()",
        "p.write_text(t)",
        "p.open('a+')",
        "run(c, text=True)",
    )
    good = ("open(p, 'rb')", "p.open('rb')", "Image.open(p)", "open(p, encoding='utf-8')", "run(c)", "zip.open(name)")
    assert [is_text(ast.parse(one, mode="eval").body) for one in (*bad, *good)] == [True] * 6 + [False] * 6  # type: ignore[arg-type]
