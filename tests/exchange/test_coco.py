"""The COCO export, read back by pycocotools."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as Pillow
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.exchange.formats.coco import ANNOTATIONS as NAMED
from labeling.images.models import Image
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Category, Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, Zip, box

ANNOTATIONS = NAMED.format(split="train")


def load(found: Zip, tmp_path: Path) -> COCO:
    path = tmp_path / "instances.json"
    path.write_bytes(found.read(ANNOTATIONS))
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def instances(found: Zip) -> Any:
    return found.json(next(name for name in found.names if name.startswith("annotations/")))


@pytest.mark.once
def test_pycocotools_reads_what_was_kept(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, second = add_image("a.png"), add_image("b.png", 31, 57)
    kept = [
        keep(first, box(0, 0, 1, 1)),
        keep(first, box(WIDTH - 5, HEIGHT - 7, 5, 7), 2),
        keep(second, box(3, 4, 20, 30, of=(57, 31)), 3),
    ]
    coco = load(make_zip("coco"), tmp_path_factory.mktemp("coco"))
    assert sorted(coco.getImgIds()) == [1, 2]
    assert sorted(coco.getAnnIds()) == [1, 2, 3]
    assert [(one["width"], one["height"]) for one in coco.loadImgs([1, 2])] == [(WIDTH, HEIGHT), (31, 57)]
    for one, annotation in zip(coco.loadAnns([1, 2, 3]), kept, strict=True):
        image = annotation.set.image
        stored = masks.decode(annotation.counts, image.height, image.width)
        assert np.array_equal(coco.annToMask(one).astype(bool), stored)
        assert one["area"] == stored.sum() == annotation.area
        assert one["bbox"] == masks.crop(stored)[0].as_list()
        assert one["iscrowd"] == 0
        assert one["category_id"] == annotation.category.number
        assert isinstance(one["segmentation"]["counts"], str)
    assert coco.loadAnns([1])[0]["bbox"] == [0, 0, 1, 1]


@pytest.mark.once
def test_an_evaluation_against_itself_is_perfect(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """loadRes and COCOeval take the file as truth and as result."""
    for number in range(3):
        image = add_image(f"{number}.png")
        keep(image, box(number, 2, 12, 14), 1)
        keep(image, box(20, 5 + number, 15, 20), 2)
    folder = tmp_path_factory.mktemp("coco")
    for segmentation in ("rle", "polygons"):
        truth = load(make_zip("coco", segmentation=segmentation), folder)
        found = [{**one, "score": 1.0} for one in truth.loadAnns(truth.getAnnIds())]
        with contextlib.redirect_stdout(io.StringIO()):
            results = truth.loadRes([dict(one) for one in found])
            evaluation = COCOeval(truth, results, "segm")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        assert evaluation.stats[0] == pytest.approx(1.0)


@pytest.mark.once
def test_class_numbers_stay_when_a_class_is_renamed_or_deleted(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, project: Project
) -> None:
    keep(add_image(), box(1, 1, 4, 4), 3)
    Category.objects.get(project=project, number=1).delete()
    Category.objects.filter(project=project, number=3).update(name="a street")
    written = make_zip("coco").json(ANNOTATIONS)
    assert [(one["id"], one["name"]) for one in written["categories"]] == [(2, "person"), (3, "a street")]
    assert written["annotations"][0]["category_id"] == 3


@pytest.mark.once
def test_polygons_are_exact_and_holes_stay_rle(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, tmp_path_factory: pytest.TempPathFactory
) -> None:
    image = add_image()
    ring = box(4, 4, 20, 20)
    ring[10:14, 10:14] = False
    two = box(30, 2, 6, 6) | box(38, 20, 8, 9)
    for bits in (ring, two):
        keep(image, bits)
    found = make_zip("coco", segmentation="polygons")
    coco = load(found, tmp_path_factory.mktemp("coco"))
    with_hole, plain = coco.loadAnns([1, 2])
    assert isinstance(with_hole["segmentation"], dict)
    assert len(plain["segmentation"]) == 2
    assert np.array_equal(coco.annToMask(with_hole).astype(bool), ring)
    assert np.array_equal(coco.annToMask(plain).astype(bool), two)
    assert found.json(ANNOTATIONS)["info"]["kept_as_rle"] == 1
    assert "1 of 2 objects have holes" in found.read("README.txt").decode()


@pytest.mark.once
def test_polygons_for_opencv_are_exact_there(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image("a.png")
    kept = [
        box(2, 3, 10, 8) | box(30, 20, 5, 5),
        box(2, 3, 10, 8) & ~box(5, 5, 2, 2),  # has a hole
        box(WIDTH - 1, HEIGHT - 1, 1, 1),  # has one pixel
        box(0, 0, WIDTH, HEIGHT),
    ]
    for bits in kept:
        keep(image, bits)
    found = make_zip("coco", segmentation="polygons", fill="opencv")
    content = instances(found)
    assert content["info"]["kept_as_rle"] == 2
    for one, bits in zip(content["annotations"], kept, strict=True):
        assert one["area"] == bits.sum()
        if isinstance(one["segmentation"], dict):
            continue
        drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
        for polygon in one["segmentation"]:
            cv2.fillPoly(drawn, [np.array(polygon, np.int32).reshape(-1, 2)], 1)
        assert np.array_equal(drawn.astype(bool), bits)
    assert [type(one["segmentation"]) for one in content["annotations"]] == [list, dict, dict, list]
    assert "2 of 4 objects have" in found.read("README.txt").decode()


@pytest.mark.once
@given(bits=arrays(np.bool_, (9, 11)).filter(lambda bits: bool(bits.any())), polygons=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_mask_comes_back_bit_for_bit(
    add_image: AddImage,
    keep: Keep,
    make_zip: MakeZip,
    tmp_path_factory: pytest.TempPathFactory,
    bits: masks.Bits,
    polygons: bool,
) -> None:
    """Holes, single pixels, pixels that touch at corners, masks at the border."""
    Image.objects.all().delete()
    keep(add_image("x.png", 11, 9), bits)
    found = make_zip("coco", segmentation="polygons" if polygons else "rle")
    coco = load(found, tmp_path_factory.getbasetemp())
    (one,) = coco.loadAnns([1])
    assert np.array_equal(coco.annToMask(one).astype(bool), bits)
    assert one["area"] == bits.sum()
    assert one["bbox"] == masks.crop(bits)[0].as_list()


@pytest.mark.once
def test_file_names_are_unique_and_keep_their_folders(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, project: Project
) -> None:
    names = [
        "day/a.png",
        "night/a.png",
        "a.png",
        "a.png",
        "A.PNG",
        "../../etc/passwd.png",
        "c:\\x\\y?.png",
        "a.jpg",
        "…",
    ]
    images = [add_image(name) for name in names]
    found = [one["file_name"] for one in make_zip("coco", images="all").json(ANNOTATIONS)["images"]]
    assert found[:4] == ["day/a.png", "night/a.png", "a.png", f"a-{images[3].pk}.png"]
    assert found[5:7] == ["etc/passwd.png", "c_/x/y_.png"]
    assert len({name.casefold().rsplit(".", 1)[0] for name in found}) == len(names)


@pytest.mark.once
def test_a_name_gets_the_suffix_of_the_view(add_image: AddImage, make_zip: MakeZip) -> None:
    """The masks are for the view: a TIFF's is a PNG."""
    add_image("scan.TIFF", view=".png")
    add_image("photo.JPEG", view=".jpg")
    add_image("kept.PNG")
    found = make_zip("coco", images="all", include_images=True)
    assert [one["file_name"] for one in found.json(ANNOTATIONS)["images"]] == ["scan.png", "photo.jpg", "kept.PNG"]
    assert found.json(ANNOTATIONS)["images"][0]["original"]["name"] == "scan.TIFF"


