"""COCO instances: what pycocotools, detectron2, mmdetection and torchvision read."""

from typing import Any, Literal

from labeling import masks
from labeling.annotations.models import Annotation
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import polygons
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.registry import Advance, Options, register
from labeling.projects.attributes import by_name

ANNOTATIONS = "annotations/instances.json"

README = """COCO instances of the project “{project}”

annotations/instances.json   {images} images, {objects} objects, {categories} classes

- Ids of images and annotations count from 1: images in the order of their making, the annotations of an image in
  drawing order (where two overlap, the later one is on top). Category ids are the numbers of the
  project's classes: the same in every export, never used again for another class.
- width and height are those of the upright picture; file_name is relative to images/.{pictures}
- segmentation is {segmentation}
- area and bbox are exact: pixels of the mask, and x, y, width, height of its tight box; the first pixel of a picture
  alone is [0, 0, 1, 1]. iscrowd is always 0.
- Additional keys: uid of an annotation (stays the same in every export), its attributes (if the project defines any;
  answers by the attribute's name; what was not answered is left out), original of an image (the uploaded file),
  color of a category; its supercategory is thing or stuff.
"""
_RLE = 'run-length encoded: {"size": [height, width], "counts": compressed string}, column by column.'
_POLYGONS = (
    "polygons along the edges of the pixels; each draws exactly the mask (checked with pycocotools).\n"
    "  {rle} of {objects} objects have holes, which COCO polygons can't say, and are run-length encoded instead."
)


class CocoOptions(Options):
    """`segmentation`: how masks are written."""

    segmentation: Literal["rle", "polygons"] = "rle"


@register(name="coco", title="COCO instances", options=CocoOptions)
def write(dataset: Dataset, options: CocoOptions, archive: Archive, advance: Advance) -> None:
    """One JSON file with images, classes and masks (RLE or polygons), as pycocotools reads it."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    kept_as_rle = 0
    for item in dataset:
        images.append(_image(item))
        for kept in item.objects:
            segmentation = _segmentation(kept, item, options.segmentation)
            kept_as_rle += isinstance(segmentation, dict)
            annotation = _annotation(len(annotations) + 1, kept, item, segmentation)
            if dataset.attributes:
                annotation["attributes"] = by_name(dataset.attributes, kept.attributes)
            annotations.append(annotation)
        if options.include_images:
            item.copy_view(archive)
        advance()
    info = _info(dataset)
    if options.segmentation == "polygons":
        info["kept_as_rle"] = kept_as_rle
    archive.write_json(
        ANNOTATIONS,
        {
            "info": info,
            "licenses": [],
            "images": images,
            "annotations": annotations,
            "categories": [
                {"id": one.number, "name": one.name, "supercategory": one.kind, "color": one.color}
                for one in dataset.categories
            ],
        },
    )
    archive.write_text("README.txt", _readme(dataset, options, len(images), len(annotations), kept_as_rle))


def _info(dataset: Dataset) -> dict[str, Any]:
    changed = dataset.changed_at()
    return {
        "description": dataset.project.name,
        "version": "1.0",
        "year": changed.year,
        "contributor": "Interlabel",
        "date_created": changed.isoformat(timespec="seconds"),
    }


def _image(item: Item) -> dict[str, Any]:
    return {
        "id": item.number,
        "file_name": item.file_name,
        "width": item.image.width,
        "height": item.image.height,
        "original": {"name": item.image.name, "sha256": item.image.sha256},
    }


def _annotation(number: int, kept: Annotation, item: Item, segmentation: Any) -> dict[str, Any]:
    area, box = masks.area_and_box(item.counts(kept), item.image.height, item.image.width)
    return {
        "id": number,
        "image_id": item.number,
        "category_id": kept.category.number,
        "segmentation": segmentation,
        "area": area,
        "bbox": box.as_list(),
        "iscrowd": 0,
        "uid": str(kept.uid),
    }


def _segmentation(kept: Annotation, item: Item, wanted: str) -> dict[str, Any] | list[list[int]]:
    if wanted == "polygons":
        found = polygons.of(item.bits(kept))
        if found is not None:
            return found
    return {"size": [item.image.height, item.image.width], "counts": item.counts(kept)}


def _readme(dataset: Dataset, options: CocoOptions, images: int, objects: int, kept_as_rle: int) -> str:
    segmentation = _RLE if options.segmentation == "rle" else _POLYGONS.format(rle=kept_as_rle, objects=objects)
    return README.format(
        project=dataset.project.name,
        images=images,
        objects=objects,
        categories=len(dataset.categories),
        pictures="" if options.include_images else " The pictures are not in this zip.",
        segmentation=segmentation,
    )
