"""Datumaro's JSON, read back with json and pycocotools."""

import numpy as np
import pytest
from pycocotools import mask as coco

from labeling.annotations.models import Annotation
from labeling.exchange.formats.datumaro import ANNOTATIONS as NAMED
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Category, Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, box

ANNOTATIONS = NAMED.format(split="train")

pytestmark = pytest.mark.once


def test_whole_masks_order_and_attributes(add_image: AddImage, keep: Keep, make_zip: MakeZip, project: Project) -> None:
    save_attributes(project, [AttributeSpec(name="note", kind="text"), AttributeSpec(name="occluded", kind="flag")])
    image = add_image("day/größe.png")
    kept = [keep(image, box(0, 0, 20, 20) & ~box(5, 5, 2, 2), 3), keep(image, box(3, 3, 20, 20), 1)]
    Annotation.objects.filter(pk=kept[1].pk).update(attributes={"1": "Straße", "2": True}, crowd=True)
    keep(add_image("b.png"), box(1, 1, 1, 1), 2)
    found = make_zip("datumaro", include_images=True)
    content = found.json(ANNOTATIONS)
    assert (content["dm_format_version"], content["media_type"]) == ("1.0", 2)
    names = [one["name"] for one in content["categories"]["label"]["labels"]]
    assert names == [one.name for one in Category.objects.order_by("number")]
    assert content["categories"]["label"]["attributes"] == ["note", "occluded"]
    assert content["categories"]["mask"]["colormap"][2] == {"label_id": 2, "r": 0x6C, "g": 0x75, "b": 0x7D}
    first, second = content["items"]
    assert (first["id"], first["image"]) == ("day/größe", {"path": "day/größe.png", "size": [HEIGHT, WIDTH]})
    assert "images/train/day/größe.png" in found.names
    assert [(one["id"], one["label_id"], one["z_order"]) for one in first["annotations"]] == [(1, 2, 0), (2, 0, 1)]
    assert [one["attributes"] for one in first["annotations"]] == [
        {},
        {"note": "Straße", "occluded": True, "is_crowd": True},
    ]
    assert [one["id"] for one in second["annotations"]] == [3]
    for one, annotation in zip(first["annotations"], kept, strict=True):
        assert one["type"] == "mask"
        assert one["rle"]["size"] == [HEIGHT, WIDTH]
        assert one["rle"]["counts"] == annotation.counts
    bits = coco.decode({"size": [HEIGHT, WIDTH], "counts": first["annotations"][0]["rle"]["counts"].encode()})
    assert np.array_equal(bits.astype(bool), box(0, 0, 20, 20) & ~box(5, 5, 2, 2))


def test_nothing_to_export_is_a_file_still(make_zip: MakeZip) -> None:
    assert make_zip("datumaro").json(ANNOTATIONS)["items"] == []


def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image(), box(1, 1, 9, 4))
    assert make_zip("datumaro").content == make_zip("datumaro").content
