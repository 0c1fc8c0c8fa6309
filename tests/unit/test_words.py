"""Texts that people see: phrases that were replaced because they were misread do not come back."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: What people read comes from here.
SOURCES = ("labeling", "frontend/src", "static", "demo", "README.md", "manage.py")
TEXT = {".py", ".html", ".ts", ".tsx", ".js", ".md", ".json", ".toml", ".yaml"}

#: Replaced phrase → what is said instead.
REPLACED = {
    "Make project": "Create project",
    "Make it panoptic": "Turn on panoptic mode",
    "Nobody is called": "No account named “…”",
    "Prepared for clicking|prepared for clicking": "Ready to label",
    "Kept untouched": "Accepted without changes",
    "Learned here": "Models trained on this project",
    "words are classes here": "1 of 80 model labels is mapped to a class",
    "also say of each object": "Extra information annotators record for each object",
    "Upper objects keep": "Keep the top object's pixels",
    "Look through": "Review images",
    "This needs the role": "Only managers may do this; you are a reviewer.",
    "No image is like this": "No images match this filter.",
    "Both tell capital from small letters": "Both are case-sensitive.",
    "This name and password don't match": "Wrong username or password.",
    "[Ll]ikeliest place": "Best match",
    "Hand tools go on": "Drawing tools still work; clicks resume when you reconnect.",
    "[Yy]ou are looking on": "View only.",
    "All as shipped": "Reset to defaults",
    '"This sheet"': "Keyboard shortcuts",
    "Say whether everything is saved": "Check save status",
    r"\} chosen": "selected",
    "[Ss]how surer ones": "Raise the confidence threshold",
    "Nothing to label in it": "Nothing to label",
    "Don't skip": "Cancel",
    "offered to nobody": "Skipped images leave the queue",
}


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *SOURCES], cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.suffix in TEXT and path.is_file()]


@pytest.mark.parametrize("phrase", REPLACED)
def test_a_replaced_phrase_does_not_come_back(phrase: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: say “{REPLACED[phrase]}”"
        for path in sources()
        if re.search(phrase, path.read_text(encoding="utf-8"))
    ]
    assert found == []
