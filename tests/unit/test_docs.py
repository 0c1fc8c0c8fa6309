"""Documents lead somewhere: every link and every file that they name is there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_LISTED = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
DOCUMENTS = [ROOT / name for name in _LISTED.split()] or sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


def anchors(document: Path) -> set[str]:
    """What a heading is called in a link, as GitHub does it, and anchors that are written out."""
    text = document.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    named = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'<a id="([^"]+)"', text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for target, anchor in _LINK.findall(document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        there = (document.parent / target).resolve() if target else document
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            broken.append(f"{target}#{anchor}" if anchor else target)
    assert not broken


def test_sources_name_documents_that_are_there() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    gone = []
    for name in listed.splitlines():
        if not name.endswith((".py", ".ts", ".tsx", ".css", ".html", ".md", ".yaml", ".toml", "Makefile")):
            continue
        text = (ROOT / name).read_text(encoding="utf-8") if (ROOT / name).exists() else ""
        found = re.findall(r"(?<![\w/])docs/[\w/-]+\.md", text)
        gone += [f"{name}: {path}" for path in found if not (ROOT / path).exists()]
    assert not gone


def test_documents_name_sources_that_are_there() -> None:
    """`image_maps.py` or `clicks/image_maps.py` in code font: the end of a file's path."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    known = [f"/{name}" for name in listed.splitlines()]
    gone = []
    for document in DOCUMENTS:
        if document.name in ("CHANGELOG.md", "ATTRIBUTION.md"):  # they speak of earlier versions, and of others' files
            continue
        for span in re.findall(r"`([^`\n]+)`", document.read_text(encoding="utf-8")):
            named = re.findall(r"(?<![\w./*<>-])[\w/.-]*\w\.(?:py|tsx?|css)\b", span)
            gone += [
                f"{document.name}: {name}"
                for name in named
                if not any(one.endswith(f"/{name.lstrip('./')}") for one in known)
            ]
    assert not gone


def test_the_index_lists_every_page() -> None:
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    listed = {(docs / target).resolve() for target in re.findall(r"\]\(([\w./-]+\.md)\)", index)}
    assert [page.name for page in sorted(docs.rglob("*.md")) if page not in listed | {docs / "README.md"}] == []


def test_each_decision_has_a_status_alternatives_and_costs() -> None:
    lacking = []
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        status = re.search(r"^# .+\n\nStatus: (accepted|superseded by )", text)
        words = [word for word in ("Considered", "Chosen", "**Costs.**") if word not in text]
        lacking += [f"{page.name}: {word}" for word in ([] if status else ["Status"]) + words]
    assert lacking == []
