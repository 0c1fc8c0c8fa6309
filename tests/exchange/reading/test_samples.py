"""Files that other people's tools wrote are imported exactly: classes, masks, order, attributes."""

import json
from typing import Any

import pytest

from labeling import masks
from labeling.annotations.models import Annotation
from labeling.exchange.matching import Matcher
from labeling.exchange.models import Import
from labeling.exchange.reading import Reading
from labeling.exchange.registry import readable_formats
from labeling.exchange.source import opened
from labeling.images.models import Image
from labeling.projects.models import Project
from tests.exchange.reading.conftest import CASES, BringIn, case, expected

pytestmark = pytest.mark.once

CITYSCAPES = {
    f"leftImg8bit/train/aachen/aachen_00000{at}_000019_leftImg8bit": name
    for at, name in enumerate(["img_01_street.jpg", "img_02_truck.jpg"])
}
FOLDERS: list[tuple[str, str, dict[str, Any]]] = [
    ("coco_instances-datumaro", "coco", {}),
    ("datumaro-datumaro", "datumaro", {}),
    ("cvat_images-cvat_sdk", "cvat", {}),
    ("labelme_mask-labelme", "labelme", {}),
    ("label_studio-sdk", "label_studio", {"predictions": True}),
    ("coco_panoptic-panopticapi", "panoptic", {}),
    ("voc_segmentation-datumaro", "voc", {}),
    ("voc_palette-imgviz", "voc", {}),
    ("png_kitti_segmentation-datumaro", "png", {}),
    ("hf_parquet-datasets", "huggingface", {}),
    ("cityscapes-cityscapesscripts", "cityscapes", {"mapping": CITYSCAPES}),
]
"""A folder, its format, and what its user chooses."""


def imported(image: Image) -> list[Annotation]:
    """The objects of an image in drawing order."""
    return list(Annotation.objects.filter(set__main_of=image).select_related("category").order_by("z", "pk"))


def is_same(one: Annotation, right: dict[str, Any], image: Image) -> bool:
    """Whether a mask is exactly the right one."""
    height, width = right["segmentation"]["size"]
    assert (height, width) == (image.height, image.width)
    return one.counts == masks.canonical(right["segmentation"]["counts"], height, width)


@pytest.mark.parametrize(("folder", "format", "options"), FOLDERS)
def test_a_folder_is_imported_exactly(
    folder: str, format: str, options: dict[str, Any], sample_images: dict[str, Image], bring_in: BringIn
) -> None:
    row = bring_in(case(folder), format, **options)
    assert (row.state, row.reason, row.report["defects"]) == (Import.State.DONE, "", [])
    assert row.added == compared(folder, sample_images)


ELSEWHERE = {
    "images",
    "defects",  # test_defects.py
    "coco_results-pycocotools",  # test_results.py
    "coco_instances-supervision",  # below, as the next
    "yolo_seg-supervision",
}


def test_every_folder_is_imported() -> None:
    there = {path.name for path in case("").iterdir() if path.is_dir()}
    assert there == {folder for folder, _, _ in FOLDERS} | ELSEWHERE


DATA = CASES.parents[1] / "data"
SETS = [path.relative_to(DATA).as_posix() for path in sorted(DATA.glob("*/*.json")) if path.stat().st_size < 1_000_000]
"""The smaller of the public data sets; the larger have the same in more of it, which takes long."""


