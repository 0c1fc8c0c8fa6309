"""Pascal VOC: palettes and colours, lists of classes, void, and files that are not as they should be."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labeling import masks
from labeling.exchange.codecs import index_png
from labeling.exchange.models import Import
from labeling.projects.models import Project
from tests.exchange.conftest import AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

ONE, TWO = box(1, 1, 4, 4), box(9, 9, 5, 5)
CLASSES = ONE * 2 + TWO * 1
OBJECTS = ONE * 1 + TWO * 2
PALETTE = index_png.voc_palette()
MAP = "# label:color_rgb:parts:actions\nbackground:::\ncup:::\nsand:::\n"


def palette(values: Any) -> bytes:
    return index_png.write(np.asarray(values, np.uint8), PALETTE)


def colors(values: Any, table: Any = PALETTE) -> bytes:
    return index_png.write(np.asarray(table, np.uint8)[values])


def voc(classes: bytes, objects: bytes | None, root: str = "", **more: Any) -> dict[str, Any]:
    files: dict[str, Any] = {f"{root}SegmentationClass/a.png": classes, f"{root}labelmap.txt": MAP, **more}
    return files if objects is None else {**files, f"{root}SegmentationObject/a.png": objects}


@pytest.mark.parametrize(
    "files",
    [
        voc(palette(CLASSES), palette(OBJECTS)),
        voc(colors(CLASSES), colors(OBJECTS), root="VOCdevkit/VOC2012/"),
        voc(index_png.write(CLASSES.astype(np.uint8)), index_png.write(OBJECTS.astype(np.uint16))),
        # CVAT: colours of its own, the background anywhere; objects in any colours
        voc(colors(CLASSES, [[0, 0, 0], [9, 8, 7], [200, 1, 1]]), colors(OBJECTS, [[0, 0, 0], [1, 1, 1], [1, 1, 9]]))
        | {"labelmap.txt": "cup:9,8,7::\nbackground:0,0,0::\nsand:200,1,1::\n"},
        # labelme2voc: names alone
        voc(palette(CLASSES), palette(OBJECTS)) | {"labelmap.txt": "", "x/class_names.txt": ""},
    ],
    ids=["palette", "rgb", "grey", "colours of cvat", "empty list"],
)
def test_objects_have_the_class_that_is_under_them(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path, files: dict[str, Any]
) -> None:
    if not files.get("labelmap.txt", MAP):
        del files["labelmap.txt"]
        files["x/class_names.txt"] = "__ignore__\n_background_\ncup\nsand\n"
    image = add_image("a.jpg")
    row = bring_in(dataset(tmp_path, files), "voc", create=True)
    assert (row.report["defects"], row.report["notes"], row.report["new_images"]) == ([], [], 0)
    assert [(one.category.name, one.counts) for one in imported(image)] == [
        ("sand", masks.encode(ONE)), ("cup", masks.encode(TWO)),
    ]  # fmt: skip


@pytest.mark.parametrize("write", [palette, colors])
def test_void_belongs_to_no_object(add_image: AddImage, bring_in: BringIn, tmp_path: Path, write: Any) -> None:
    image = add_image("a.jpg")
    void = box(3, 3, 8, 8)
    classes, objects = np.where(void, 255, CLASSES), np.where(void, 255, OBJECTS)
    row = bring_in(dataset(tmp_path, voc(write(classes), write(OBJECTS))), "voc")
    right = [masks.encode(ONE & ~void), masks.encode(TWO & ~void)]
    assert [one.counts for one in imported(image)] == right
    row = bring_in(dataset(tmp_path, voc(write(CLASSES), write(objects))), "voc", labeled="replace")
    assert [one.counts for one in imported(image)] == right
    assert row.report["defects"] == row.report["notes"] == []


def test_without_objects_each_class_is_one(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.jpg")
    row = bring_in(dataset(tmp_path, voc(palette(CLASSES), None)), "voc")
    assert [one.category.name for one in imported(image)] == ["cup", "sand"]
    expect_told(row, ("", "Each class of an image is one object"), what="notes")


def test_what_both_pngs_say_differently_is_told(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.jpg")
    three = box(30, 1, 2, 2)
    classes = CLASSES + three * 1 + box(1, 5, 4, 1) * 1
    objects = np.where(box(1, 5, 4, 1), 1, OBJECTS) + box(40, 30, 1, 1) * 3
    row = bring_in(dataset(tmp_path, voc(palette(classes), palette(objects))), "voc", skip_defects=True)
    assert [(one.category.name, one.counts) for one in imported(image)] == [
        ("cup", masks.encode(three)), ("sand", masks.encode(ONE | box(1, 5, 4, 1))), ("cup", masks.encode(TWO)),
    ]  # fmt: skip
    expect_told(
        row, ("class 1", "no object in SegmentationObject/a.png"), ("object 1", "4 of its 20 pixels"), what="notes"
    )
    expect_told(row, ("object 3", "has background where it is"))


def test_subsets_and_what_is_listed_and_not_there(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    add_image("day/größe.jpg")
    add_image("b.jpg")
    names = {f"SegmentationClass/{name}.png": palette(CLASSES) for name in ("day/größe", "b")}
    lists = {"train": "day/größe\n", "val": "b\ngone\n", "trainval": "day/größe\nb\n", "default": "b\n"}
    files = names | {f"ImageSets/Segmentation/{name}.txt": text for name, text in lists.items()}
    row = bring_in(dataset(tmp_path, files | {"labelmap.txt": MAP}), "voc", skip_defects=True)
    assert row.report["splits"] == {"train": 1, "val": 1}
    expect_told(row, ("val.txt, gone", "is listed, and has no PNG"))


def test_each_defect_is_told_and_the_rest_is_imported(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    names = ["a", "b", "c", "d", "e"]
    images = [add_image(f"{name}.jpg") for name in names]
    unknown = np.where(TWO, 7, CLASSES)
    contents = [palette(CLASSES), palette(np.zeros((9, 9))), b"GIF89a", colors(unknown), palette(unknown)]
    files: dict[str, Any] = {
        f"SegmentationClass/{name}.png": one for name, one in zip(names, contents, strict=True)
    } | {f"SegmentationObject/{name}.png": palette(OBJECTS) for name in [*names, "f"]}
    files |= {"SegmentationClass/gone.png": palette(CLASSES), "labelmap.txt": MAP + "tree:1,2:x\n"}
    row = bring_in(dataset(tmp_path, files), "voc", skip_defects=True)
    expect_told(
        row, ("SegmentationObject/f.png", "no PNG in SegmentationClass"), ("b.png", "has 9 × 9"),
        ("c.png", "not a PNG"), ("d.png", "colour 128, 128, 128 belongs to no class"),
        ("e.png, object 2", "class 7 is not in the list"), ("gone.png", "no image “gone”"),
    )  # fmt: skip
    assert [len(imported(one)) for one in images] == [2, 0, 0, 0, 1]
    expect_told(row, ("labelmap.txt, line 5", "not three numbers"), what="notes")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"SegmentationObject/a.png": b"x"}, "no PNG in a folder SegmentationClass"),
        ({"SegmentationClass/a.png": b"x", "labelmap.txt": b"\xff\xfe"}, "labelmap.txt is not UTF-8"),
        ({"SegmentationClass/a.png": b"x", "labelmap.txt": "x" * (17 * 1024**2)}, "labelmap.txt is larger than"),
    ],
)
def test_what_is_no_dataset_is_refused(
    project: Project, bring_in: BringIn, tmp_path: Path, files: dict[str, Any], reason: str
) -> None:
    row = bring_in(dataset(tmp_path, files), "voc")
    assert row.state == Import.State.FAILED
    assert reason in row.reason
