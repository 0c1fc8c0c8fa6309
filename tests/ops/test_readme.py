"""What the README and the guides name exists."""

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(guide: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", guide.read_text()):
        if "://" not in target:
            assert (guide.parent / target).exists(), f"{guide.name}: {target}"


def test_every_make_target_exists() -> None:
    told = {name for guide in GUIDES for name in re.findall(r"\bmake ([a-z-]+)\b", guide.read_text())}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"start", "test"} <= told & targets
    for name in targets & told:
        done = subprocess.run(["make", "-n", name], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr


def test_every_command_in_the_readme_exists_and_takes_its_options() -> None:
    lines = re.findall(r"manage\.py (\w+)(.*)", (ROOT / "README.md").read_text())
    assert {name for name, _ in lines} >= {"create_project", "import_images", "export"}
    for name, rest in lines:
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"(--[\w-]+)", rest)) <= known
