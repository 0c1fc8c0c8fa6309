"""Cityscapes: instance ids, polygons, crowds, and files that are not as they should be."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labeling import masks
from labeling.exchange.codecs import index_png
from labeling.exchange.models import Import
from labeling.projects.models import Project
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

STEM = "val/ulm/ulm_000001_000019"
ONE, TWO, THREE = box(1, 1, 4, 4), box(9, 9, 5, 5), box(20, 20, 3, 3)


def ids(values: Any = None) -> bytes:
    values = ONE * 24001 + TWO * 24 + THREE * 7 if values is None else values
    return index_png.write(np.asarray(values, np.uint16))


def polygons(*objects: Any, **more: Any) -> dict[str, Any]:
    return {"imgHeight": HEIGHT, "imgWidth": WIDTH, "objects": list(objects)} | more


def square(label: Any, at: int = 2, **more: Any) -> dict[str, Any]:
    return {"label": label, "polygon": [[at, 2], [at + 4, 2], [at + 4, 5], [at, 5]], **more}


def files(name: str, content: Any, stem: str = STEM) -> dict[str, Any]:
    return {f"gtFine/{stem}_gtFine_{name}": content}


@pytest.mark.parametrize("root", ["", "cityscapes/"])
@pytest.mark.parametrize(
    "name", ["leftImg8bit/val/ulm/ulm_000001_000019_leftImg8bit.png", "ulm_000001_000019_leftImg8bit.jpg",
             "ulm/ulm_000001_000019.png"],
)  # fmt: skip
def test_values_are_classes_instances_and_crowds(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path, root: str, name: str
) -> None:
    image = add_image(name)
    given = files("instanceIds.png", ids()) | files("labelIds.png", b"") | files("color.png", b"")
    path = dataset(tmp_path, {root + key: content for key, content in given.items()})
    row = bring_in(path, "cityscapes", create=True)
    assert (row.report["defects"], row.report["notes"], row.report["new_images"]) == ([], [], 0)
    assert [(one.category.name, one.crowd, one.counts) for one in imported(image)] == [
        ("road", False, masks.encode(THREE)), ("person", True, masks.encode(TWO)),
        ("person", False, masks.encode(ONE)),
    ]  # fmt: skip
    assert row.report["splits"] == {"val": 1}
    assert {one["name"] for one in row.report["classes"]} == {"road", "person"}


def test_polygons_are_painted_in_order(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path
) -> None:
    image = add_image("ulm_000001_000019.jpg")
    objects = [square("cargroup"), square("rider", 8, deleted=1), square("my own", 14), square("sky", 3)]
    given = files("polygons.json", polygons(*objects)) | files("instanceIds.png", ids())
    row = bring_in(dataset(tmp_path, given), "cityscapes", labels="polygons")
    assert row.report["defects"] == []
    assert [(one.category.name, one.crowd, one.counts) for one in imported(image)] == [
        ("car", True, masks.encode(box(2, 2, 5, 4))), ("my own", False, masks.encode(box(14, 2, 5, 4))),
        ("sky", False, masks.encode(box(3, 2, 5, 4))),
    ]  # fmt: skip
    assert project.categories.get(name="sky").kind == "stuff"


def test_each_defect_is_told_and_the_rest_is_imported(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    stems = [f"val/ulm/ulm_00000{at}_000019" for at in range(7)]
    images = [add_image(f"{Path(stem).name}.png") for stem in stems[:-1]]
    defective = [
        (7, "no label"), ({"label": 7}, "no label"), ({"label": "car"}, "polygon is (missing)"),
        ({"label": "car", "polygon": [[1, 2], 3]}, "polygon is list"),
        ({"label": "car", "polygon": [[1, 2], [3, 4]]}, "2 points"),
        ({"label": "car", "polygon": [[1, 2], [float("nan"), 4], [5, 6]]}, "not a finite"),
        ({"label": "car", "polygon": [[-9, -9], [-8, -8], [-9, -8]]}, "no pixel"),
    ]  # fmt: skip
    contents = [
        ("instanceIds.png", ids(ONE * 99 + TWO * 65000)), ("instanceIds.png", ids(np.zeros((2, 2)))),
        ("instanceIds.png", index_png.write(np.zeros((HEIGHT, WIDTH, 3), np.uint8))), ("polygons.json", "{"),
        ("polygons.json", polygons(imgWidth=2048)),
        ("polygons.json", polygons(*[one for one, _ in defective], square("car"))), ("polygons.json", "{}"),
    ]  # fmt: skip
    given: dict[str, Any] = {}
    for stem, (name, content) in zip(stems, contents, strict=True):
        given |= files(name, content, stem)
    row = bring_in(dataset(tmp_path, given), "cityscapes", skip_defects=True)
    expect_told(
        row, ("value 99", "99 is not the id"), ("value 65000", "65 is not the id"), ("instanceIds.png", "has 2 × 2"),
        ("instanceIds.png", "in colours"), ("polygons.json", "not valid JSON"),
        ("polygons.json", f"labels are for 2048 × {HEIGHT}"),
        *((f"object {at}", part) for at, (_, part) in enumerate(defective, 1)),
        ("polygons.json", "has no image “leftImg8bit/val/ulm/ulm_000006_000019_leftImg8bit”"),
    )  # fmt: skip
    assert [len(imported(one)) for one in images] == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"gtFine/a_gtFine_labelIds.png": b""}, "no file gtFine/"),
        (files("polygons.json", polygons()) | {"labels.json": {"labels": 7}}, "labels.json has no list “labels”"),
        (files("polygons.json", polygons()) | {"files.json": "[" * 100_000}, "nested too deeply"),
    ],
)
def test_what_is_no_dataset_is_refused(
    project: Project, bring_in: BringIn, tmp_path: Path, given: dict[str, Any], reason: str
) -> None:
    row = bring_in(dataset(tmp_path, given), "cityscapes")
    assert row.state == Import.State.FAILED
    assert reason in row.reason


def test_labels_of_an_export_may_be_defective(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("x.png")
    labels = [{"name": "cup", "id": 24, "color": [1, 2], "hasInstances": True}, {"name": "a"}, 7, {"id": 1}]
    given = files("instanceIds.png", ids(ONE * 24000)) | {
        "labels.json": {"labels": labels}, "files.json": {"ulm_000001_000019": "x.jpg", "y": 7},
    }  # fmt: skip
    row = bring_in(dataset(tmp_path, given), "cityscapes", skip_defects=True)
    assert [one.category.name for one in imported(image)] == ["cup"]
    expect_told(row, *((f"place {at}", "no name or no id") for at in (2, 3, 4)))
