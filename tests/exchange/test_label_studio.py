"""Label Studio's tasks, read back bit by bit."""

import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote

import numpy as np
import pytest

from labeling.annotations.models import Annotation
from labeling.exchange.formats.label_studio import CONFIG, TASKS
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Category, Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.codecs.test_brush import decoded
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, box

pytestmark = pytest.mark.once


def test_brushes_and_answers(add_image: AddImage, keep: Keep, make_zip: MakeZip, project: Project) -> None:
    specs = [
        AttributeSpec(name="tag", kind="text"), AttributeSpec(name="occluded", kind="flag"),
        AttributeSpec(name="side", kind="choice", choices=["left", "right"]), AttributeSpec(name="n", kind="number"),
    ]  # fmt: skip
    save_attributes(project, specs)
    image = add_image("day/größe 06.png")
    kept = [box(2, 3, 20, 15) & ~box(6, 7, 4, 4), box(WIDTH - 1, HEIGHT - 1, 1, 1), box(0, 0, WIDTH, HEIGHT)]
    objects = [keep(image, bits, at + 1) for at, bits in enumerate(kept)]
    Annotation.objects.filter(pk=objects[0].pk).update(attributes={"1": "Straße", "2": False, "3": "left", "4": 2})
    add_image("empty.png")
    found = make_zip("label_studio", images="all", include_images=True)
    first, second = found.json(TASKS)
    assert unquote(first["data"]["image"]) == "/data/local-files/?d=images/day/größe 06.png"
    assert "images/day/größe 06.png" in found.names
    (annotation,) = first["annotations"]
    assert annotation["was_cancelled"] is False
    brushes = [one for one in annotation["result"] if one["type"] == "brushlabels"]
    names = [one.name for one in Category.objects.order_by("number")]
    assert [one["value"]["brushlabels"] for one in brushes] == [[name] for name in names]
    for one, bits in zip(brushes, kept, strict=True):
        assert (one["original_width"], one["original_height"]) == (WIDTH, HEIGHT)
        pixels = np.array(decoded(one["value"]["rle"]), np.uint8).reshape(HEIGHT, WIDTH, 4)
        assert np.array_equal(pixels[..., 3] > 0, bits)
        assert set(np.unique(pixels)) <= {0, 255}
    answers = [one for one in annotation["result"] if one["id"] == brushes[0]["id"]][1:]
    assert [(one["from_name"], one["type"], one["value"]) for one in answers] == [
        ("tag_2", "textarea", {"text": ["Straße"]}),
        ("occluded", "choices", {"choices": ["no"]}),
        ("side", "choices", {"choices": ["left"]}),
        ("n", "number", {"number": 2}),
    ]
    assert second["annotations"][0]["result"] == []
    view = ElementTree.fromstring(found.read(CONFIG))
    assert [one.attrib["value"] for one in view.findall("BrushLabels/Label")] == names
    controls = {one.attrib["name"] for one in view}
    assert {one["from_name"] for one in annotation["result"]} <= controls
    assert [one.attrib["value"] for one in view.findall("Choices[@name='side']/Choice")] == ["left", "right"]


def test_nothing_to_export_is_a_list_still(make_zip: MakeZip) -> None:
    assert make_zip("label_studio").json(TASKS) == []


def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image(), box(1, 1, 9, 4))
    assert make_zip("label_studio").content == make_zip("label_studio").content
