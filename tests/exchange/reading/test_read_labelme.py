"""labelme's JSON: shapes, groups, paths, and files that are not as they should be."""

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labeling import masks
from labeling.exchange.codecs import index_png
from labeling.exchange.models import Import
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once


def png(width: int, height: int, value: int = 1) -> str:
    return base64.b64encode(index_png.write(np.full((height, width), value, np.uint8))).decode()


def mask(x: float, y: float, width: int = 2, height: int = 2, label: Any = "car", **more: Any) -> dict[str, Any]:
    points = [[x, y], [x + width - 1, y + height - 1]]
    return {"label": label, "points": points, "shape_type": "mask", "mask": png(width, height), **more}


def file(*shapes: Any, path: Any = "a.png", **more: Any) -> dict[str, Any]:
    size = {"imageHeight": HEIGHT, "imageWidth": WIDTH}
    return {"version": "5", "flags": {}, "shapes": list(shapes), "imagePath": path, "imageData": None, **size, **more}


def huge_png(width: int, height: int) -> str:
    """A PNG whose header promises pixels that would not fit into memory."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return base64.b64encode(content + zlib.compress(b"\0" * 10_000)).decode()


def test_masks_polygons_and_groups(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    polygon = {"label": "car", "points": [[2, 20], [6, 20], [6, 25.0], [2, 25]], "group_id": None}
    shapes = [mask(1.4, 0.5, group_id=1), mask(9, 9, 3, 3, group_id=1), polygon, mask(20, 0, label="tree", group_id=1)]
    row = bring_in(dataset(tmp_path, {"x.json": file(*shapes)}), "labelme")
    assert [(one.category.name, one.counts) for one in imported(image)] == [
        ("car", masks.encode(box(1, 1, 2, 2) | box(9, 9, 3, 3))), ("car", masks.encode(box(2, 20, 5, 6))),
        ("tree", masks.encode(box(20, 0, 2, 2))),
    ]  # fmt: skip
    expect_told(row, ("x.json, shape 1", "same group_id"), what="notes")


def test_flags_and_descriptions(project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    specs: list[tuple[str, Any]] = [("far", "flag"), ("description", "text"), ("age", "number")]
    save_attributes(project, [AttributeSpec(name=name, kind=kind) for name, kind in specs])
    image = add_image("a.png")
    shapes = [
        mask(0, 0, flags={"far": True, "odd": 7}), mask(4, 0, description="see: bus\nred"),
        mask(8, 0, description="age: 12\nfar: yes"), mask(12, 0, flags=None, description=None),
    ]  # fmt: skip
    row = bring_in(dataset(tmp_path, {"x.json": file(*shapes)}), "labelme")
    assert row.report["defects"] == []
    assert [one.attributes for one in imported(image)] == [
        {"1": True}, {"2": "see: bus\nred"}, {"3": 12, "1": True}, {},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file_name", "path", "found"),
    [
        ("x.json", "..\\images\\day\\a.png", "day/a.png"),
        ("labels/night/x.json", "../../images/night/a.png", "night/a.png"),
        ("night/x.json", "a.png", "night/a.png"),
        ("x.json", "C:\\Users\\me\\b.1.png", "b.1.png"),
        ("b.1.json", None, "b.1.png"),
        ("b.1.json", " ", "b.1.png"),
    ],
)
def test_the_picture_is_found_from_the_file(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, file_name: str, path: Any, found: str
) -> None:
    images = {name: add_image(name) for name in ("day/a.png", "night/a.png", "b.1.png", "b.png")}
    row = bring_in(dataset(tmp_path, {file_name: file(mask(1, 1), path=path)}), "labelme")
    assert row.report["defects"] == []
    assert {name for name, image in images.items() if imported(image)} == {found}


def test_each_defect_is_told_and_the_rest_is_imported(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    jpeg = base64.b64encode(b"\xff\xd8\xff\xe0 no png at all").decode()
    polygon = {"label": "car", "points": [[1, 1], [5, 1], [5, 5]]}
    defective: list[tuple[Any, str]] = [
        (7, "not an object"), (mask(1, 1, label=None), "no label"), (mask(1, 1, mask=None), "no mask"),
        (mask(1, 1, mask="%%%"), "not base64"), (mask(1, 1, mask=jpeg), "not a PNG"), (mask(WIDTH, 1), "not inside"),
        (mask(1, 1, mask=png(2, 2)[:60]), "not a whole PNG"), (mask(1, 1, mask=png(2, 2, 0)), "no pixel"),
        (mask(1, 1, mask=huge_png(60_000, 60_000)), "has 60000 × 60000"),
        (mask(float("nan"), 1), "two corners"), (mask(1, 1, points=[[1, 1]]), "two corners"),
        (mask(1, 1, points=[1, 1]), "no list of pairs"), (mask(10**400, 1), "two corners"),
        ({**polygon, "shape_type": "rectangle"}, "is a rectangle"), ({**polygon, "points": None}, "no list of pairs"),
        ({**polygon, "points": [[1, 1], [float("inf"), 1], [5, 5]]}, "not a finite"),
        ({**polygon, "points": [[1, 1], ["2", 1], [5, 5]]}, "not a number"), ({**polygon, "points": []}, "0 points"),
    ]  # fmt: skip
    content = file(*[one for one, _ in defective], mask(5, 5))
    row = bring_in(dataset(tmp_path, {"x.json": content}), "labelme", skip_defects=True)
    expect_told(row, *((f"shape {at}", part[1:]) for at, (_, part) in enumerate(defective, 1)))
    assert [one.counts for one in imported(image)] == [masks.encode(box(5, 5, 2, 2))]


def test_what_is_outside_is_cut_off_and_noted(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    row = bring_in(dataset(tmp_path, {"x.json": file(mask(-1, HEIGHT - 1, 3, 4))}), "labelme")
    assert [one.counts for one in imported(image)] == [masks.encode(box(0, HEIGHT - 1, 2, 1))]
    expect_told(row, ("shape 1", "cut off at"), what="notes")


def test_shapes_of_another_picture_are_refused(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    row = bring_in(dataset(tmp_path, {"x.json": file(mask(1, 1), imageWidth=2 * WIDTH)}), "labelme", skip_defects=True)
    assert not imported(image)
    expect_told(row, ("x.json", f"labels are for {2 * WIDTH} × {HEIGHT}"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"images": []}, "x.json has no list “shapes”, so it is not a file of labelme"),
        ("[" * 100_000, "nested too deeply"),
        ('{"shapes": [', "not valid JSON"),
    ],
)
def test_what_is_no_dataset_is_refused(
    project: Project, bring_in: BringIn, tmp_path: Path, content: Any, reason: str
) -> None:
    row = bring_in(dataset(tmp_path, {"x.json": content}), "labelme")
    assert row.state == Import.State.FAILED
    assert reason in row.reason


def test_one_damaged_file_of_many_is_told(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    files = {"a.json": file(mask(1, 1)), "b.json": "{", "c.json": file(mask(1, 1), path="gone.png")}
    row = bring_in(dataset(tmp_path, files), "labelme", skip_defects=True)
    expect_told(row, ("b.json", "not valid JSON"), ("c.json", "no image “gone.png”"))
    assert len(imported(image)) == 1
