"""Copy-paste augmentation where tokens are cached: pictures with an object of another picture on them, made once.

Ghiasi et al., "Simple Copy-Paste" (CVPR 2021). A cached token has seen its whole picture, so tokens of two pictures
cannot be put together afterwards; a composite is a picture of its own that the encoder looks at. The result is a
COCO-format set like any other.

    python -m inference.data.copy_paste --sets voc/train.json coco/train.json --count 800 --out var/composites
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as rle
from tqdm import tqdm

from inference.core.arrays import Image, Mask
from inference.data.coco import CocoImage, DataError, decode, read_rgb, read_set

MIN_AREA, MAX_SHARE = 2000, 0.4  # of a pasted object: pixels, and share of its own picture
SCALES = (0.6, 1.5)
MIN_VISIBLE_SHARE = 0.3  # an object that is covered by more than the rest is dropped


@dataclass(frozen=True)
class Cut:
    """An object to paste: its box of the picture, and its mask there."""

    pixels: Image
    mask: Mask


def cut_out(image: CocoImage, annotation: dict[str, Any]) -> Cut:
    x, y, w, h = (round(v) for v in annotation["bbox"])
    x, y = max(x, 0), max(y, 0)
    box = (slice(y, y + max(h, 1)), slice(x, x + max(w, 1)))
    mask = decode(annotation["segmentation"], image.height, image.width)
    return Cut(read_rgb(image.path)[box], mask[box])


def vary(cut: Cut, rng: np.random.Generator, height: int, width: int) -> Cut:
    """Flipped or not, and scaled: 0.6 to 1.5 times, at most 0.8 of a height x width picture."""
    pixels, mask = cut.pixels, cut.mask
    if rng.random() < 0.5:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    h, w = mask.shape
    scale = min(float(np.exp(rng.uniform(*np.log(SCALES)))), 0.8 * height / h, 0.8 * width / w)
    size = (max(8, round(w * scale)), max(8, round(h * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    big = cv2.resize(np.ascontiguousarray(mask, np.float32), size, interpolation=cv2.INTER_LINEAR)
    return Cut(np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=how), np.uint8), big > 0.5)


def paste(picture: Image, cut: Cut, rng: np.random.Generator) -> tuple[Image, Mask]:
    """The picture with the cut at a random place, at most 0.15 of it outside on each side, and where it is now."""
    height, width = picture.shape[:2]
    h, w = cut.mask.shape
    y = int(rng.uniform(-0.15 * h, height - 0.85 * h))
    x = int(rng.uniform(-0.15 * w, width - 0.85 * w))
    here = (slice(max(y, 0), min(y + h, height)), slice(max(x, 0), min(x + w, width)))
    there = (slice(here[0].start - y, here[0].stop - y), slice(here[1].start - x, here[1].stop - x))
    placed = np.zeros((height, width), bool)
    placed[here] = cut.mask[there]
    soft = cv2.GaussianBlur(cut.mask.astype(np.float32), (3, 3), 0.7)[there][:, :, None]
    out = picture.copy()
    out[here] = (picture[here] + (cut.pixels[there].astype(np.float32) - picture[here]) * soft).round().astype(np.uint8)
    return out, placed


def describe(mask: Mask) -> dict[str, Any]:
    """Segmentation, area and box of a mask that is not empty."""
    coded = rle.encode(np.asfortranarray(mask.view(np.uint8)))
    ys, xs = np.nonzero(mask)
    return {
        "segmentation": {"size": list(mask.shape), "counts": coded["counts"].decode()},
        "area": int(mask.sum()),
        "bbox": [int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1],
        "category_id": 1,
        "iscrowd": 0,
    }


def compose(
    image: CocoImage, source: CocoImage, annotation: dict[str, Any], rng: np.random.Generator
) -> tuple[Image, list[Mask], Mask | None]:
    """One composite: the picture, its objects (the pasted one first), and what is void."""
    cut = vary(cut_out(source, annotation), rng, image.height, image.width)
    picture, placed = paste(read_rgb(image.path), cut, rng)
    masks = [placed]
    for a in image.annotations:
        whole = decode(a["segmentation"], image.height, image.width)
        left = whole & ~placed
        if left.sum() >= max(200, MIN_VISIBLE_SHARE * whole.sum()):
            masks.append(left)
    void = None if image.ignore is None else decode(image.ignore, image.height, image.width) & ~placed
    return picture, masks, void


def make(files: Sequence[Path], out: Path, count: int, seed: int, exclude: frozenset[str] = frozenset()) -> Path:
    """Write OUT/composites/train.json and its pictures, unless the very same are there, and return the file.
    Pictures of groups in `exclude` are neither pasted on nor from."""
    recipe = {"count": count, "seed": seed, "sources": [f"{f.parent.name}/{f.name}" for f in files]}
    recipe["exclude"] = sorted(exclude)
    folder = out / "composites"
    file = folder / "train.json"
    if file.exists() and json.loads(file.read_text(encoding="utf-8")).get("recipe") == recipe:
        return file
    sets = [[i for i in read_set(f) if i.group not in exclude] for f in files]
    sources = [[(i, a) for i in images for a in i.annotations if _can_be_pasted(i, a)] for images in sets]
    sets, sources = [s for s in sets if s], [s for s in sources if s]
    if not sources:
        raise DataError(f"no object of {', '.join(map(str, files))} can be pasted: all are too small or too large")
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    written: list[dict[str, Any]] = []
    for number in tqdm(range(1, count + 1), desc="composites", file=sys.stderr, mininterval=10):
        rng = np.random.default_rng([seed, number])
        among = sets[int(rng.integers(len(sets)))]
        objects = sources[int(rng.integers(len(sources)))]
        picture, masks, void = compose(
            among[int(rng.integers(len(among)))], *objects[int(rng.integers(len(objects)))], rng
        )
        if not masks[0].any():
            continue
        name = f"images/{number:05}.jpg"
        cv2.imwrite(str(folder / name), picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        entry = {"id": number, "file_name": name, "height": picture.shape[0], "width": picture.shape[1]}
        if void is not None and void.any():
            entry["ignore"] = describe(void)["segmentation"]
        images.append(entry)
        written += [{"id": len(written) + k, "image_id": number} | describe(m) for k, m in enumerate(masks, 1)]
    data = {"recipe": recipe, "images": images, "annotations": written, "categories": [{"id": 1, "name": "object"}]}
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


def _can_be_pasted(image: CocoImage, annotation: dict[str, Any]) -> bool:
    area = annotation["area"]
    return not annotation.get("stuff") and MIN_AREA <= area <= MAX_SHARE * image.height * image.width


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, help="files whose pictures and objects are used")
    parser.add_argument("--count", type=int, default=800, help="how many pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--exclude", nargs="*", default=[], help="image groups (video sequences) to leave out")
    parser.add_argument("--out", type=Path, default=Path("var"), help="folder that gets composites/")
    args = parser.parse_args()
    print(make(args.sets, args.out, args.count, args.seed, frozenset(args.exclude)))


if __name__ == "__main__":
    main()
