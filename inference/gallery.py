"""A picture of what the model does: typical objects and its worst ones.

    python -m inference.gallery DATA.json --limit 60 --out docs/images/model

Each tile shows the clicks of the simulated user (green in, red out), the true border (white) and the model's mask
(blue), with the number of clicks and the IoU. `typical.png` takes objects around the median IoU after three clicks,
`worst.png` those with the lowest.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from inference.coco import read_rgb
from inference.evaluate import segmenter
from inference.predictor import ClickPredictor
from inference.protocol import iou, sample, truth_of, void_of
from inference.simulate import Mask, SimulatedClick, next_click

TILE = 160
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Shot:
    """An object after one click and after three: a tile each, and the last IoU."""

    first: Picture
    third: Picture
    score: float


def tile(image: Picture, truth: Mask, mask: Mask, clicks: list[SimulatedClick], score: float) -> Picture:
    """The part of the picture around the object, drawn upon."""
    ys, xs = np.nonzero(truth | mask)
    side = int(1.25 * max(np.ptp(xs), np.ptp(ys))) + 24
    x0 = int(np.clip((xs.min() + xs.max() - side) // 2, 0, max(0, image.shape[1] - side)))
    y0 = int(np.clip((ys.min() + ys.max() - side) // 2, 0, max(0, image.shape[0] - side)))
    cut = (slice(y0, y0 + side), slice(x0, x0 + side))
    part, true, made = image[cut].copy(), truth[cut], mask[cut]
    scale = TILE / max(part.shape[:2])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    out = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    big_true = cv2.resize(true.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    big_made = cv2.resize(made.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    out[big_made] = (0.5 * out[big_made] + 0.5 * np.array([30, 110, 255])).astype(np.uint8)
    outline, _ = cv2.findContours(big_true, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, outline, -1, (255, 255, 255), 1)
    for click in clicks:
        at = (int((click.x + 0.5 - x0) * scale), int((click.y + 0.5 - y0) * scale))
        cv2.circle(out, at, 5, (255, 255, 255), -1)
        cv2.circle(out, at, 4, (20, 170, 60) if click.positive else (220, 30, 40), -1)
    framed = np.full((TILE + 20, TILE + 6, 3), 255, np.uint8)
    framed[: out.shape[0], : out.shape[1]] = out
    words = f"{len(clicks)} click{'s' * (len(clicks) > 1)}: IoU {score:.2f}"
    cv2.putText(framed, words, (2, TILE + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return framed


def shoot(predictor: ClickPredictor, file: Path, limit: int, min_area: float, seed: int) -> list[Shot]:
    """Click three times on a sample of objects."""
    shots = []
    for image, objects in sample(file, limit, min_area, seed):
        pixels, void = read_rgb(image.path), void_of(image)
        features = predictor.encode(pixels)
        for annotation in objects:
            truth = truth_of(annotation, image)
            segment = segmenter(predictor.session(features))
            mask, clicks, tiles = np.zeros_like(truth), [], []
            score = 0.0
            for _ in range(3):
                click = next_click(mask, truth, void)
                if click is not None:
                    clicks.append(click)
                    mask = segment(click)
                    score = iou(mask, truth, void)
                tiles.append(tile(pixels, truth, mask, clicks, score))
            shots.append(Shot(tiles[0], tiles[2], score))
    return sorted(shots, key=lambda s: s.score)


def write(path: Path, shots: list[Shot]) -> None:
    """Four objects a row, one click above three clicks."""
    rows = []
    for k in range(0, len(shots) // 4 * 4, 4):
        some = shots[k : k + 4]
        rows += [np.hstack([s.first for s in some]), np.hstack([s.third for s in some])]
    picture = PIL.Image.fromarray(np.vstack(rows)).quantize(96, dither=PIL.Image.Dither.NONE)
    picture.save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="COCO-format file")
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--min-area", type=float, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images/model"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    shots = shoot(ClickPredictor(args.weights), args.data, args.limit, args.min_area, args.seed)
    if len(shots) < 8:
        raise SystemExit("too few objects for a picture")
    middle = len(shots) // 2
    write(args.out / "worst.png", shots[:4])
    write(args.out / "typical.png", shots[middle - 4 : middle + 4])


if __name__ == "__main__":
    main()
