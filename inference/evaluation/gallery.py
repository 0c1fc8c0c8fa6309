"""A picture of what the model does: typical objects and its worst ones.

    python -m inference.evaluation.gallery DATA.json --limit 60 --out docs/images/model

Each tile shows the numbered clicks of the simulated user (green in, red out), the true border (white) and the mask
(blue), with the number of clicks and the IoU. `typical.png` takes objects around the median IoU after three clicks,
`worst.png` those with the lowest.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.core.arrays import Image
from inference.data.coco import read_rgb
from inference.data.simulated_user import next_click
from inference.evaluation.clicks import segmenter
from inference.measure.drawing import save, sheet, tile
from inference.measure.noc import iou, sample, truth_of, void_of
from inference.predictor import ClickPredictor


@dataclass(frozen=True)
class Shot:
    """An object after one click and after three: a tile each, and the last IoU."""

    first: Image
    third: Image
    score: float


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
                count = f"{len(clicks)} click{'s' * (len(clicks) > 1)}"
                tiles.append(tile(pixels, truth, mask, clicks, f"{count}: IoU {score:.2f}"))
            shots.append(Shot(tiles[0], tiles[2], score))
    return sorted(shots, key=lambda s: s.score)


def write(path: Path, shots: list[Shot]) -> None:
    """Four objects a row, one click above three clicks."""
    rows: list[Image] = []
    for k in range(0, len(shots) // 4 * 4, 4):
        some = shots[k : k + 4]
        rows += [s.first for s in some] + [s.third for s in some]
    save(path, sheet(rows, 4))


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
