"""Evaluation from the command line, on any COCO-format file.

    python -m inference.evaluate clicks DATA.json --limit 200 --min-area 1000

Pictures are found beside the file (`images/<file_name>` or `<file_name>`). Progress goes to stderr; the last line of
stdout is one JSON object. Everything goes through the public API at the pictures' own size.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from inference.coco import read_rgb
from inference.grabcut import GrabCut
from inference.predictor import ClickPredictor
from inference.protocol import Segmenter, Trial, sample, summary, trial, truth_of, void_of
from inference.session import ClickSession
from inference.simulate import Mask, SimulatedClick


def segmenter(session: ClickSession) -> Segmenter:
    """A session as the protocol wants it. A simulated click is the centre of its pixel."""

    def answer(click: SimulatedClick) -> Mask:
        return session.click(click.x + 0.5, click.y + 0.5, click.positive)

    return answer


def evaluate_clicks(
    file: Path,
    *,
    limit: int | None = None,
    min_area: float = 0,
    seed: int = 0,
    max_clicks: int = 20,
    weights: Path | None = None,
    baseline: str | None = None,
    threads: int = 1,
) -> dict[str, float | int | None]:
    """Run the NoC protocol over a file; see `protocol.summary` for what comes back."""
    predictor = None if baseline else ClickPredictor(weights, threads=threads)
    if predictor is not None:
        predictor.warm_up()
    trials: list[Trial] = []
    encoder_seconds: list[float] = []
    for image, objects in sample(file, limit, min_area, seed):
        pixels = read_rgb(image.path)
        void = void_of(image)
        features = None
        if predictor is not None:
            began = time.perf_counter()
            features = predictor.encode(pixels)
            encoder_seconds.append(time.perf_counter() - began)
        for annotation in objects:
            truth = truth_of(annotation, image)
            if not (truth if void is None else truth & ~void).any():
                continue
            if predictor is not None and features is not None:
                segment = segmenter(predictor.session(features))
            else:
                segment = GrabCut(pixels)
            trials.append(trial(segment, truth, void, max_clicks))
        done = sum(t.iou_at(1) for t in trials) / max(1, len(trials))
        print(f"\r{len(trials)} objects, IoU after the first click {done:.3f}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return summary(trials, max_clicks, encoder_seconds)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m inference.evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    clicks = commands.add_parser("clicks", help="the click model, by the NoC protocol")
    clicks.add_argument("data", type=Path, help="COCO-format file")
    clicks.add_argument("--limit", type=int, help="a random sample of so many objects (default: all)")
    clicks.add_argument("--min-area", type=float, default=0, help="only objects of at least so many pixels")
    clicks.add_argument("--seed", type=int, default=0, help="of the sample")
    clicks.add_argument("--max-clicks", type=int, default=20)
    clicks.add_argument("--weights", type=Path, help="folder of exported weights (default: the shipped ones)")
    clicks.add_argument("--baseline", choices=["grabcut"], help="evaluate this instead of the model")
    clicks.add_argument("--threads", type=int, default=1, help="CPU threads")
    args = parser.parse_args()
    result = evaluate_clicks(
        args.data,
        limit=args.limit,
        min_area=args.min_area,
        seed=args.seed,
        max_clicks=args.max_clicks,
        weights=args.weights,
        baseline=args.baseline,
        threads=args.threads,
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
