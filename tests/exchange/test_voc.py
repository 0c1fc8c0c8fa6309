"""Pascal VOC, read back with Pillow and plain text."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from labeling.exchange.errors import ExportProblem
from labeling.exchange.formats import voc
from labeling.projects.models import Category, Project
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, Zip, box

pytestmark = pytest.mark.once


def pixels(found: Zip, name: str) -> np.ndarray:
    with Pillow.open(io.BytesIO(found.read(name))) as opened:
        assert opened.mode == "P"
        return np.array(opened)


def test_classes_objects_and_lists(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image("day/größe 06.png")
    keep(image, box(2, 3, 10, 8), 3)
    keep(image, box(8, 3, 10, 8), 1)
    add_image("empty.png")
    found = make_zip("voc", images="all", include_images=True)
    classes, objects = (pixels(found, f"Segmentation{kind}/day/größe 06.png") for kind in ("Class", "Object"))
    lower, upper = box(2, 3, 6, 8), box(8, 3, 10, 8)
    assert np.array_equal(classes, lower * 3 + upper * 1)
    assert np.array_equal(objects, lower * 1 + upper * 2)
    assert not pixels(found, "SegmentationClass/empty.png").any()
    assert found.read("ImageSets/Segmentation/train.txt").decode() == "day/größe 06\nempty\n"
    assert "JPEGImages/day/größe 06.png" in found.names
    rows = [row.split(":") for row in found.read("labelmap.txt").decode().splitlines() if not row.startswith("#")]
    assert [row[0] for row in rows] == [
        "background",
        *Category.objects.order_by("number").values_list("name", flat=True),
    ]
    with Pillow.open(io.BytesIO(found.read("SegmentationClass/day/größe 06.png"))) as opened:
        colors = np.array(opened.convert("RGB"))
    assert ",".join(map(str, colors[3, 2])) == rows[3][1] == "128,128,0"
    assert ",".join(map(str, colors[0, 0])) == rows[0][1] == "0,0,0"


def test_a_void_border_belongs_to_nothing(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image("a.png"), box(10, 10, 12, 10), 2)
    found = make_zip("voc", border=2)
    expected = box(8, 8, 16, 14) * 255
    expected[box(12, 12, 8, 6)] = 2
    assert np.array_equal(pixels(found, "SegmentationClass/a.png"), expected)
    expected[box(12, 12, 8, 6)] = 1
    assert np.array_equal(pixels(found, "SegmentationObject/a.png"), expected)
    assert "2 pixels on both sides" in found.read("README.txt").decode()


def test_what_is_covered_is_counted(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image("a.png")
    keep(image, box(5, 5, 3, 3), 1)
    keep(image, box(0, 0, WIDTH, HEIGHT), 2)
    assert "1 objects are covered entirely" in make_zip("voc").read("README.txt").decode()


def test_names_that_the_list_of_classes_can_not_have(add_image: AddImage, make_zip: MakeZip, project: Project) -> None:
    Category.objects.create(project=project, number=7, name="a:b", color="#010203")
    Category.objects.create(project=project, number=8, name="Background", color="#010204")
    Category.objects.create(project=project, number=9, name="A_B", color="#010205")
    add_image("a.png")
    found = make_zip("voc", images="all")
    rows = found.read("labelmap.txt").decode().splitlines()
    assert [row.split(":")[0] for row in rows[-3:]] == ["a_b", "Background_2", "A_B_2"]
    assert "“a:b” is called “a_b” here" in found.read("README.txt").decode()


def test_more_than_palettes_can_say_is_refused(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voc, "_MOST", 3)
    image = add_image("a.png")
    for x in range(4):
        keep(image, box(9 * x, 0, 5, 5))
    with pytest.raises(ExportProblem, match="4 objects; Pascal VOC can number 3"):
        make_zip("voc")
    monkeypatch.setattr(voc, "_MOST", 2)
    with pytest.raises(ExportProblem, match="3 classes; Pascal VOC can have 2"):
        make_zip("voc")


def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image(), box(1, 1, 9, 4))
    assert make_zip("voc", border=1).content == make_zip("voc", border=1).content