@pytest.mark.parametrize("name", SETS)
def test_a_public_data_set_in_coco_is_read_exactly(project: Project, name: str) -> None:
    """Every mask, class and crowd, in the file's order, as pycocotools has them."""
    content = json.loads((DATA / name).read_text())
    Image.objects.bulk_create(
        Image(
            project=project, name=f"{at}/{one['file_name']}", sha256=f"{at:064x}", width=one["width"],
            height=one["height"],
        )
        for at, one in enumerate(content["images"])
    )  # fmt: skip
    classes = {one["id"]: one["name"] for one in content["categories"]}
    right: dict[int, list[tuple[str, str, bool]]] = {one["id"]: [] for one in content["images"]}
    for one in content["annotations"]:
        size = one["segmentation"]["size"]
        counts = masks.canonical(one["segmentation"]["counts"], *size)
        right[one["image_id"]].append((classes[one["category_id"]], counts, bool(one["iscrowd"])))
    format = readable_formats()["coco"]
    assert format.read is not None
    with opened(DATA / name) as source:
        reading = Reading(source, Matcher(project, source, create=False, mapping={}))
        found = [
            [(one.category, one.counts, one.crowd) for one in image.objects]
            for image in format.read(reading, format.parse_reading({}))
        ]
    assert not reading.defects
    assert found == list(right.values())


def compared(folder: str, sample_images: dict[str, Image]) -> int:
    """How many objects were imported; each is as it should be."""
    answers = expected(folder)["images"]
    count = 0
    for name, right in answers.items():
        image = sample_images[name]
        kept = imported(image)
        assert [one.category.name for one in kept] == [one["class"] for one in right], name
        wrong = [place for place, pair in enumerate(zip(kept, right, strict=True)) if not is_same(*pair, image)]
        assert not wrong, f"{name}: {wrong}"
        count += len(kept)
    assert count == sum(len(one) for one in answers.values())
    return count


def test_yolo_with_objects_that_became_boxes(sample_images: dict[str, Image], bring_in: BringIn) -> None:
    """supervision writes objects of less than three points as boxes, which is told; OpenCV fills the rest."""
    row = bring_in(case("yolo_seg-supervision"), "yolo", skip_defects=True)
    assert [one["reason"] for one in row.report["defects"]] == ["It is a box, without a mask."] * 3
    assert row.added == compared("yolo_seg-supervision", sample_images)


def test_polygons_are_filled_by_the_rule_of_coco(sample_images: dict[str, Image], bring_in: BringIn) -> None:
    """As pycocotools fills them, if nobody chooses another rule. Objects of one pixel have no shape in the file."""
    row = bring_in(case("coco_instances-supervision"), "coco", skip_defects=True)
    assert [one["reason"] for one in row.report["defects"]] == ["It has no mask, only a box at most."] * 2
    for name, right in expected("coco_instances-supervision")["images"].items():
        image = sample_images[name]
        there = [one for one in right if one["area"]]
        pairs = zip(imported(image), there, strict=True)
        assert all(one.category.name == given["class"] and is_same(one, given, image) for one, given in pairs)


def test_polygons_are_filled_by_the_rule_of_who_traced_them(sample_images: dict[str, Image], bring_in: BringIn) -> None:
    """supervision traces with OpenCV: by its rule every mask is the truth. It writes objects of one pixel without a
    shape, which is told."""
    row = bring_in(case("coco_instances-supervision"), "coco", fill="opencv", skip_defects=True)
    assert [one["reason"] for one in row.report["defects"]] == ["It has no mask, only a box at most."] * 2
    assert row.added == 36
    for image, right in truth_by_image(sample_images):
        larger = [counts for counts in right if masks.area_and_box(counts, image.height, image.width)[0] > 1]
        assert [one.counts for one in imported(image)] == larger


def truth_by_image(images: dict[str, Image]) -> list[tuple[Image, list[str]]]:
    """Each image and the true masks of its objects, in painting order."""
    truth = json.loads(case("truth.json").read_text())
    found: dict[str, list[str]] = {name: [] for name in images}
    names = {one["id"]: one["file_name"] for one in truth["images"]}
    for one in sorted(truth["annotations"], key=lambda one: one["order"]):
        size = one["segmentation"]["size"]
        found[names[one["image_id"]]].append(masks.canonical(one["segmentation"]["counts"], *size))
    return [(images[name], right) for name, right in found.items()]
