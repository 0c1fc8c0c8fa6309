"""`python -m inference.evaluate everything`: discovered prompts beside a grid of points, through the same decoder.

The paper's own comparison (arXiv 2312.09579). AR@K: the share of a picture's objects that its best K masks find, one
mask an object, averaged over IoU thresholds .50 to .95; classes ignored (COCO's average recall). Crowds are no objects.

The grid is SAM's: 32 x 32 points, one click each, unstable masks filtered out, box NMS. Its score is confidence times
stability. SAM's limits would drop every mask of ours, whose logits are smaller (after a click the mean probability
inside of a mask is .65): stability is taken between logits of +-.5, which told good masks from bad ones best of .1 to
.5, and the least stable quarter goes, both by five pictures of COCO train. The grid is counted unfiltered, too.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from inference.clicks.batch import ObjectPrompt
from inference.clicks.session import ClickSession
from inference.core.arrays import Image
from inference.core.features import Features
from inference.core.masks import Click
from inference.data.coco import CocoImage, DataError, read_rgb, read_set
from inference.heads.everything import FOLDER, MAX_BOXES, MIN_SCORE, Everything, stability
from inference.heads.proposals import Proposal, Rle, decode, encode, mask_iou, suppress
from inference.measure.drawing import save, sheet, tile
from inference.measure.noc import some_of, truth_of
from inference.predictor import ClickPredictor

T = TypeVar("T")
THRESHOLDS = np.arange(0.5, 1.0, 0.05)
MIN_STABILITY = 0.6  # of a mask that stays
MAX_BOX_IOU = 0.7  # IoU of boxes above which the worse mask goes


def recalled(truths: Sequence[Rle], proposals: Sequence[Proposal], limit: int) -> NDArray[np.float64]:
    """How many of the true masks the best `limit` proposals find at each threshold. As COCO does it: the best proposal
    takes the free object that it overlaps most, then the next one."""
    ranked = sorted(proposals, key=lambda p: -p.score)[:limit]
    overlap = mask_iou([p.rle for p in ranked], truths)
    found = np.zeros(len(THRESHOLDS))
    for k, threshold in enumerate(THRESHOLDS):
        free = np.ones(len(truths), bool)
        for row in overlap:
            open_ones = np.where(free, row, -1.0)
            best = int(open_ones.argmax()) if len(truths) else -1
            if best >= 0 and open_ones[best] >= threshold:
                free[best] = False
        found[k] = (~free).sum()
    return found


def confidence(session: ClickSession) -> float:
    """Of a session's answer: the mean probability inside of the mask."""
    logits = np.asarray(session.logits, np.float32)
    return float((1 / (1 + np.exp(-logits[logits > 0]))).mean())


def grid_points(features: Features, side: int) -> list[tuple[float, float]]:
    """side x side points, image pixels, each in the middle of its part of the picture."""
    at = (np.arange(side) + 0.5) / side
    return [(float(x * features.width), float(y * features.height)) for y in at for x in at]


@dataclass
class Grid:
    """Proposals of a grid: `filtered` as SAM does it, `loose` without its filters."""

    filtered: list[Proposal]
    loose: list[Proposal]


def by_grid(predictor: ClickPredictor, features: Features, side: int) -> Grid:
    """Every point of the grid decoded; then the filters and box NMS."""
    prompts = [ObjectPrompt(clicks=[Click(x, y, True)]) for x, y in grid_points(features, side)]
    loose, steady = [], []
    for session in predictor.sessions(features, prompts):
        patch = session.patch()
        if not patch.width:
            continue
        stable = stability(session)
        proposal = Proposal.of_patch(patch, features.height, features.width, stable * confidence(session))
        loose.append(proposal)
        if stable >= MIN_STABILITY:
            steady.append(proposal)
    return Grid(suppress(steady, MAX_BOX_IOU, by="box"), suppress(loose, MAX_BOX_IOU, by="box"))


@dataclass
class Tally:
    """Recall at 10 and 100 so far."""

    objects: int = 0
    found: dict[int, NDArray[np.float64]] = field(
        default_factory=lambda: {k: np.zeros(len(THRESHOLDS)) for k in (10, 100)}
    )
    masks: list[int] = field(default_factory=list)

    def add(self, truths: Sequence[Rle], proposals: Sequence[Proposal]) -> None:
        self.objects += len(truths)
        self.masks.append(len(proposals))
        for limit, found in self.found.items():
            found += recalled(truths, proposals, limit)

    def figures(self) -> dict[str, float]:
        out = {f"ar{k}": round(float(found.mean() / max(1, self.objects)), 4) for k, found in self.found.items()}
        return out | {"masks": round(statistics.mean(self.masks), 1)}


def missed(pixels: Image, truths: Sequence[Rle], proposals: Sequence[Proposal], number: int) -> Image:
    """A picture of what the best 100 do not find at IoU .5: those objects' true borders white, all found ones blue."""
    best = sorted(proposals, key=lambda p: -p.score)[:100]
    found = mask_iou(truths, [p.rle for p in best]).max(1, initial=0.0) >= 0.5
    masks = [np.zeros(pixels.shape[:2], bool) for _ in range(2)]
    for truth, is_found in zip(truths, found, strict=True):
        masks[int(is_found)] |= decode(truth)
    words = f"{number}: {int(found.sum())} of {len(truths)} found"
    return tile(pixels, masks[0], masks[1], (), words, 200)


