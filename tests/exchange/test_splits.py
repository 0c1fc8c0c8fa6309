"""Which images are held out, and the manifest that says so."""

import hashlib
from collections import Counter
from typing import Any

import pytest

from labeling.annotations.models import Annotation
from labeling.exchange.splits import Division
from labeling.images.models import Image, Tag
from labeling.projects.models import Project
from tests.exchange.conftest import AddImage, Keep, MakeZip, box

pytestmark = pytest.mark.once
FORMATS = ("cityscapes", "coco", "datumaro", "panoptic", "voc", "yolo")
"""Formats that have a place for each split."""


def digests(count: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def test_a_hash_holds_out_its_share_and_an_image_stays_where_it_is() -> None:
    division = Division("hash", val=20, test=10)
    found = Counter(division.of(one, ()) for one in digests(4_000))
    assert found["val"] / 4_000 == pytest.approx(0.2, abs=0.03)
    assert found["test"] / 4_000 == pytest.approx(0.1, abs=0.03)
    for one in digests(500):  # with more held out, none comes back into training
        if division.of(one, ()) == "val":
            assert Division("hash", val=30, test=10).of(one, ()) == "val"
    assert {Division("hash", val=0, test=0).of(one, ()) for one in digests(500)} == {"train"}
    assert {Division("hash", val=100, test=0).of(one, ()) for one in digests(500)} == {"val"}


def test_tags_decide_and_the_strictest_wins() -> None:
    division = Division("tags")
    assert [division.of("", tags) for tags in ([], ["night"], ["Validation"], ["train", "val"], ["val", "test"])] == [
        "train", "train", "val", "val", "test",
    ]  # fmt: skip


@pytest.fixture
def three(project: Project, add_image: AddImage, keep: Keep) -> list[Image]:
    """An image of each split, by its tag."""
    found = []
    for number, name in enumerate(("train", "val", "test")):
        image = add_image(f"{number}.png")
        image.tags.add(Tag.objects.create(project=project, name=name))
        keep(image, box(2, 2, 9 + number, 9))
        found.append(image)
    return found


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_has_its_place_for_each_split(format: str, three: list[Image], make_zip: MakeZip) -> None:
    found = make_zip(format, split="tags")
    names = [name for name in found.names if name not in ("README.txt", "manifest.json", "labels.json", "files.json")]
    found_in = {word for name in names for word in ("train", "val", "test") if word in name}
    assert found_in == {"train", "val", "test"}
    manifest = found.json("manifest.json")
    assert manifest["splits"] == {"test": 1, "train": 1, "val": 1}
    assert (manifest["images"], manifest["objects"]) == (3, 3)


@pytest.mark.parametrize("format", FORMATS)
def test_equal_labels_make_equal_bytes(format: str, three: list[Image], make_zip: MakeZip) -> None:
    Annotation.objects.filter(set__main_of__in=three[1:]).delete()  # splits without objects get files, too
    options = {"split": "tags", "images": "all"}
    found = make_zip(format, **options)
    assert found.content == make_zip(format, **options).content
    assert found.json("manifest.json")["splits"] == {"test": 1, "train": 1, "val": 1}


def test_only_the_splits_that_there_are_get_files(three: list[Image], make_zip: MakeZip) -> None:
    three[0].delete()
    found = make_zip("coco", split="tags")
    names = sorted(name for name in found.names if name.startswith("annotations/"))
    assert names == ["annotations/instances_test.json", "annotations/instances_val.json"]
    ids = [found.json(name)["annotations"][0]["id"] for name in names]
    assert sorted(ids) == [1, 2], "ids count the whole dataset, so that its parts can be joined"


def test_the_manifest_has_the_hash_of_every_file(three: list[Image], make_zip: MakeZip) -> None:
    found = make_zip("coco", include_images=True)
    manifest = found.json("manifest.json")
    assert manifest["sha256"] == {
        name: hashlib.sha256(found.read(name)).hexdigest() for name in sorted(found.names) if name != "manifest.json"
    }
    assert [(one["name"], one["objects"]) for one in manifest["classes"]][0] == ("car", 3)
    assert manifest["cannot"] == ["The drawing order of objects that overlap."]


@pytest.mark.parametrize("options", [{"val": 60, "test": 50}, {"val": -1}, {"split": "random"}])
def test_what_makes_no_sense_is_refused(options: dict[str, Any], make_zip: MakeZip) -> None:
    with pytest.raises(Exception, match="val|split"):
        make_zip("coco", **options)
