"""Reading COCO-format files: images, object masks, void pixels. Used by training and by the evaluation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as rle

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CocoImage:
    """One picture of a data set, with the annotations that lie on it (crowds left out)."""

    id: int
    path: Path
    height: int
    width: int
    group: str  # pictures of one group (a video sequence) must not be split between training and validation
    annotations: tuple[dict[str, Any], ...]
    ignore: Any = None


def decode(segmentation: Any, height: int, width: int) -> Mask:
    """A segmentation (polygons, compressed or uncompressed RLE) as H x W bool."""
    if isinstance(segmentation, list):
        coded = rle.merge(rle.frPyObjects(segmentation, height, width))
    elif isinstance(segmentation["counts"], list):
        coded = rle.frPyObjects(segmentation, height, width)
    else:
        coded = segmentation
    return np.asarray(rle.decode(coded), dtype=bool)


def find_image(root: Path, name: str) -> Path:
    """The picture beside its JSON file: `<file_name>` or `images/<file_name>`."""
    for path in (root / name, root / "images" / name):
        if path.is_file():
            return path
    raise FileNotFoundError(f"image {name} not found beside {root}")


def read_set(file: Path) -> list[CocoImage]:
    """All pictures of a COCO-format file, in its order."""
    data = json.loads(file.read_text())
    by_image: dict[int, list[dict[str, Any]]] = {}
    for annotation in data["annotations"]:
        usable = annotation.get("segmentation") and not annotation.get("iscrowd")
        if usable:
            by_image.setdefault(annotation["image_id"], []).append(annotation)
    return [
        CocoImage(
            id=image["id"],
            path=find_image(file.parent, image["file_name"]),
            height=image["height"],
            width=image["width"],
            group=str(image.get("sequence", image["id"])),
            annotations=tuple(by_image.get(image["id"], ())),
            ignore=image.get("ignore"),
        )
        for image in data["images"]
    ]


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """H x W x 3 uint8 RGB."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} is no picture that can be read")
    return np.ascontiguousarray(image[:, :, ::-1])
