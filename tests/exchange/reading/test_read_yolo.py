"""YOLO segments: outlines, data.yaml, subsets, and files that are not as they should be."""

from pathlib import Path
from typing import Any

import pytest

from labeling import masks
from labeling.exchange.models import Import
from labeling.projects.models import Project
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

YAML = "nc: 2\nnames: [car, no]\n"


def row(category: Any, *points: tuple[float, float]) -> str:
    """A line with these points in pixels."""
    return " ".join([str(category), *(f"{x / WIDTH:.6f} {y / HEIGHT:.6f}" for x, y in points)])


def square(category: Any = 0, at: int = 2) -> str:
    return row(category, (at, 2), (at + 4, 2), (at + 4, 5), (at, 5))


def test_outlines_are_filled_as_opencv_does(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    files = {"labels/a.txt": "\ufeff" + square() + "\n\n" + square(1, 20) + "\r\n", "data.yaml": YAML}
    given = bring_in(dataset(tmp_path, files), "yolo")
    assert given.report["defects"] == []
    assert [(one.category.name, one.counts) for one in imported(image)] == [
        ("car", masks.encode(box(2, 2, 5, 4))), ("no", masks.encode(box(20, 2, 5, 4))),
    ]  # fmt: skip
    bring_in(tmp_path, "yolo", fill="coco", labeled="replace")
    assert imported(image)[0].counts == masks.encode(box(2, 2, 4, 3))


@pytest.mark.parametrize(
    ("yaml", "splits"),
    [
        ("train: ../train/images\nval: ../valid/images\n", {"train": 1, "val": 1}),  # Roboflow
        ("train: images\nval: images\n", {}),
        ("path: ../x\ntrain:\n- train/images\n- more/images\nval: ''\n", {"train": 1}),
        ("", {"train": 1, "valid": 1}),
    ],
)
def test_subsets_are_those_of_the_yaml(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, yaml: str, splits: dict[str, int]
) -> None:
    add_image("a.png")
    add_image("b.png")
    folders = ("train/labels", "valid/labels") if "train: images\n" not in yaml else ("labels", "labels")
    files = {f"{folders[0]}/a.txt": square(), f"{folders[1]}/b.txt": square(), "data.yaml": yaml + YAML}
    assert bring_in(dataset(tmp_path, files), "yolo").report["splits"] == splits


def test_the_image_lies_as_the_label_does(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    images = [add_image(name) for name in ("labels/day/street.1.jpg", "night/street.1.jpg", "street.jpg")]
    files = {"x/labels/train/labels/night/street.1.txt": square(), "data.yaml": "names:\n  0: car\n", "README.txt": "x"}
    assert bring_in(dataset(tmp_path, files), "yolo").report["defects"] == []
    assert [len(imported(image)) for image in images] == [0, 1, 0]


def test_each_defect_is_told_and_the_rest_is_imported(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    add_image("b.png")
    lines = [
        (square(2), "class 2 is not in"), (square("car"), "else than numbers"), (square("nan"), "class nan"),
        (square("0.5"), "class 0.5"), ("0 0.5 0.5 0.1 0.1", "is a box"), ("0", "0 values"), ("0 1 1 0", "3 values"),
        ("0 .1 .1 .2 .2 .3 .3 .4", "7 values"), ("0 10 10 20 20 30 30", "not from 0 to 1"),
        ("0 nan .1 .2 .2 .3 .3", "not from 0 to 1"), ("0 1e999 .1 .2 .2 .3 .3", "not from 0 to 1"),
        (square("9" * 400), "class 999"), ("0 " + ".1 " * 10_000 + "x", "else than numbers"),
    ]  # fmt: skip
    files = {
        "labels/a.txt": "\n".join([one for one, _ in lines] + [square()]), "labels/b.txt": b"\xff\xfe0",
        "labels/gone.txt": "", "data.yaml": "names: {0: car, x: tree, 1: ''}",
    }  # fmt: skip
    given = bring_in(dataset(tmp_path, files), "yolo", skip_defects=True)
    expect_told(
        given, ("class x", "no name"), ("class 1", "no name"),
        *((f"line {at}", part[2:]) for at, (_, part) in enumerate(lines, 1)), ("b.txt", "not UTF-8"),
        ("gone.txt", "no image “images/gone”"),
    )  # fmt: skip
    assert [one.counts for one in imported(image)] == [masks.encode(box(2, 2, 5, 4))]


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nnames: [*b, *b]\n"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"data.yaml": YAML}, "no .txt file in a folder labels"),
        ({"labels/a.txt": ""}, "no data.yaml with “names”"),
        ({"labels/a.txt": "", "data.yaml": "nc: 1"}, "no data.yaml with “names”"),
        ({"labels/a.txt": "", "data.yaml": "names: 7"}, "data.yaml has no classes"),
        ({"labels/a.txt": "", "data.yaml": BOMB}, "has an alias"),
        ({"labels/a.txt": "", "data.yaml": "names: [" * 10_000}, "nested too deeply"),
        ({"labels/a.txt": "", "data.yaml": "names: ["}, "not valid YAML"),
        ({"labels/a.txt": "", "data.yaml": b"\xff\xfe\x00"}, "not valid YAML"),
        ({"labels/a.txt": "", "data.yaml": "x" * 300_000}, "data.yaml is larger than"),
    ],
)
def test_what_is_no_dataset_is_refused(
    project: Project, bring_in: BringIn, tmp_path: Path, files: dict[str, Any], reason: str
) -> None:
    given = bring_in(dataset(tmp_path, files), "yolo")
    assert given.state == Import.State.FAILED
    assert reason in given.reason


def test_the_yaml_makes_nothing_but_texts(project: Project, bring_in: BringIn, tmp_path: Path) -> None:
    """Else a file could have Python call something."""
    made = tmp_path / "made"
    call = f'!!python/object/apply:os.mkdir ["{made}"]'
    path = dataset(tmp_path, {"labels/a.txt": "", "data.yaml": f"names: [car]\nx: {call}\n"})
    bring_in(path, "yolo", check_only=True)
    assert not made.exists()
