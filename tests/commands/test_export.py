"""`manage.py export`."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError

from labeling.exchange.models import Export
from labeling.projects.models import Project
from tests.exchange.conftest import AddImage, Keep, Zip, add_image, box, keep

__all__ = ["add_image", "keep"]  # fixtures

Command = Callable[..., str]


def test_a_zip_with_options(
    command: Command, project: Project, add_image: AddImage, keep: Keep, tmp_path: Path
) -> None:
    keep(add_image("a.png"), box(1, 1, 4, 4))
    add_image("b.png")
    out = tmp_path / "out.zip"
    out.write_text("an older one")
    said = command(
        "export", "Street", "--format", "coco", "--out", str(out),
        "--option", "images=all", "--option", "include_images=true", "--option", "segmentation=polygons",
    )  # fmt: skip
    found = Zip(out.read_bytes())
    written = found.json("annotations/instances_train.json")
    assert [one["file_name"] for one in written["images"]] == ["a.png", "b.png"]
    assert isinstance(written["annotations"][0]["segmentation"], list)
    assert "images/b.png" in found.names
    assert "2 images" in said
    assert [path.name for path in tmp_path.iterdir()] == ["out.zip"]


def test_png_by_id(command: Command, project: Project, add_image: AddImage, keep: Keep, tmp_path: Path) -> None:
    keep(add_image("a.png"), box(1, 1, 4, 4))
    command("export", str(project.pk), "--format", "png", "--out", str(tmp_path / "out.zip"))
    assert "semantic/a.png" in Zip((tmp_path / "out.zip").read_bytes()).names


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Strait", "--format", "coco"], "No project named “Strait”"),
        (["Street", "--format", "tiles"], "coco, cvat"),
        (["Street", "--format", "coco", "--option", "images"], "key=value"),
        (["Street", "--format", "coco", "--option", "images=some"], "images"),
        (["Street", "--format", "coco", "--option", "color=red"], "color"),
    ],
)
def test_what_is_wrong_is_told_and_an_older_zip_stays(
    command: Command, project: Project, tmp_path: Path, words: list[str], said: str
) -> None:
    out = tmp_path / "out.zip"
    out.write_text("an older one")
    with pytest.raises(CommandError, match=said):
        command("export", *words, "--out", str(out))
    assert out.read_text() == "an older one"
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_is_no_file(command: Command, project: Project, tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "nowhere" / "out.zip"):
        with pytest.raises(CommandError, match="must name a file"):
            command("export", "Street", "--format", "coco", "--out", str(out))


def test_every_option_is_a_flag(
    command: Command, project: Project, add_image: AddImage, keep: Keep, tmp_path: Path
) -> None:
    """The same models make the flags, the form and the API: a filter, a split, a choice, a yes."""
    image = add_image("a.png")
    keep(image, box(1, 1, 4, 4))
    keep(add_image("b.png"), box(1, 1, 4, 4))
    out = tmp_path / "out.zip"
    command(
        "export", "Street", "--format", "coco", "--out", str(out), "--images", "all", "--filter", "q=a.",
        "--split", "hash", "--val", "100", "--segmentation", "polygons", "--include-images", "--only", str(image.pk),
    )  # fmt: skip
    found = Zip(out.read_bytes()).json("manifest.json")
    assert found["splits"] == {"val": 1}
    assert found["options"] == {
        "images": "all", "sets": "main", "include_images": True, "split": "hash", "val": 100, "test": 0,
        "filter": {**found["options"]["filter"], "q": "a."}, "only": [image.pk], "segmentation": "polygons",
        "fill": "coco",
    }  # fmt: skip
    with pytest.raises(CommandError, match="segmentation"):
        command("export", "Street", "--format", "coco", "--out", str(out), "--segmentation", "circles")


def test_what_would_be_lost(command: Command, project: Project, add_image: AddImage, keep: Keep) -> None:
    image = add_image("a.png")
    keep(image, box(1, 1, 4, 4))
    keep(image, box(2, 2, 4, 4))
    said = command("export", "Street", "--format", "png", "--dry-run")
    assert "1 image, 2 objects" in said
    assert "lost: 2 objects share pixels with others: the upper one gets these pixels" in said


def test_a_version_is_kept_in_the_project(
    command: Command, project: Project, add_image: AddImage, keep: Keep, tmp_path: Path
) -> None:
    keep(add_image("a.png"), box(1, 1, 4, 4))
    out = tmp_path / "out.zip"
    said = command("export", "Street", "--format", "coco", "--freeze", "spring", "--out", str(out))
    export = Export.objects.get()
    assert (export.name, export.state, export.created_by) == ("spring", "ready", project.created_by)
    assert hashlib.sha256(out.read_bytes()).hexdigest() == export.sha256
    assert export.sha256 in said
    with pytest.raises(CommandError, match="There is a version “Spring” already"):
        command("export", "Street", "--format", "coco", "--freeze", "Spring")
    with pytest.raises(CommandError, match="--out FILE.zip, or --freeze NAME"):
        command("export", "Street", "--format", "coco")


def test_a_filter_that_is_none_is_told(command: Command, project: Project, tmp_path: Path) -> None:
    out = str(tmp_path / "out.zip")
    with pytest.raises(CommandError, match="filter.colour: there is no such field"):
        command("export", "Street", "--format", "coco", "--filter", "colour=red", "--out", out)
