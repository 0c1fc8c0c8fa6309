"""Label Studio's JSON: addresses of images, annotations of several people, and files that are not as they should be."""

import json
from pathlib import Path
from typing import Any

import pytest

from labeling import masks
from labeling.exchange.codecs import brush
from labeling.exchange.models import Import
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

SIZE = {"original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}


def region(bits: masks.Bits, number: Any = "r", label: Any = "car", **more: Any) -> dict[str, Any]:
    rle = brush.of(masks.encode(bits), *bits.shape)
    value = {"format": "rle", "rle": rle, "brushlabels": [label]}
    return {"id": number, "type": "brushlabels", "from_name": "tag", **SIZE, "value": value, **more}


def polygon(*points: Any, number: str = "p", **more: Any) -> dict[str, Any]:
    value = {"points": list(points), "closed": True, "polygonlabels": ["car"]}
    return {"id": number, "type": "polygonlabels", **SIZE, "value": value, **more}


def task(*results: Any, image: Any = "a.png", number: Any = 1, **more: Any) -> dict[str, Any]:
    return {"id": number, "data": {"image": image}, "annotations": [{"result": list(results)}], **more}


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("/data/local-files/?d=images/day/gr%C3%B6%C3%9Fe%206.png", "day/größe 6.png"),
        ("/data/local-files/?d=images/day/größe 6.png", "day/größe 6.png"),
        ("/data/upload/3/0a1b2c3d-b.png", "b.png"),
        ("/data/upload/3/0a1b2c3d-a.png", "0a1b2c3d-a.png"),
        ("https://example.org/x/night/a.png?sig=1/2", "night/a.png"),
        ("s3://bucket/day/a%20b.png", "day/a b.png"),
        ("100% #1?.png", "100% #1?.png"),
        ("http://[/day/größe 6.png", "day/größe 6.png"),
    ],
)
def test_the_image_is_found_by_its_address(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, address: str, found: str
) -> None:
    names = ["day/größe 6.png", "night/a.png", "0a1b2c3d-a.png", "b.png", "day/a b.png", "100% #1?.png"]
    images = {name: add_image(name) for name in names}
    path = dataset(tmp_path, {"x.json": [task(region(box(1, 1, 2, 2)), image=address)]})
    row = bring_in(path, "label_studio")
    assert row.report["defects"] == []
    assert {name for name, image in images.items() if imported(image)} == {found}


