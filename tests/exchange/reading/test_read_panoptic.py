"""COCO panoptic: PNGs that are found, segments, and files that are not as they should be."""

import struct
import zlib
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

ONE, TWO = box(1, 1, 4, 4), box(9, 9, 5, 5)


def png(*segments: tuple[int, masks.Bits], size: tuple[int, int] = (HEIGHT, WIDTH)) -> bytes:
    ids = np.zeros(size, np.uint32)
    for number, bits in segments:
        ids[bits] = number
    return index_png.write(np.dstack([ids & 255, ids >> 8 & 255, ids >> 16]).astype(np.uint8))


def file(*segments: dict[str, Any], isthing: tuple[int, int] = (1, 0), **more: Any) -> dict[str, Any]:
    classes = [
        {"id": at + 1, "name": name, "isthing": thing, "color": [at, 2, 3]}
        for at, (name, thing) in enumerate(zip(("cup", "sand"), isthing, strict=True))
    ]
    images = [{"id": 7, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT}]
    annotations = [{"image_id": 7, "file_name": "a.png", "segments_info": list(segments)}]
    return {"images": images, "annotations": annotations, "categories": classes, **more}


def segment(number: Any, category: Any = 1, **more: Any) -> dict[str, Any]:
    return {"id": number, "category_id": category, **more}


@pytest.mark.parametrize(
    ("json_name", "png_name"),
    [
        ("annotations/panoptic_val2017.json", "annotations/panoptic_val2017/a.png"),
        ("annotations/panoptic_val2017.json", "panoptic_val2017/a.png"),
        ("panoptic_val2017.json", "a.png"),
        ("panoptic_val2017.json", "somewhere/else/a.png"),
    ],
)
def test_segments_keep_order_class_and_crowd(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path, json_name: str, png_name: str
) -> None:
    image = add_image("a.jpg")
    content = file(segment(70_000, 2), segment(300, 1, iscrowd=1))
    path = dataset(tmp_path, {json_name: content, png_name: png((300, ONE), (70_000, TWO))})
    row = bring_in(path, "panoptic", create=True)
    assert (row.report["defects"], row.report["new_images"]) == ([], 0)
    assert [(one.category.name, one.category.kind, one.counts, one.crowd) for one in imported(image)] == [
        ("sand", "stuff", masks.encode(TWO), False), ("cup", "thing", masks.encode(ONE), True),
    ]  # fmt: skip
    assert row.report["splits"] == {"val2017": 1}


def test_no_thing_at_all_is_not_believed(project: Project, add_image: AddImage, bring_in: BringIn,
                                         tmp_path: Path) -> None:  # fmt: skip
    add_image("a.jpg")
    path = dataset(tmp_path, {"p.json": file(segment(1), isthing=(0, 0)), "a.png": png((1, ONE))})
    row = bring_in(path, "panoptic")
    assert project.categories.get(name="cup").kind == "thing"
    expect_told(row, ("p.json", "No class is a thing"), what="notes")


def test_each_defect_is_told_and_the_rest_is_imported(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.jpg")
    content = file(
        segment(1), segment(1), segment(2, 99), segment(3), segment(None), segment(True), segment("4"), segment([1]),
    )  # fmt: skip
    content["segments"] = 7
    content["annotations"] += [
        {"image_id": 7, "file_name": "a.png"}, {"image_id": 8, "file_name": "a.png"},
        {"image_id": 9, "file_name": "../a.png"}, {"image_id": 10, "file_name": None},
    ]  # fmt: skip
    content["images"] += [{"id": 9, "file_name": "a.jpg"}, {"id": 10, "file_name": "a.jpg"}, {"id": 10}, {"id": [1]}]
    content["categories"].append({"id": 1, "name": "again"})
    path = dataset(tmp_path, {"p.json": content, "a.png": png((1, ONE), (2, TWO), (5, box(20, 20, 1, 1)))})
    row = bring_in(path, "panoptic", skip_defects=True)
    expect_told(
        row, ("category 1", "too"), ("image 7", "there twice"), ("at place 3", "image 8 is not"),
        ("image 9", "../a.png is not in"), ("image 10", "PNG (missing) is not"), ("segment 1", "no id of its own"),
        ("segment 2", "class 99 is not"), ("segment 3", "has no pixel"), ("at place 5", "no id"),
        ("at place 6", "no id"), ("segment 4", "no id"), ("at place 8", "no id"), ("a.png", "Segment 5 has pixels"),
        ("image 10", "no file_name"), ("at place 5", "no id"),
    )  # fmt: skip
    assert [one.counts for one in imported(image)] == [masks.encode(ONE)]


def palette() -> bytes:
    return index_png.write(ONE.astype(np.uint8), index_png.voc_palette())


def huge() -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (png((1, ONE[:9, :9]), size=(9, 9)), "the PNG has 9 × 9; the picture is"),
        (palette(), "has a palette"), (huge(), "has 60000 × 60000"), (b"\xff\xd8", "not a PNG"),
        (png((1, ONE))[:50], "not a whole PNG"),
    ],
)  # fmt: skip
def test_a_png_that_is_none_leaves_out_its_image(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, content: bytes, reason: str
) -> None:
    image = add_image("a.jpg")
    row = bring_in(dataset(tmp_path, {"p.json": file(segment(1)), "a.png": content}), "panoptic", skip_defects=True)
    expect_told(row, ("a.png", reason[3:]))
    assert not imported(image)


def test_many_segments_without_an_entry_are_told_in_short(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path
) -> None:
    add_image("a.jpg")
    ids = np.arange(HEIGHT * WIDTH, dtype=np.uint32).reshape(HEIGHT, WIDTH)
    content = index_png.write(np.dstack([ids & 255, ids >> 8, ids * 0]).astype(np.uint8))
    row = bring_in(dataset(tmp_path, {"p.json": file(), "a.png": content}), "panoptic", check_only=True)
    assert len(row.report["defects"]) == 21
    assert row.report["defects"][-1]["reason"].startswith(f"{HEIGHT * WIDTH - 21} further segments")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"images": []}, "no list “annotations” of objects, so it is not COCO panoptic"),
        ({"images": [], "categories": [], "annotations": [{"segmentation": []}]}, "no list “segments_info”"),
        ({"images": [7], "categories": [], "annotations": []}, "no list “images” of objects"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_dataset_is_refused(
    project: Project, bring_in: BringIn, tmp_path: Path, content: Any, reason: str
) -> None:
    row = bring_in(dataset(tmp_path, {"p.json": content}), "panoptic")
    assert row.state == Import.State.FAILED
    assert reason in row.reason
