"""`manage.py import_dataset`: what page and API offer, as flags."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from labeling.annotations.models import Annotation
from labeling.exchange.models import Import
from labeling.projects.models import Project
from labeling.suggestions.models import Run, Suggestion
from tests.exchange.conftest import AddImage, add_image

__all__ = ["add_image"]  # a fixture

Command = Callable[..., str]
SQUARE = [[2.0, 2.0, 8.0, 2.0, 8.0, 8.0, 2.0, 8.0]]


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A dataset that calls the image and the class otherwise."""
    content: dict[str, Any] = {
        "images": [{"id": 1, "file_name": "theirs.png"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "segmentation": SQUARE, "iscrowd": 0}],
        "categories": [{"id": 7, "name": "automobile"}],
    }
    path = tmp_path / "instances_val.json"
    path.write_text(json.dumps(content))
    return path


def test_a_mapping_and_classes(
    command: Command, project: Project, add_image: AddImage, theirs: Path, tmp_path: Path
) -> None:
    image = add_image("ours.png")
    mapping = tmp_path / "mapping.csv"
    mapping.write_text("theirs.png,ours.png\n")
    flags = ("--format", "coco", "--mapping", str(mapping), "--classes", "automobile=car", "--no-new-classes")
    said = command("import_dataset", "Street", str(theirs), *flags, "--dry-run")
    assert "1 image (0 new), 1 object, 0 defects" in said
    assert not Annotation.objects.exists()
    assert not Import.objects.exists()
    command("import_dataset", "Street", str(theirs), *flags, "--status", "done")
    [kept] = Annotation.objects.select_related("set", "category")
    assert (kept.set.image_id, kept.category.name, kept.set.status) == (image.pk, "car", "done")


def test_what_was_not_found_is_listed(command: Command, project: Project, add_image: AddImage, theirs: Path) -> None:
    add_image("ours.png")
    assert "image theirs.png: none" in command("import_dataset", "Street", str(theirs), "--format", "coco", "--dry-run")
    with pytest.raises(CommandError, match="The mapping can't be read"):
        command("import_dataset", "Street", str(theirs), "--format", "coco", "--mapping", "nowhere.csv")


def test_predictions(command: Command, project: Project, add_image: AddImage, tmp_path: Path) -> None:
    add_image("street.png")
    path = tmp_path / "results.json"
    path.write_text(json.dumps([{"image_id": "street", "category_id": 1, "score": 80, "segmentation": SQUARE}]))
    said = command(
        "import_dataset", "Street", str(path), "--format", "coco_results", "--source", "2026", "--scores", "percent",
        "--classes", "1=car",
    )  # fmt: skip
    assert "1 suggestion imported." in said
    assert (Suggestion.objects.get().score, Run.objects.get().options["source"]) == (0.8, "2026")


def test_defects_are_told_with_the_flag_that_leaves_them_out(
    project: Project, add_image: AddImage, theirs: Path
) -> None:
    add_image("theirs.png")
    content = json.loads(theirs.read_text())
    content["annotations"].append({"id": 2, "image_id": 1, "category_id": 7, "segmentation": [[1, 2, 3]]})
    theirs.write_text(json.dumps(content))
    said = io.StringIO()
    with pytest.raises(CommandError, match="The dataset has 1 defect.*--skip-defects"):
        call_command("import_dataset", "Street", str(theirs), "--format", "coco", stdout=said)
    assert "annotation 2: A polygon has an odd number of values" in said.getvalue()
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("path", ["nowhere", "instances_val.json"])
def test_what_can_not_be_read_leaves_no_import(command: Command, project: Project, theirs: Path, path: str) -> None:
    with pytest.raises(CommandError, match="There is no file or folder|has no .txt file"):
        command("import_dataset", "Street", str(theirs.parent / path), "--format", "yolo", "--dry-run")
    assert not Import.objects.exists()