def test_polygons_are_in_percent(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    """Also on a picture that was larger there; one of another shape is refused."""
    image = add_image("a.png")
    corners = [[25, 25], [50, 25], [50, 50], [25, 50]]
    larger = {"original_width": 2 * WIDTH, "original_height": 2 * HEIGHT}
    turned = {"original_width": HEIGHT, "original_height": WIDTH}
    given = task(polygon(*corners), polygon(*corners, number="q", **larger), polygon(*corners, number="s", **turned))
    row = bring_in(dataset(tmp_path, {"x.json": [given]}), "label_studio", skip_defects=True)
    bits = masks.encode(box(WIDTH // 4, HEIGHT // 4, WIDTH // 4, HEIGHT // 4))
    assert [one.counts for one in imported(image)] == [bits, bits]
    expect_told(row, ("region s", f"is for {HEIGHT} × {WIDTH}"))
    expect_told(row, ("region q", f"It says {2 * WIDTH} × {2 * HEIGHT}"), what="notes")


def test_answers_and_labels_of_one_region(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path
) -> None:
    specs: list[tuple[str, Any]] = [("far", "flag"), ("note", "text"), ("age", "number")]
    save_attributes(project, [AttributeSpec(name=name, kind=kind) for name, kind in specs])
    image = add_image("a.png")
    shape = region(box(1, 1, 2, 2), "r", "tree")
    del shape["value"]["brushlabels"]
    more = [("tag", {"labels": ["tree"]}), ("far", {"choices": ["yes"]}), ("note", {"text": ["a", "b"]}),
            ("age", {"number": 7})]  # fmt: skip
    results = [shape, *({"id": "r", "type": "x", "from_name": name, "value": value} for name, value in more)]
    row = bring_in(dataset(tmp_path, {"x.json": [task(*results)]}), "label_studio")
    assert row.report["defects"] == []
    assert [(one.category.name, one.attributes) for one in imported(image)] == [
        ("tree", {"1": True, "2": "a, b", "3": 7})
    ]


def test_which_annotation_counts_is_asked(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    bits = [box(at, 0, 2, 2) for at in range(3)]
    given = task()
    given["annotations"] = [{"result": [region(one)], "was_cancelled": at == 1} for at, one in enumerate(bits)]
    path = dataset(tmp_path, {"x.json": [given]})
    row = bring_in(path, "label_studio", check_only=True)
    expect_told(row, ("task 1", "2 annotations"))
    expect_told(row, ("task 1", "1 cancelled annotations"), what="notes")
    for several, right in (("first", bits[0]), ("last", bits[2])):
        row = bring_in(path, "label_studio", several=several, labeled="replace")
        assert row.report["defects"] == []
        assert [one.counts for one in imported(image)] == [masks.encode(right)]


def test_predictions_come_on_request(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    given = task(annotations=[])
    given["predictions"] = [
        {"score": score, "result": [region(box(at, 0, 2, 2))]} for at, score in ((0, 0.2), (4, 0.9))
    ]
    path = dataset(tmp_path, {"x.json": [given]})
    row = bring_in(path, "label_studio")
    assert not imported(image)
    expect_told(row, ("task 1", "only predictions"), what="notes")
    bring_in(path, "label_studio", predictions=True)
    assert [one.counts for one in imported(image)] == [masks.encode(box(4, 0, 2, 2))]


def test_each_defect_is_told_and_the_rest_is_imported(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    rectangle = {"id": "d", "type": "rectanglelabels", "value": {"x": 1, "y": 1, "rectanglelabels": ["car"]}}
    other_size = region(box(0, 0, 2, 2, of=(4, 4)))
    two = region(box(9, 9, 1, 1), "two")
    two["value"]["brushlabels"] = ["car", "tree"]
    defective: list[tuple[str, Any, str]] = [
        ("result 1", 7, "no value"), ("result 2", {"id": "x", "value": 3}, "no value"),
        ("region d", rectangle, "rectanglelabels, which has no mask"),
        ("region e", {"id": "e", "type": "choices", "value": {"choices": ["good"]}}, "choices of the whole image"),
        ("region f", {**region(box(1, 1, 2, 2), "f"), "image_rotation": 90}, "turned by 90"),
        ("region g", {**region(box(1, 1, 2, 2)), "id": "g", "value": {"rle": [0, 1]}}, "no label"),
        ("region h", {**other_size, "id": "h"}, "has 64 values"),
        ("region i", {"id": "i", "value": {"rle": [0, 0, 300], "brushlabels": ["car"]}}, "not a byte"),
        ("region j", {"id": "j", "value": {"rle": "text", "brushlabels": ["car"]}}, "not a list of bytes"),
        ("region k", region(box(0, 0, 0, 0), "k"), "no pixel"), ("region p", polygon([1, 1], [2, 2]), "2 points"),
        ("region m", polygon([1, float("nan")], number="m"), "no list of pairs"),
        ("region n", polygon(3, number="n"), "no list of pairs"),
        ("region o", polygon([1, 1], [2, 2], [3, 1], number="o", original_width=0), "for 0 ×"),
        ("region two", two, "“tree” is not kept"),
    ]  # fmt: skip
    given = [task(*[one for _, one, _ in defective], region(box(5, 5, 2, 2), 12)), 7, {"data": {}}, task(image="b.png")]
    row = bring_in(dataset(tmp_path, {"x.json": given}), "label_studio", skip_defects=True)
    expect_told(
        row, *((where, part[1:]) for where, _, part in defective),
        ("task at place 2", "name no image"), ("task at place 3", "name no image"), ("task 1", "no image “b.png”"),
    )  # fmt: skip
    assert [one.counts for one in imported(image)] == [masks.encode(box(9, 9, 1, 1)), masks.encode(box(5, 5, 2, 2))]


def test_classes_of_the_interface_are_added(project: Project, add_image: AddImage, bring_in: BringIn,
                                            tmp_path: Path) -> None:  # fmt: skip
    add_image("a.png")
    config = '<View><BrushLabels><Label value="größe" background="#0102FF"/><Label value=""/></BrushLabels></View>'
    files = {"x.json": [task(region(box(1, 1, 2, 2)))], "config.xml": config, "bad.xml": "<!DOCTYPE x><View/>"}
    row = bring_in(dataset(tmp_path, files), "label_studio")
    assert project.categories.get(name="größe").color == "#0102ff"
    expect_told(row, ("bad.xml", "has a DOCTYPE"), what="notes")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"images": []}, "x.json has no list of tasks"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps([task()])[:-3], "not valid JSON"),
        ([], "no list of tasks"),
    ],
)
def test_what_is_no_dataset_is_refused(
    project: Project, bring_in: BringIn, tmp_path: Path, content: Any, reason: str
) -> None:
    row = bring_in(dataset(tmp_path, {"x.json": content}), "label_studio")
    assert row.state == Import.State.FAILED
    assert reason in row.reason