@pytest.mark.once
def test_images_go_in_when_asked(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image("a/b.png")
    keep(image, box(1, 1, 4, 4))
    assert not [name for name in make_zip("coco").names if name.startswith("images/")]
    found = make_zip("coco", include_images=True)
    with Pillow.open(io.BytesIO(found.read("images/a/b.png"))) as opened:
        assert opened.size == (image.width, image.height)


def test_which_images_go_in(add_image: AddImage, keep: Keep, make_zip: MakeZip, bob: User) -> None:
    add_image("new.png")
    keep(add_image("labeled.png"), box(1, 1, 4, 4))
    annotations.set_status(add_image("empty-done.png"), bob, version=0, status="done")

    def names(**options: str) -> list[str]:
        return [one["file_name"] for one in make_zip("coco", **options).json(ANNOTATIONS)["images"]]

    assert names() == ["labeled.png", "empty-done.png"]
    assert names(images="done") == ["empty-done.png"]
    AnnotationSet.objects.filter(status="done").update(status="accepted")
    assert names(images="accepted") == names(images="done") == ["empty-done.png"]
    assert names(images="all") == ["new.png", "labeled.png", "empty-done.png"]


@pytest.mark.once
def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image()
    keep(image, box(1, 1, 9, 4))
    first = make_zip("coco", include_images=True).content
    assert make_zip("coco", include_images=True).content == first
    keep(image, box(20, 1, 9, 4))
    assert make_zip("coco", include_images=True).content != first


def test_many_images_take_few_queries(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        keep(add_image(f"{number}.png"), box(1, 1, 4, 4))
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        written = make_zip("coco").json(ANNOTATIONS)
    assert len(written["annotations"]) == 12


@pytest.mark.once
def test_the_json_is_plain(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    """Nothing but what json reads everywhere: no NaN, names in UTF-8."""
    image = add_image("Straße/été.png")
    keep(image, box(1, 1, 4, 4))
    text = make_zip("coco").read(ANNOTATIONS).decode()
    assert "Straße/été.png" in text
    assert json.loads(text)["annotations"][0]["uid"] == str(Annotation.objects.get().uid)


@pytest.mark.once
def test_attributes_go_in_by_name_and_objects_in_drawing_order(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, project: Project
) -> None:
    specs = [AttributeSpec(name="note", kind="text"), AttributeSpec(name="occluded", kind="flag")]
    image = add_image()
    first, second = keep(image, box(1, 1, 4, 4)), keep(image, box(3, 3, 4, 4))
    assert "attributes" not in make_zip("coco").json(ANNOTATIONS)["annotations"][0]
    save_attributes(project, specs)
    Annotation.objects.filter(pk=first.pk).update(attributes={"1": "Straße", "2": False, "77": "gone"}, z=second.z + 1)
    found = make_zip("coco").json(ANNOTATIONS)["annotations"]
    assert [(one["id"], one["uid"], one["attributes"]) for one in found] == [
        (1, str(second.uid), {}),
        (2, str(first.uid), {"note": "Straße", "occluded": False}),
    ]
