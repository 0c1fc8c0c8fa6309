"""What a project exports it imports again as it was: masks, classes, order, and what else the format can hold."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from labeling import masks
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.exchange.models import Import
from labeling.images.models import Image
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Category, Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, box
from tests.exchange.reading.conftest import BringIn

pytestmark = pytest.mark.once

Label = Callable[[bool], list[Image]]
State = dict[str, list[tuple[Any, ...]]]

RING = box(4, 4, 12, 12) & ~box(7, 7, 3, 3) & ~box(12, 12, 1, 1)
FRAME = box(0, 0, WIDTH, HEIGHT) & ~box(1, 1, WIDTH - 2, HEIGHT - 2)
PARTS = box(20, 2, 3, 3) | box(23, 5, 2, 2) | box(40, 20, 1, 1)
HARD = [RING, box(8, 8, 1, 1), PARTS, FRAME, box(WIDTH - 2, HEIGHT - 2, 1, 1), box(30, 10, 6, 9)]
"""Holes with an object in one, parts that touch at a corner, the whole border, single pixels; none overlaps."""

NAMES = ["day/größe 06.png", "night/größe 06.png", "street.1.png", "street.png", "空.png"]


@pytest.fixture
def label(project: Project, add_image: AddImage, keep: Keep) -> Label:
    """Label some images; with `overlap` there are objects over others, and one under all."""

    def make(overlap: bool) -> list[Image]:
        images = [add_image(name) for name in NAMES]
        for at, bits in enumerate(HARD):
            keep(images[0], bits, [1, 2, 3, 1, 2, 1][at])  # 3 is stuff, of which some formats have one for each image
        if overlap:
            keep(images[0], box(2, 2, 30, 20), 1)
            keep(images[0], box(2, 2, 30, 20), 2)
        for at, image in enumerate(images[1:]):
            keep(image, box(at, at, 9, 5), 2)
        return images

    return make


def state(images: list[Image], *more: str) -> State:
    """What is kept of each image, in drawing order."""
    return {
        image.name: [
            (one.category.name, one.counts, *(getattr(one, name) for name in more))
            for one in Annotation.objects.filter(set__main_of=image).select_related("category").order_by("z", "pk")
        ]
        for image in images
    }


def clear() -> None:
    Annotation.objects.all().delete()
    AnnotationSet.objects.update(objects_kept=0)


EXACT: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("coco", {}, {}, True),
    ("datumaro", {}, {}, True),
    ("cvat", {}, {}, True),
    ("labelme", {}, {}, True),
    ("label_studio", {}, {}, True),
    ("huggingface", {}, {}, True),
    ("huggingface", {"layout": "imagefolder", "include_images": True}, {}, True),
    ("panoptic", {}, {}, False),
    ("voc", {}, {}, False),
    ("png", {}, {}, False),
]
"""A format, how it is exported, how it is imported, and whether it holds what lies under other objects."""


def test_yolo_brings_back_all_but_parts(label: Label, make_zip: MakeZip, bring_in: BringIn, tmp_path: Any) -> None:
    """Holes are in the outline; the parts of an object are joined by lines of pixels, or objects of their own."""
    images = label(True)
    before = state(images)
    make_zip("yolo")
    clear()
    row = bring_in(tmp_path / "out.zip", "yolo")
    assert (row.state, row.report["defects"], row.report["notes"]) == (Import.State.DONE, [], [])
    after = state(images)
    joined = after[NAMES[0]].pop(2)
    assert before[NAMES[0]].pop(2)[1] == masks.encode(PARTS)
    assert after == before
    bits = masks.decode(joined[1], HEIGHT, WIDTH)
    assert not (PARTS & ~bits).any()
    assert (bits & ~PARTS).sum() < 40


@pytest.mark.parametrize("labels", ["instances", "polygons"])
def test_cityscapes_brings_back_what_it_says(
    label: Label, make_zip: MakeZip, bring_in: BringIn, tmp_path: Any, labels: str
) -> None:
    """In drawing order; crowds stay crowds. The outlines have parts of an object, and what lies under others, too."""
    images = label(labels == "polygons")
    Annotation.objects.filter(counts=masks.encode(PARTS)).update(crowd=True)
    Annotation.objects.filter(counts=masks.encode(HARD[5])).update(crowd=True)
    before = state(images, "crowd")
    make_zip("cityscapes")
    clear()
    row = bring_in(tmp_path / "out.zip", "cityscapes", labels=labels)
    assert (row.state, row.report["defects"], row.report["notes"]) == (Import.State.DONE, [], [])
    assert state(images, "crowd") == {
        name: [(*one[:2], one[2] and one[0] != "road") for one in given] for name, given in before.items()
    }


@pytest.mark.parametrize(("format", "out", "back", "overlap"), EXACT)
def test_masks_classes_and_order_come_back(
    label: Label, make_zip: MakeZip, bring_in: BringIn, tmp_path: Any, format: str, out: dict[str, Any],
    back: dict[str, Any], overlap: bool,
) -> None:  # fmt: skip
    images = label(overlap)
    before = state(images)
    make_zip(format, **out)
    clear()
    row = bring_in(tmp_path / "out.zip", format, **back)
    assert (row.state, row.reason, row.report["defects"], row.report["notes"]) == (Import.State.DONE, "", [], [])
    assert state(images) == before


@pytest.mark.parametrize("format", ["coco", "cvat", "datumaro", "huggingface", "label_studio", "labelme"])
def test_attributes_and_crowds_come_back(
    project: Project, add_image: AddImage, keep: Keep, make_zip: MakeZip, bring_in: BringIn, tmp_path: Any, format: str
) -> None:
    kinds: list[tuple[str, Any, list[str]]] = [
        ("note", "text", []), ("count", "number", []), ("far", "flag", []), ("größe", "choice", ["klein", "groß"]),
    ]  # fmt: skip
    save_attributes(project, [AttributeSpec(name=name, kind=kind, choices=given) for name, kind, given in kinds])
    image = add_image("a.png")
    kept = [keep(image, box(9 * at, 1, 5, 5), 1) for at in range(4)]
    answers: list[dict[str, Any]] = [
        {"1": "rot & <grün>", "2": 2.5, "3": True, "4": "groß"}, {"2": 7, "3": False}, {}, {"1": "a\nb: c"},
    ]  # fmt: skip
    if format == "labelme":
        answers[3] = {"1": "a: b"}  # its description has a line for each answer
    for one, given in zip(kept, answers, strict=True):
        Annotation.objects.filter(pk=one.pk).update(attributes=given)
    crowds = format in CROWDS
    if crowds:
        Annotation.objects.filter(pk=kept[2].pk).update(crowd=True)
    make_zip(format)
    clear()
    row = bring_in(tmp_path / "out.zip", format)
    assert (row.state, row.report["defects"], row.report["attributes"]) == (Import.State.DONE, [], {})
    back = state([image], "attributes", "crowd")["a.png"]
    assert [(one[2], one[3]) for one in back] == [(given, crowds and at == 2) for at, given in enumerate(answers)]


CROWDS = {"coco", "datumaro", "huggingface", "labelme"}
"""Formats that can say that an object is a crowd."""


@pytest.mark.parametrize(("format", "out", "back"), [one[:3] for one in EXACT])
def test_pictures_and_classes_come_with_the_labels(
    project: Project, label: Label, make_zip: MakeZip, bring_in: BringIn, tmp_path: Any, format: str,
    out: dict[str, Any], back: dict[str, Any],
) -> None:  # fmt: skip
    """Into a project that has neither."""
    label(False)
    before = state(list(project.images.all()))
    classes = list(Category.objects.filter(pk__in=Annotation.objects.values("category")).values_list("name", flat=True))
    make_zip(format, **{"include_images": True} | out)
    Annotation.objects.all().delete()
    AnnotationSet.objects.all().delete()
    Image.objects.all().delete()
    Category.objects.all().delete()
    row = bring_in(tmp_path / "out.zip", format, create=True, **back)
    assert (row.state, row.reason, row.report["defects"]) == (Import.State.DONE, "", [])
    after = state(list(project.images.all()))
    assert sorted(after.values()) == sorted(before.values())
    assert set(classes) <= set(Category.objects.values_list("name", flat=True))
    for name in after:
        assert any(name.endswith(one) for one in NAMES), name


def test_the_hard_masks_do_not_overlap() -> None:
    assert np.add.reduce([one.astype(int) for one in HARD]).max() == 1
    assert all(masks.encode(one) for one in HARD)
