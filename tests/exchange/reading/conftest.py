"""Datasets that other people's tools wrote, and ways to import one.

`CASES` are sample files with the right answers (`expected.json` beside each). They are not part of the repository: the
folder `shared` lies beside it where they are at hand. Without it the tests that need them are left out, which is said.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from labeling.accounts.models import User
from labeling.exchange import imports
from labeling.exchange.models import Import
from labeling.images.models import Image
from labeling.projects.models import Project
from tests.conftest import picture_bytes

CASES = Path(settings.BASE_DIR).resolve().parent / "shared" / "cases" / "formats"
BringIn = Callable[..., Import]


def case(name: str) -> Path:
    """A folder of sample files, or one of them."""
    if not CASES.is_dir():
        pytest.skip("the sample files of other tools are not beside this repository")
    return CASES / name


def expected(name: str) -> dict[str, Any]:
    """The right answers for a folder, by image."""
    found: dict[str, Any] = json.loads((case(name) / "expected.json").read_text())
    return found


@pytest.fixture
def sample_images(project: Project) -> dict[str, Image]:
    """Images of the sizes and names of the sample pictures, by name."""
    found = {}
    for path in sorted(case("images").iterdir()):
        truth = json.loads((case("truth.json")).read_text())
        size = next(one for one in truth["images"] if one["file_name"] == path.name)
        found[path.name] = add_image(project, path.name, size["width"], size["height"])
    return found


def add_image(project: Project, name: str, width: int, height: int, sha256: str = "") -> Image:
    """An image with a real file."""
    content = picture_bytes(width, height, seed=Image.objects.count())
    digest = sha256 or f"{Image.objects.count():064x}"
    image = Image(project=project, name=name, sha256=digest, width=width, height=height)
    image.original = image.view = image.original.field.storage.save(f"{digest}.png", ContentFile(content))
    image.save()
    return image


@pytest.fixture
def bring_in(project: Project, alice: User) -> BringIn:
    """Check a dataset and, unless there are defects or `check_only`, carry the plan out."""

    def run(path: Path, format: str, *, check_only: bool = False, **options: Any) -> Import:
        row = imports.check_path(project, alice, path, format=format, options=options)
        if row.state != Import.State.CHECKED or check_only:
            return row
        imports.confirm(row, row.created_by)
        return imports.work_here(row)

    return run


def dataset(folder: Path, files: dict[str, Any]) -> Path:
    """A folder with these files: bytes, text, or what becomes JSON; a path is copied."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copy(content, path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def told(row: Import, what: str = "defects") -> list[tuple[str, str]]:
    """The defects or notes of an import: where, and why."""
    return [(one["where"], one["reason"]) for one in row.report[what]]


def expect_told(row: Import, *expected: tuple[str, str], what: str = "defects") -> None:
    """That exactly these are told: the end of where, and a part of the reason."""
    found = told(row, what)
    assert len(found) == len(expected), found
    for (where, reason), (end, part) in zip(found, expected, strict=True):
        assert where.endswith(end), (where, end)
        assert part in reason, (reason, part)
