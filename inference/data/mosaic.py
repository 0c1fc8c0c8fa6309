"""A large picture with known objects: photographs of a COCO file laid side by side, each at its own size.

    python -m inference.data.mosaic DATA.json --size 8000x6000 --out mosaic

writes `mosaic.jpg`, and `mosaic.json` with the photographs' objects where they lie now. Photographs repeat when there
are too few of them; only the first copy's objects are listed. Evaluating on it asks whether an object that is tiny in a
large picture is found as well as in its own photograph: `python -m inference.evaluate clicks mosaic.json --tiles`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from pycocotools import mask as rle

from inference.core.arrays import Mask
from inference.data.coco import CocoImage, decode, read_rgb, read_set

JPEG_LARGEST_SIDE = 65_535
QUALITY = 92


def shelves(images: Sequence[CocoImage], width: int, height: int) -> Iterator[tuple[CocoImage, int, int]]:
    """Photographs and where their corners lie: in rows from the top, each as high as its highest photograph."""
    x = y = tallest = count = 0
    while y < height:
        image = images[count % len(images)]
        yield image, x, y
        count += 1
        x, tallest = x + image.width, max(tallest, image.height)
        if x >= width:
            x, y, tallest = 0, y + tallest, 0


def moved(segmentation: Any, image: CocoImage, x: int, y: int, height: int, width: int) -> dict[str, Any] | None:
    """The same object in a picture of height x width whose part at (x, y) the photograph is, as compressed RLE. None
    unless it lies in the picture as a whole."""
    mask = decode(segmentation, image.height, image.width)
    rows, columns = np.nonzero(mask)
    if not len(rows) or x + columns.max() >= width or y + rows.max() >= height:
        return None
    counts = _runs(mask, x, y, height, width)
    coded: dict[str, Any] = rle.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return coded | {"counts": coded["counts"].decode("ascii")}


def _runs(mask: Mask, x: int, y: int, height: int, width: int) -> list[int]:
    """Column-major run lengths, background first, of a mask that lies at (x, y); the whole is never made."""
    columns, rows = np.nonzero(mask.T)
    at = (columns.astype(np.int64) + x) * height + rows + y
    breaks = np.flatnonzero(np.diff(at) > 1)
    starts, ends = at[np.r_[0, breaks + 1]], at[np.r_[breaks, len(at) - 1]] + 1
    edges = np.r_[0, np.stack([starts, ends], 1).ravel(), height * width]
    return [int(run) for run in np.diff(edges)]


def lay(images: Sequence[CocoImage], width: int, height: int) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """The picture, height x width x 3 uint8 RGB, and the annotations of the objects that lie whole in it."""
    canvas = np.full((height, width, 3), 128, np.uint8)
    annotations: list[dict[str, Any]] = []
    seen: set[int] = set()
    for image, x, y in shelves(images, width, height):
        part = canvas[y : y + image.height, x : x + image.width]
        part[:] = read_rgb(image.path)[: part.shape[0], : part.shape[1]]
        for one in image.annotations if image.id not in seen else ():
            coded = moved(one["segmentation"], image, x, y, height, width)
            if coded is not None:
                box = [one["bbox"][0] + x, one["bbox"][1] + y, *one["bbox"][2:]]
                about = {"id": len(annotations) + 1, "image_id": 1, "category_id": one["category_id"], "iscrowd": 0}
                annotations.append(about | {"segmentation": coded, "area": one["area"], "bbox": box})
        seen.add(image.id)
    return canvas, annotations


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m inference.data.mosaic", description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="a COCO file")
    parser.add_argument("--size", default="8000x6000", metavar="WIDTHxHEIGHT")
    parser.add_argument("--seed", type=int, default=0, help="of the photographs' order")
    parser.add_argument("--out", type=Path, required=True, help="the files' name, without an ending")
    args = parser.parse_args()
    width, height = (int(part) for part in args.size.split("x"))
    if not (0 < width <= JPEG_LARGEST_SIDE and 0 < height <= JPEG_LARGEST_SIDE):
        raise SystemExit(f"mosaic: a JPEG has 1 to {JPEG_LARGEST_SIDE} pixels a side, not {args.size}")
    images = read_set(args.data)
    order = np.random.default_rng(args.seed).permutation(len(images))
    canvas, annotations = lay([images[k] for k in order], width, height)
    Pillow.fromarray(canvas).save(args.out.with_suffix(".jpg"), quality=QUALITY, subsampling=0)
    entry = {"id": 1, "file_name": args.out.with_suffix(".jpg").name, "width": width, "height": height}
    categories = json.loads(args.data.read_text(encoding="utf-8")).get("categories", [])
    data = {"images": [entry], "annotations": annotations, "categories": categories}
    args.out.with_suffix(".json").write_text(json.dumps(data), encoding="utf-8")
    print(f"{args.out.with_suffix('.jpg')}: {width} x {height}, {len(annotations)} objects")


if __name__ == "__main__":
    main()
