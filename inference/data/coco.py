"""Reading data sets: images, object masks, void pixels. Used by training and by the evaluation.

Three kinds of files, told apart by what they hold: COCO instances, LVIS (no `iscrowd`; pictures named by `coco_url`)
and COCO panoptic (a folder of PNG files beside the JSON file whose colours are segment ids).
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as rle

from inference.core.arrays import Mask


class DataError(ValueError):
    """A data file that cannot be used; the message names the file and the field."""


@dataclass(frozen=True)
class CocoImage:
    """One picture of a data set, with the annotations that lie on it (crowds left out)."""

    id: int
    path: Path
    height: int
    width: int
    group: str  # pictures of one group (a video sequence) must not be split between training and validation
    annotations: tuple[dict[str, Any], ...]  # each has `segmentation`, `area`, `bbox`; `stuff` where it is no thing
    ignore: Any = None
    sequence: str | None = None  # of a video


def decode(segmentation: Any, height: int, width: int) -> Mask:
    """A segmentation as H x W bool: polygons, compressed or uncompressed RLE, or segments of a panoptic PNG."""
    if isinstance(segmentation, list):
        coded = rle.merge(rle.frPyObjects(segmentation, height, width))
    elif "png" in segmentation:
        return np.isin(segment_ids(segmentation["png"]), segmentation["ids"])
    elif isinstance(segmentation["counts"], list):
        coded = rle.frPyObjects(segmentation, height, width)
    else:
        coded = segmentation
    return np.asarray(rle.decode(coded), dtype=bool)


def encoded(segmentation: Any, height: int, width: int) -> dict[str, Any]:
    """A segmentation as compressed RLE. One that is that already is not decoded on the way."""
    if isinstance(segmentation, dict) and isinstance(segmentation.get("counts"), str | bytes):
        return segmentation
    found: dict[str, Any] = rle.encode(np.asfortranarray(decode(segmentation, height, width).view(np.uint8)))
    return found


@functools.lru_cache(maxsize=8)
def segment_ids(png: str) -> NDArray[np.int32]:
    """H x W ids of a panoptic PNG: red + 256 green + 65536 blue. The newest few are kept; don't write to them."""
    red, green, blue = np.moveaxis(read_rgb(Path(png)).astype(np.int32), 2, 0)
    return np.asarray(red + 256 * green + 65536 * blue)


class Pictures:
    """Finds the pictures of a data file: beside it, in `images`, or one level up, as COCO lays its files out; in a
    folder that is named as the file ends (`instances_train2017.json`: `train2017`)."""

    def __init__(self, file: Path) -> None:
        self.file = file
        roots = (file.parent, file.parent / "images", file.parent.parent, file.parent.parent / "images")
        split = file.stem.rpartition("_")[2]
        self.folders = [*roots, *(root / split for root in roots)]

    def find(self, image: dict[str, Any]) -> Path:
        """The picture of an entry of `images`; raises DataError or FileNotFoundError."""
        url = str(image.get("coco_url", ""))
        names = [image["file_name"]] if "file_name" in image else []
        names += ["/".join(url.split("/")[-2:]), url.split("/")[-1]] if url else []
        if not names:
            raise DataError(f"{self.file}: image {image.get('id')} has neither 'file_name' nor 'coco_url'")
        for folder in self.folders:
            for name in names:
                if (folder / name).is_file():
                    self.folders.remove(folder)
                    self.folders.insert(0, folder)  # the others will be here, too
                    return folder / name
        raise FileNotFoundError(f"image {names[0]} of {self.file} not found beside it")


