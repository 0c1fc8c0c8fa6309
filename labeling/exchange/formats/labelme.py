"""labelme: a JSON file beside each picture, with mask shapes (labelme 5.1 and later).

It has whole masks and drawing order. It can't say: attributes other than yes or no as such (they are lines of the
description), which classes are stuff, colours. Tools that know only polygons don't read masks.
"""

import base64
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from labeling import masks
from labeling.annotations.models import Annotation
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import index_png
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.registry import Advance, Options, register
from labeling.projects.attributes import by_name

CROWD = "crowd"
"""The flag of objects that are a crowd."""

_VERSION = "5.5.0"


@register(name="labelme", title="labelme")
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """A JSON file beside each picture, with masks."""
    for item in dataset:
        archive.write_json(f"{item.stem}.json", _file(dataset, item), indent=2)
        if options.include_images:
            item.copy_view(archive, item.file_name)
        advance()
    rows = ["__ignore__", "_background_", *(" ".join(one.name.splitlines()) for one in dataset.categories)]
    archive.write_text("labels.txt", "".join(f"{row}\n" for row in rows))


def _file(dataset: Dataset, item: Item) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "flags": {},
        "shapes": [shape for kept in item.objects if (shape := _shape(dataset, item, kept))],
        "imagePath": PurePosixPath(item.file_name).name,
        "imageData": None,
        "imageHeight": item.image.height,
        "imageWidth": item.image.width,
    }


def _shape(dataset: Dataset, item: Item, kept: Annotation) -> dict[str, Any] | None:
    """A mask: a PNG of 0 and 1 in its tight box, whose corners belong to it. None when it has no pixel."""
    height, width = item.image.height, item.image.width
    counts = item.counts(kept)
    _, box = masks.area_and_box(masks.canonical(counts, height, width), height, width)
    if not box.width:
        return None
    patch = masks.inside(counts, height, width, box)
    answers = by_name(dataset.attributes, kept.attributes)
    flags = {name: value for name, value in answers.items() if isinstance(value, bool)}
    if kept.crowd:
        flags[CROWD] = True
    return {
        "label": kept.category.name,
        "points": [[box.x, box.y], [box.x + box.width - 1, box.y + box.height - 1]],
        "group_id": None,
        "description": "\n".join(f"{name}: {value}" for name, value in answers.items() if type(value) is not bool),
        "shape_type": "mask",
        "flags": flags,
        "mask": base64.b64encode(index_png.write(patch.astype(np.uint8))).decode("ascii"),
    }