def truths_of(image: CocoImage, min_area: float) -> list[Rle]:
    """The picture's objects as RLE."""
    wanted = [a for a in image.annotations if a["area"] >= min_area and not a.get("stuff")]
    return [encode(truth_of(a, image)) for a in wanted]


class Comparison:
    """Discovered prompts beside a grid of `grid` x `grid` points (0: none), picture by picture."""

    def __init__(self, everything: Everything, grid: int, min_score: float) -> None:
        self.everything, self.grid, self.min_score = everything, grid, min_score
        self.ours, self.filtered, self.loose = Tally(), Tally(), Tally()
        self.seconds: dict[str, list[float]] = {"discover": [], "decode": [], "grid": []}

    def add(self, features: Features, truths: Sequence[Rle]) -> list[Proposal]:
        """Count one more picture; what was discovered on it."""
        if not self.seconds["discover"]:
            self.everything.boxes(features)  # loads the graph
        boxes, scores = self._timed("discover", lambda: self.everything.boxes(features, min_score=self.min_score))
        found = self._timed("decode", lambda: self.everything.decode(features, boxes, scores))
        self.ours.add(truths, found)
        if self.grid:
            other = self._timed("grid", lambda: by_grid(self.everything.predictor, features, self.grid))
            self.filtered.add(truths, other.filtered)
            self.loose.add(truths, other.loose)
        return found

    def figures(self) -> dict[str, Any]:
        """Recall of both, and their times: medians in seconds, and medians of each picture's ratio."""
        result: dict[str, Any] = {"objects": self.ours.objects, "discovered": self.ours.figures()}
        result |= {f"{name}_seconds": round(statistics.median(s), 4) for name, s in self.seconds.items() if s}
        if self.grid:
            discover, decode, grid = self.seconds.values()
            ratios = [g / max(d, 1e-9) for g, d in zip(grid, decode, strict=True)]
            whole = [g / (a + b) for g, a, b in zip(grid, discover, decode, strict=True)]
            result |= {"grid": self.filtered.figures(), "grid_unfiltered": self.loose.figures()}
            result |= {"decode_ratio": round(statistics.median(ratios), 1)}
            result |= {"whole_ratio": round(statistics.median(whole), 1)}
        return result

    def _timed(self, name: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        done = work()
        self.seconds[name].append(time.perf_counter() - began)
        return done


def evaluate(
    file: Path,
    everything: Everything,
    *,
    limit: int | None = None,
    grid: int = 32,
    seed: int = 0,
    min_area: float = 0,
    min_score: float = MIN_SCORE,
    worst: tuple[int, Path] | None = None,
) -> dict[str, Any]:
    """The figures. limit: a random sample of so many pictures. grid: points a side, 0 for none. worst: draw so many
    pictures with the lowest recall."""
    images = [image for image in read_set(file) if truths_of(image, min_area)]
    if not images:
        raise DataError(f"{file} has no object to find")
    images = some_of(images, limit, seed)
    comparison = Comparison(everything, grid, min_score)
    everything.predictor.warm_up()
    drawn: list[tuple[float, Image]] = []
    for number, image in enumerate(images, 1):
        pixels, truths = read_rgb(image.path), truths_of(image, min_area)
        found = comparison.add(everything.predictor.encode(pixels), truths)
        if worst:
            recall = float(recalled(truths, found, 100).mean() / len(truths))
            drawn.append((recall, missed(pixels, truths, found, image.id)))
        shown = f"{number} of {len(images)} pictures, {comparison.ours.figures()}"
        print(f"\r{shown}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if worst:
        save(worst[1], sheet([picture for _, picture in sorted(drawn, key=lambda d: d[0])[: worst[0]]], 5))
    return {"images": len(images)} | comparison.figures()


def add_command(commands: Any) -> None:
    """The sub-command of `inference.evaluate`."""
    sub = commands.add_parser("everything", help="segment everything, beside a grid of points")
    add = sub.add_argument
    add("data", type=Path, help="a COCO, LVIS or panoptic file")
    add("--limit", type=int, help="a random sample of so many pictures (default: all)")
    add(
        "--grid", type=int, default=32, help="points a side of the grid; 0: no comparison, which takes most of the time"
    )
    add("--min-area", type=float, default=0, help="only objects of at least so many pixels")
    add(
        "--min-score",
        type=float,
        default=MIN_SCORE,
        help=f"score of a box below which it is not decoded (at most {MAX_BOXES} are)",
    )
    add("--worst", nargs=2, metavar=("N", "OUT.png"), help="draw the N pictures with the lowest recall")
    add("--seed", type=int, default=0, help="of the sample")
    add("--weights", type=Path, help="folder of exported weights (default: the shipped ones)")
    add("--head", type=Path, default=FOLDER, help="folder of the discoverer")
    add("--threads", type=int, default=1, help="CPU threads")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """`python -m inference.evaluate everything`."""
    everything = Everything(ClickPredictor(args.weights, threads=args.threads), args.head, args.threads)
    return evaluate(
        args.data,
        everything,
        limit=args.limit,
        grid=args.grid,
        seed=args.seed,
        min_area=args.min_area,
        min_score=args.min_score,
        worst=(int(args.worst[0]), Path(args.worst[1])) if args.worst else None,
    )
