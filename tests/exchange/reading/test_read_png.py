"""PNG masks: our legend, KITTI's and MOTS' numbers, and files that are not as they should be."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labeling import masks
from labeling.annotations.models import Annotation
from labeling.exchange.codecs import index_png
from labeling.exchange.models import Import
from labeling.projects.models import Project
from tests.exchange.conftest import AddImage, Keep, MakeZip, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

ONE, TWO = box(1, 1, 4, 4), box(9, 9, 5, 5)
COLORS = "0 0 0 background\n10 20 30 traffic light\n1 2 3 sand\n"


def grey(values: Any, kind: Any = np.uint16) -> bytes:
    return index_png.write(np.asarray(values, kind))


def legend(*objects: Any, **more: Any) -> dict[str, Any]:
    classes = [{"index": 4, "name": "cup", "color": "#0102ff", "kind": "stuff"}, {"index": None}]
    image = {"file_name": "a.png", "original": "b.png", "instances": "instances/a.png", "objects": list(objects)}
    return {"classes": classes, "images": [image | more]}


def thing(instance: Any, category: Any = 4, **more: Any) -> dict[str, Any]:
    return {"instance": instance, "class": category, **more}


def test_an_export_brings_back_the_ids_of_its_objects(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, bring_in: BringIn, tmp_path: Path
) -> None:
    image = add_image("a.png")
    kept = [keep(image, ONE, 1), keep(image, TWO, 2), keep(image, TWO, 1)]
    make_zip("png")
    Annotation.objects.all().delete()
    row = bring_in(tmp_path / "out.zip", "png", skip_defects=True)
    assert [one.uid for one in imported(image)] == [kept[0].uid, kept[2].uid]
    expect_told(row, ("object 2", "no pixel of it is left"[3:]))


def test_each_defect_of_a_legend_is_told(project: Project, add_image: AddImage, bring_in: BringIn,
                                         tmp_path: Path) -> None:  # fmt: skip
    image = add_image("b.png")
    content = legend(thing(1), thing(2, 9), thing(1), thing("3"), 7)
    content["images"] += [7, {"file_name": "b.png", "instances": "instances/gone.png"}]
    content["images"].insert(0, {"file_name": "gone.png", "instances": "x"})
    values = ONE * 1 + TWO * 2 + box(20, 20, 1, 1) * 77
    row = bring_in(dataset(tmp_path, {"legend.json": content, "instances/a.png": grey(values)}), "png",
                   skip_defects=True)  # fmt: skip
    expect_told(
        row, ("class at place 2", "no index or no name"), ("image gone.png", "no image “gone.png”"),
        ("object 2", "class 9 is not"), ("object 1", "pixel of it is left"), ("at place 4", "pixel of it"),
        ("at place 5", "pixel of it"), ("instances/a.png", "Number 2 has pixels"),
        ("instances/a.png", "Number 77 has pixels"), ("at place 3", "no file_name"),
        ("instances/gone.png", "does not have it"), ("b.png", "there twice"),
    )  # fmt: skip
    assert [one.counts for one in imported(image)] == [masks.encode(ONE)]
    assert project.categories.get(name="cup").kind == "stuff"


@pytest.mark.parametrize(("divisor", "folder"), [(256, "train/instance"), (1000, "train/instances")])
def test_numbers_of_instances_have_the_class(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, divisor: int, folder: str
) -> None:
    image = add_image("day/a.1.jpg")
    values = ONE * (2 * divisor + 5) + TWO * (divisor + 1)
    files = {f"{folder}/day/a.1.png": grey(values), "train/semantic/day/a.1.png": grey(values // divisor),
             "label_colors.txt": COLORS}  # fmt: skip
    row = bring_in(dataset(tmp_path, files), "png", numbers="kitti" if divisor == 256 else "mots", create=True)
    assert (row.report["defects"], row.report["notes"], row.report["new_images"]) == ([], [], 0)
    assert [(one.category.name, one.counts) for one in imported(image)] == [
        ("traffic light", masks.encode(TWO)), ("sand", masks.encode(ONE)),
    ]  # fmt: skip
    assert row.report["splits"] == {"train": 1}


@pytest.mark.parametrize("in_colors", [False, True])
def test_classes_alone_are_one_object_each(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, in_colors: bool
) -> None:
    image = add_image("a.jpg")
    classes = ONE * 2 + TWO * 1
    table = np.array([[0, 0, 0], [10, 20, 30], [1, 2, 3]], np.uint8)
    png = index_png.write(table[classes]) if in_colors else grey(np.where(box(30, 1, 2, 2), 255, classes), np.uint8)
    row = bring_in(dataset(tmp_path, {"semantic/a.png": png, "label_colors.txt": COLORS}), "png")
    assert [one.category.name for one in imported(image)] == ["traffic light", "sand"]
    expect_told(row, ("semantic/a.png", "no PNG of instances"), what="notes")


def test_each_defect_is_told_and_the_rest_is_imported(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    images = [add_image(f"{name}.jpg") for name in "abc"]
    values = ONE * 257 + TWO * (9 * 256) + box(20, 20, 1, 1) * 3
    files = {
        "instance/a.png": grey(values), "instance/b.png": grey(np.zeros((2, 2))), "semantic/c.png": b"\xff\xd8",
        "instance/gone.png": b"", "label_colors.txt": COLORS + "1 2 tree\n300 1 1 sky\n",
    }  # fmt: skip
    row = bring_in(dataset(tmp_path, files), "png", skip_defects=True)
    expect_told(
        row, ("row 4", "is not “r g b name”"), ("row 5", "is not “r g b name”"), ("value 3", "no class"),
        ("value 2304", "class 9 is not in"), ("b.png", "has 2 × 2"), ("c.png", "is not a PNG"),
        ("gone.png", "no image “gone”"),
    )  # fmt: skip
    assert [len(imported(one)) for one in images] == [1, 0, 0]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.png": b""}, "no legend.json, and no PNG in a folder instance or semantic"),
        ({"instance/a.png": b""}, "no label_colors.txt"),
        ({"legend.json": {"classes": []}}, "no lists “classes” and “images”"),
        ({"legend.json": "[" * 100_000}, "nested too deeply"),
        ({"instance/a.png": b"", "label_colors.txt": "x" * 2_000_000}, "label_colors.txt is larger than"),
    ],
)
def test_what_is_no_dataset_is_refused(
    project: Project, bring_in: BringIn, tmp_path: Path, files: dict[str, Any], reason: str
) -> None:
    row = bring_in(dataset(tmp_path, files), "png")
    assert row.state == Import.State.FAILED
    assert reason in row.reason
