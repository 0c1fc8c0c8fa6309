"""COCO panoptic, read back with Pillow and json, by the rules of panopticapi's evaluation."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from labeling.annotations.models import Annotation
from labeling.exchange.formats.panoptic import ANNOTATIONS as NAMED
from labeling.projects.models import Category
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, Zip, box

ANNOTATIONS = NAMED.format(split="train")

pytestmark = pytest.mark.once


def ids(found: Zip, name: str) -> np.ndarray:
    with Pillow.open(io.BytesIO(found.read(f"annotations/panoptic_train/{name}"))) as opened:
        assert opened.mode == "RGB"
        pixels = np.asarray(opened).astype(np.uint32)
    return pixels[..., 0] + 256 * pixels[..., 1] + 65536 * pixels[..., 2]


def test_png_and_json_say_the_same(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image, other = add_image("day/a.png"), add_image("b.png")
    keep(image, box(2, 3, 10, 8), 1)
    crowd = keep(image, box(8, 3, 10, 8), 2)
    Annotation.objects.filter(pk=crowd.pk).update(crowd=True)
    keep(image, box(0, 30, 10, 6), 3)
    keep(image, box(40, 30, 8, 6), 3)  # the same stuff
    keep(image, box(20, 20, 3, 3), 1)  # covered by the next
    keep(image, box(19, 19, 6, 6), 1)
    keep(other, box(0, 0, WIDTH, HEIGHT), 2)
    found = make_zip("panoptic")
    content = found.json(ANNOTATIONS)
    known = {one["id"] for one in content["categories"]}
    for image_entry, entry in zip(content["images"], content["annotations"], strict=True):
        assert image_entry["id"] == entry["image_id"]
        pixels = ids(found, entry["file_name"])
        assert pixels.shape == (image_entry["height"], image_entry["width"])
        assert {one["id"] for one in entry["segments_info"]} == set(np.unique(pixels).tolist()) - {0}
        for one in entry["segments_info"]:
            y, x = np.nonzero(pixels == one["id"])
            assert one["area"] == len(x)
            assert one["bbox"] == [x.min(), y.min(), x.max() - x.min() + 1, y.max() - y.min() + 1]
            assert one["category_id"] in known
            assert one["iscrowd"] == (1 if one["id"] == 2 else 0)
    first = content["annotations"][0]
    assert [(one["id"], one["category_id"]) for one in first["segments_info"]] == [(1, 1), (2, 2), (3, 3), (6, 1)]
    assert np.array_equal(ids(found, "day/a.png") == 1, box(2, 3, 6, 8))
    assert np.array_equal(ids(found, "day/a.png") == 3, box(0, 30, 10, 6) | box(40, 30, 8, 6))
    assert "1 objects are covered entirely" in found.read("README.txt").decode()


def test_classes(add_image: AddImage, make_zip: MakeZip) -> None:
    add_image("a.png")
    content = make_zip("panoptic", images="all", include_images=True).json(ANNOTATIONS)
    road = Category.objects.get(number=3)
    assert content["categories"][2] == {
        "id": 3, "name": road.name, "supercategory": "stuff", "isthing": 0, "color": [0x6C, 0x75, 0x7D],
    }  # fmt: skip
    assert content["categories"][0]["isthing"] == 1
    assert content["annotations"][0]["segments_info"] == []


def test_ids_above_255_use_the_next_colour(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image("a.png")
    for at in range(300):
        keep(image, box(at % WIDTH, at // WIDTH, 1, 1))
    found = ids(make_zip("panoptic"), "a.png")
    assert found.ravel()[:300].tolist() == list(range(1, 301))


def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image(), box(1, 1, 9, 4))
    assert make_zip("panoptic").content == make_zip("panoptic").content
