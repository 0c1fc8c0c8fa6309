"""labelme, read back as labelme does: a PNG in a box whose corners belong to it."""

import base64
import io

import numpy as np
import pytest
from PIL import Image as Pillow

from labeling.annotations.models import Annotation
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Category, Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, box

pytestmark = pytest.mark.once


def test_masks_in_order_with_flags(add_image: AddImage, keep: Keep, make_zip: MakeZip, project: Project) -> None:
    save_attributes(project, [AttributeSpec(name="note", kind="text"), AttributeSpec(name="occluded", kind="flag")])
    image = add_image("day/größe.png")
    kept = [box(2, 3, 20, 15) & ~box(6, 7, 4, 4), box(WIDTH - 1, HEIGHT - 1, 1, 1), box(0, 0, WIDTH, HEIGHT)]
    objects = [keep(image, bits, at + 1) for at, bits in enumerate(kept)]
    Annotation.objects.filter(pk=objects[0].pk).update(attributes={"1": "Straße", "2": True})
    Annotation.objects.filter(pk=objects[1].pk).update(crowd=True)
    add_image("empty.png")
    found = make_zip("labelme", images="all", include_images=True)
    assert {"images/day/größe.png", "images/empty.png", "images/empty.json"} <= set(found.names)
    content = found.json("images/day/größe.json")
    assert (content["imagePath"], content["imageData"]) == ("größe.png", None)
    assert (content["imageHeight"], content["imageWidth"]) == (HEIGHT, WIDTH)
    names = [one.name for one in Category.objects.order_by("number")]
    assert [one["label"] for one in content["shapes"]] == names
    for shape, bits in zip(content["shapes"], kept, strict=True):
        assert shape["shape_type"] == "mask"
        (x1, y1), (x2, y2) = shape["points"]
        with Pillow.open(io.BytesIO(base64.b64decode(shape["mask"]))) as opened:
            patch = np.array(opened).astype(bool)
        assert patch.shape == (y2 - y1 + 1, x2 - x1 + 1)
        drawn = np.zeros((HEIGHT, WIDTH), bool)
        drawn[y1 : y2 + 1, x1 : x2 + 1] = patch
        assert np.array_equal(drawn, bits)
    assert (content["shapes"][0]["flags"], content["shapes"][0]["description"]) == ({"occluded": True}, "note: Straße")
    assert content["shapes"][1]["flags"] == {"crowd": True}
    assert found.json("images/empty.json")["shapes"] == []
    assert found.read("labels.txt").decode().splitlines() == ["__ignore__", "_background_", *names]


def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image(), box(1, 1, 9, 4))
    assert make_zip("labelme").content == make_zip("labelme").content


def test_an_image_may_be_called_like_a_list(add_image: AddImage, make_zip: MakeZip) -> None:
    for name in ("renamed.png", "labels.png", "a?.png"):
        add_image(name)
    names = make_zip("labelme", images="all").names
    assert {"images/renamed.json", "renamed.json", "images/labels.json", "labels.txt"} <= set(names)
