"""What regions of interest cost in quality and save in time: the same clicks' user, with and without them.

    python -m inference.evaluation.zoom_study DATA.json --limit 60 --min-area 1000 --max-clicks 8

Each object is clicked on twice by the simulated user of `inference.evaluate`, once with `zoom` and once without, and
asked for once by its box. Progress goes to stderr; the last line of stdout is one JSON object: mean IoUs, their mean
differences (with minus without) with standard errors, and medians of processor milliseconds a click.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Box, Mask
from inference.core.features import Features
from inference.data.coco import read_rgb
from inference.data.simulated_user import SimulatedClick
from inference.measure.noc import Trial, iou, sample, trial, truth_of, void_of
from inference.predictor import ClickPredictor

COUNTS = (1, 2, 3, 5, 8)


@dataclass
class Side:
    """What one of the two did: a trial and a box's IoU for each object, milliseconds of first and later clicks."""

    predictor: ClickPredictor
    trials: list[Trial] = field(default_factory=list)
    boxes: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)

    def ask(self, features: Features, truth: Mask, void: NDArray[np.bool_] | None, limit: int) -> None:
        """Click on one object, then ask for it by its box."""
        session = self.predictor.session(features)

        def answer(click: SimulatedClick) -> Mask:
            began = time.thread_time()
            mask = session.click(click.x + 0.5, click.y + 0.5, click.positive)
            (self.later if len(session.clicks) > 1 else self.first).append((time.thread_time() - began) * 1e3)
            return mask

        self.trials.append(trial(answer, truth, void, limit))
        self.boxes.append(iou(self.predictor.predict(features, [], box=box_of(truth)), truth, void))

    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = {f"iou_at_{k}": round(self.mean(k), 4) for k in COUNTS}
        found["box_iou"] = round(statistics.fmean(self.boxes), 4)
        found["first_click_ms"] = round(statistics.median(self.first), 1)
        found["later_click_ms"] = round(statistics.median(self.later), 1)
        return found

    def mean(self, clicks: int) -> float:
        return statistics.fmean(t.iou_at(clicks) for t in self.trials)


def box_of(truth: Mask) -> Box:
    ys, xs = np.nonzero(truth)
    return (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))


def difference(ours: Sequence[float], others: Sequence[float]) -> dict[str, float]:
    """Mean of the differences and its standard error."""
    gains = np.subtract(ours, others)
    return {"mean": round(float(gains.mean()), 4), "error": round(float(gains.std() / len(gains) ** 0.5), 4)}


def study(file: Path, limit: int | None, min_area: float, max_clicks: int, seed: int) -> dict[str, Any]:
    """The JSON object. Raises ValueError where there is no object to click on."""
    zoomed, whole = Side(ClickPredictor()), Side(ClickPredictor(zoom=False))
    for image, objects in sample(file, limit, min_area, seed):
        features = zoomed.predictor.encode(read_rgb(image.path))
        void = void_of(image)
        for annotation in objects:
            truth = truth_of(annotation, image)
            if (truth if void is None else truth & ~void).any():
                for side in (zoomed, whole):
                    side.ask(features, truth, void, max_clicks)
        print(f"\r{len(whole.trials)} objects", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if not whole.trials:
        raise ValueError("no object to click on")
    gains = {
        f"iou_at_{k}": difference([t.iou_at(k) for t in zoomed.trials], [t.iou_at(k) for t in whole.trials])
        for k in COUNTS
    }
    gains["box_iou"] = difference(zoomed.boxes, whole.boxes)
    return {"objects": len(whole.trials), "zoom": zoomed.figures(), "whole": whole.figures(), "difference": gains}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m inference.evaluation.zoom_study",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", type=Path, help="COCO-format file")
    parser.add_argument("--limit", type=int, help="a random sample of so many objects (default: all)")
    parser.add_argument("--min-area", type=float, default=0, help="only objects of at least so many pixels")
    parser.add_argument("--max-clicks", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    args = parser.parse_args()
    print(json.dumps(study(args.data, args.limit, args.min_area, args.max_clicks, args.seed)))


if __name__ == "__main__":
    main()
