"""Datumaro JSON: groups, orders, polygons, and files that are not as they should be."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labeling import masks
from labeling.exchange.models import Import
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once


def rle(bits: masks.Bits, label: Any = 0, **more: Any) -> dict[str, Any]:
    counts = {"size": list(bits.shape), "counts": masks.encode(bits)}
    return {"type": "mask", "label_id": label, "rle": counts, **more}


def file(*items: Any, labels: Any = ("car", "tree")) -> dict[str, Any]:
    names = [{"name": name} for name in labels]
    colors = [{"label_id": 1, "r": 1, "g": 2, "b": 255}, {"label_id": 0, "r": -1, "g": 0, "b": 0}, 7]
    return {"categories": {"label": {"labels": names}, "mask": {"colormap": colors}}, "items": list(items)}


def item(*annotations: Any, path: Any = "a.png", **more: Any) -> dict[str, Any]:
    return {"id": "a", "image": {"path": path}, "annotations": list(annotations), **more}


def test_the_higher_is_on_top_and_groups_are_one(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    bits = [box(at * 5, 0, 3, 3) for at in range(5)]
    given = [
        rle(bits[0], 0, z_order=5), rle(bits[1], 1, z_order=-1, group=3), rle(bits[2], 1, z_order=2, group=3),
        rle(bits[3], 0, z_order=2, group=3), rle(bits[4], 0, z_order=float("nan")),
    ]  # fmt: skip
    row = bring_in(dataset(tmp_path, {"annotations/val.json": file(item(*given))}), "datumaro")
    assert row.state == Import.State.DONE
    found = [(one.category.name, one.counts) for one in imported(image)]
    assert found == [
        ("tree", masks.encode(bits[1] | bits[2])), ("car", masks.encode(bits[4])), ("car", masks.encode(bits[3])),
        ("car", masks.encode(bits[0])),
    ]  # fmt: skip
    expect_told(row, ("item a, annotation 2", "2 masks of “tree” are one object"), what="notes")
    assert row.report["splits"] == {"val": 1}
    assert {one["name"]: one["color"] for one in row.report["classes"]} == {"car": "", "tree": "#0102ff"}


def test_polygons_are_filled_by_the_chosen_rule(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    polygon = {"type": "polygon", "label_id": 0, "points": [2, 2, 6, 2, 6, 5, 2, 5]}
    path = dataset(tmp_path, {"x.json": file(item(polygon))})
    for fill, bits in (("coco", box(2, 2, 4, 3)), ("opencv", box(2, 2, 5, 4))):
        bring_in(path, "datumaro", fill=fill, labeled="replace")
        assert [one.counts for one in imported(image)] == [masks.encode(bits)]


def test_each_defect_is_told_and_the_rest_is_imported(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    good = rle(box(1, 1, 2, 2))
    small = rle(np.ones((3, 3), bool))
    defective: list[tuple[Any, str]] = [
        (rle(box(1, 1, 2, 2), 7), "its class 7"), (rle(box(1, 1, 2, 2), None), "class (missing)"),
        (rle(box(1, 1, 2, 2), True), "class True"), ({"type": "bbox", "label_id": 0, "bbox": [1, 2, 3, 4]}, "a bbox"),
        ({"type": "label", "label_id": 0}, "a label"), ("mask", "not an object"), (small, "for 3 × 3"),
        ({"type": "mask", "label_id": 0}, "no counts"), (rle(box(0, 0, 0, 0)), "no pixel"),
        ({"type": "polygon", "label_id": 0, "points": [1, 2, 3]}, "odd number"),
        ({"type": "polygon", "label_id": 0, "points": [float("nan")] * 6}, "not a finite"),
        ({"type": "polygon", "label_id": 0}, "number"), ({"type": ["x"], "label_id": 0}, "a list"),
    ]  # fmt: skip
    content = file(
        item(*[one for one, _ in defective], good), "item", {"annotations": []}, {"id": "gone", "annotations": []},
        item(path="b.png", annotations=None), labels=("car", " "),
    )  # fmt: skip
    add_image("b.png")
    row = bring_in(dataset(tmp_path, {"x.json": content}), "datumaro", skip_defects=True)
    expect_told(
        row, ("x.json, class 1", "no name"),
        *((f"item a, annotation {at}", part[1:]) for at, (_, part) in enumerate(defective, 1)),
        ("item at place 2", "not an object"), ("item at place 3", "no id"), ("item gone", "no image “gone”"),
        ("item a", "no list “annotations”"),
    )  # fmt: skip
    assert [one.counts for one in imported(image)] == [masks.encode(box(1, 1, 2, 2))]


def test_places_in_another_picture_are_not_taken(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    """A mask says its own size; a polygon has only that of the item."""
    image = add_image("a.png")
    polygon = {"type": "polygon", "label_id": 0, "points": [2, 2, 6, 2, 6, 5]}
    given = item(rle(box(1, 1, 2, 2)), polygon)
    given["image"]["size"] = [WIDTH, HEIGHT]
    row = bring_in(dataset(tmp_path, {"x.json": file(given)}), "datumaro", skip_defects=True)
    assert len(imported(image)) == 1
    expect_told(row, ("annotation 2", "another size"))
    expect_told(row, ("item a", f"It says {HEIGHT} × {WIDTH}"), what="notes")


def test_an_item_without_a_path_is_found_by_its_id(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image, _ = add_image("day/street.1.png"), add_image("street.png")
    given = {"id": "day/street.1", "annotations": [rle(box(1, 1, 2, 2))]}
    assert bring_in(dataset(tmp_path, {"x.json": file(given)}), "datumaro").added == 1
    assert len(imported(image)) == 1


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "has no .json file"),
        ({"x.json": {"images": []}}, "x.json has no list “items”, so it is not Datumaro JSON"),
        ({"x.json": {"items": []}}, "no object “categories”"),
        ({"x.json": "[" * 100_000}, "nested too deeply"),
        ({"x.json": '{"items": [1'}, "not valid JSON"),
        ({"x.json": b"\xff\xfe"}, "not UTF-8"),
        ({"x.json": file()}, "names no image"),
    ],
)
def test_what_is_no_dataset_is_refused(
    project: Any, bring_in: BringIn, tmp_path: Path, files: dict[str, Any], reason: str
) -> None:
    row = bring_in(dataset(tmp_path, files), "datumaro")
    assert row.state == Import.State.FAILED
    assert reason in row.reason


def test_other_files_are_noted_and_damaged_ones_told(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    add_image("a.png")
    good = file(item(rle(box(1, 1, 2, 2))))
    files = {"a.json": "{", "b.json": {"renamed": 1}, "c.json": good}
    row = bring_in(dataset(tmp_path, files), "datumaro", skip_defects=True)
    assert row.added == 1
    expect_told(row, ("a.json", "not valid JSON"))
    expect_told(row, ("b.json", "no list “items”"), what="notes")
