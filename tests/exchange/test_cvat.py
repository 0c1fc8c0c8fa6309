"""CVAT's XML, read back with ElementTree: runs along the rows of a box."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from labeling.annotations.models import Annotation
from labeling.exchange.formats.cvat import ANNOTATIONS
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Category, Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, box

pytestmark = pytest.mark.once


def drawn(mask: ElementTree.Element) -> np.ndarray:
    left, top, width, height = (int(mask.attrib[name]) for name in ("left", "top", "width", "height"))
    flat: list[bool] = []
    for at, run in enumerate(mask.attrib["rle"].split(",")):
        flat += [at % 2 == 1] * int(run)
    bits = np.zeros((HEIGHT, WIDTH), bool)
    bits[top : top + height, left : left + width] = np.array(flat).reshape(height, width)
    return bits


def test_masks_order_and_attributes(add_image: AddImage, keep: Keep, make_zip: MakeZip, project: Project) -> None:
    Category.objects.filter(number=1).update(name='a & "b" <ä>')
    specs = [
        AttributeSpec(name='n & "o"', kind="text"), AttributeSpec(name="occluded", kind="flag"),
        AttributeSpec(name="side", kind="choice", choices=["left", "right & up"]),
        AttributeSpec(name="n", kind="number"),
    ]  # fmt: skip
    save_attributes(project, specs)
    image = add_image("day/größe & co.png")
    kept = [box(2, 3, 20, 15) & ~box(6, 7, 4, 4), box(WIDTH - 1, HEIGHT - 1, 1, 1), box(0, 0, WIDTH, HEIGHT)]
    objects = [keep(image, bits, at + 1) for at, bits in enumerate(kept)]
    answers = {"1": "<Straße>\nzwei\x07", "2": True, "3": "right & up", "4": 1.5}
    Annotation.objects.filter(pk=objects[0].pk).update(attributes=answers)
    add_image("empty.png")
    found = make_zip("cvat", images="all", include_images=True)
    root = ElementTree.fromstring(found.read(ANNOTATIONS))
    assert root.findtext("version") == "1.1"
    names = [one.name for one in Category.objects.order_by("number")]
    assert [one.findtext("name") for one in root.findall("meta/task/labels/label")] == names
    asked = root.findall("meta/task/labels/label[1]/attributes/attribute")
    assert [one.findtext("input_type") for one in asked] == ["text", "checkbox", "select", "text"]
    assert (asked[2].findtext("values") or "").split("\n") == ["", "left", "right & up"]
    first, second = root.findall("image")
    assert (first.attrib["id"], first.attrib["name"]) == ("0", "day/größe & co.png")
    assert (first.attrib["width"], first.attrib["height"]) == (str(WIDTH), str(HEIGHT))
    assert f"images/{first.attrib['name']}" in found.names
    assert [one.attrib["label"] for one in first] == names
    assert [one.attrib["z_order"] for one in first] == ["0", "1", "2"]
    for mask, bits in zip(first, kept, strict=True):
        assert np.array_equal(drawn(mask), bits)
    assert {one.attrib["name"]: one.text for one in first[0]} == {
        'n & "o"': "<Straße>\nzwei\ufffd", "occluded": "true", "side": "right & up", "n": "1.5",
    }  # fmt: skip
    assert len(second) == 0


def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image(), box(1, 1, 9, 4))
    assert make_zip("cvat").content == make_zip("cvat").content