def read_set(file: Path) -> list[CocoImage]:
    """All pictures of a data file, in its order. Raises DataError, or FileNotFoundError for a missing picture."""
    data = _load(file)
    pictures = Pictures(file)
    panoptic = any("segments_info" in a for a in data["annotations"])
    by_image, void = _panoptic(file, data) if panoptic else (_instances(file, data), {})
    result = []
    for image in data["images"]:
        _require(file, "images", image, "id", "height", "width")
        annotations = by_image.get(image["id"], ())
        sequence = None if image.get("sequence") is None else str(image["sequence"])
        result.append(
            CocoImage(
                id=image["id"],
                path=pictures.find(image),
                height=image["height"],
                width=image["width"],
                group=sequence or str(image["id"]),
                annotations=tuple(_measured(a, image["height"], image["width"]) for a in annotations),
                ignore=void.get(image["id"], image.get("ignore")),
                sequence=sequence,
            )
        )
    return result


def _load(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{file} is no JSON file: {error}") from None
    if not isinstance(data, dict):
        raise DataError(f"{file}: a COCO, LVIS or panoptic file is an object with 'images' and 'annotations'")
    for field in ("images", "annotations"):
        if not isinstance(data.get(field), list):
            raise DataError(f"{file}: no list '{field}'; this is no COCO, LVIS or panoptic file")
    return data


def _require(file: Path, field: str, entry: dict[str, Any], *names: str) -> None:
    for name in names:
        if name not in entry:
            raise DataError(f"{file}: an entry of '{field}' (id {entry.get('id')}) has no '{name}'")


def _instances(file: Path, data: dict[str, Any]) -> dict[Any, list[dict[str, Any]]]:
    """Annotations by image of a COCO or LVIS file; without crowds and without those that have no segmentation."""
    by_image: dict[Any, list[dict[str, Any]]] = {}
    for annotation in data["annotations"]:
        _require(file, "annotations", annotation, "image_id")
        if annotation.get("segmentation") and not annotation.get("iscrowd"):
            by_image.setdefault(annotation["image_id"], []).append(annotation)
    if data["annotations"] and not by_image:
        raise DataError(f"{file}: no entry of 'annotations' has a 'segmentation'")
    return by_image


def _panoptic(file: Path, data: dict[str, Any]) -> tuple[dict[Any, list[dict[str, Any]]], dict[Any, Any]]:
    """Segments by image of a panoptic file, and what is void there: unlabelled pixels and crowds."""
    folder = file.with_suffix("")
    if not folder.is_dir():
        raise DataError(f"{file}: a panoptic file needs its folder of PNG files, {folder.name}, beside it")
    things = {c["id"] for c in data.get("categories", []) if c.get("isthing", 1)}
    by_image: dict[Any, list[dict[str, Any]]] = {}
    void: dict[Any, Any] = {}
    for entry in data["annotations"]:
        _require(file, "annotations", entry, "image_id", "file_name", "segments_info")
        png, crowds = str(folder / entry["file_name"]), [0]
        kept = by_image.setdefault(entry["image_id"], [])
        for segment in entry["segments_info"]:
            _require(file, "segments_info", segment, "id", "category_id")
            if segment.get("iscrowd"):
                crowds.append(segment["id"])
            else:
                stuff = segment["category_id"] not in things
                kept.append(segment | {"segmentation": {"png": png, "ids": [segment["id"]]}, "stuff": stuff})
        void[entry["image_id"]] = {"png": png, "ids": crowds}
    return by_image, void


def _measured(annotation: dict[str, Any], height: int, width: int) -> dict[str, Any]:
    """The annotation with `area` and `bbox`, from its mask where the file does not say."""
    if annotation.get("area") is not None and annotation.get("bbox"):
        return annotation
    mask = decode(annotation["segmentation"], height, width)
    ys, xs = np.nonzero(mask)
    box = [int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1] if len(xs) else [0, 0, 0, 0]
    return annotation | {"area": int(mask.sum()), "bbox": box}


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """H x W x 3 uint8 RGB."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} is no picture that can be read")
    return np.ascontiguousarray(image[:, :, ::-1])


def set_name(file: Path) -> str:
    """What a file's set is called in the rules: its folder, or the one above `annotations`."""
    return file.parent.parent.name if file.parent.name == "annotations" else file.parent.name
