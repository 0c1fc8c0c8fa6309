"""`python -m inference.evaluate instances|panoptic|semantic DATA.json`: a head, or the floor, on a COCO-format file.

Everything goes through the public API at the pictures' own size: encode, suggest, measure.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from inference.coco import CocoImage, DataError, read_rgb, read_set
from inference.features import WEIGHTS, Features, FeaturesError
from inference.geometry import Frame
from inference.heads import floor
from inference.heads.data import Example, Labelled, Vocabulary, category_names, crowds_of, objects_of, read_examples
from inference.heads.measure import Seen, average_precision, mean_iou, panoptic_quality, seen
from inference.heads.proposals import Proposal
from inference.heads.refine import refine
from inference.heads.report import draw_worst
from inference.heads.runtime import Head, Mode
from inference.predictor import ClickPredictor

Suggest = Callable[[Features], list[Proposal]]
COMMANDS: dict[Mode, str] = {
    "instances": "COCO AP of a FastInst or Mask2Former head, or of the floor",
    "panoptic": "PQ; the truth is the file's objects made non-overlapping, all else is void",
    "semantic": "mean IoU on pixels of the file's objects",
}
THRESHOLDS: dict[Mode, float] = {"instances": 0.0, "panoptic": 0.5, "semantic": 0.3}


def add_commands(commands: Any) -> None:
    """The sub-commands of `inference.evaluate`."""
    from inference.heads import learning

    learning.add_command(commands)
    for mode, words in COMMANDS.items():
        sub = commands.add_parser(mode, help=words)
        add = sub.add_argument
        add("data", type=Path, help="COCO-format file")
        shipped = WEIGHTS / "heads" / ("instances" if mode == "instances" else "panoptic")
        add("--head", type=Path, default=shipped, help="folder of a head (default: the starter model)")
        add("--floor", type=Path, nargs="+", metavar="TRAIN.json", help="instead: nearest class means of these files")
        add("--cache", type=Path, default=Path("var/cache"), help="token cache of --floor's files")
        add("--refine", action="store_true", help="let the click model draw the masks again")
        add("--threshold", type=float, default=THRESHOLDS[mode], help="least score of a proposal")
        add("--limit", type=int, help="only the first pictures of the file")
        add("--features", type=Path, help="folder to keep the pictures' features in, for the next evaluation")
        add("--weights", type=Path, help="folder of exported weights (default: the shipped ones)")
        add("--worst", type=Path, metavar="OUT.png", help="draw the eight worst pictures")
        add("--threads", type=int, default=1, help="CPU threads")
        sub.set_defaults(run=evaluate, mode=mode)


@dataclass
class Encoded:
    """Features of a file's pictures; kept in a folder if there is one."""

    predictor: ClickPredictor
    folder: Path | None

    def of(self, example: Example) -> Features:
        path = None if self.folder is None else self.folder / f"{example.name.replace('/', '-')}.safetensors"
        if path is not None and path.exists():
            try:
                return Features.from_bytes(path.read_bytes(), self.predictor.version)
            except FeaturesError:
                pass  # of other weights: made again
        assert example.picture is not None
        features = self.predictor.encode(example.picture())
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(features.to_bytes())
        return features


def pictures(file: Path, limit: int | None) -> list[Example]:
    """A file's pictures as examples that are encoded when they are asked for."""
    names, crowds = category_names(file), crowds_of(file)
    return [_picture(file, image, names, crowds.get(image.id, ())) for image in read_set(file)[:limit]]


def _picture(file: Path, image: CocoImage, names: dict[int, str], crowds: Sequence[Labelled]) -> Example:
    def missing() -> Any:
        raise DataError(f"{file}: tokens of this picture come from its features")

    return Example(
        name=f"{file.parent.name}-{file.stem}/{image.id}",
        group=image.group,
        frame=Frame.of(image.height, image.width),
        tokens=missing,
        objects=objects_of(image, names),
        crowds=tuple(crowds),
        void=() if image.ignore is None else (image.ignore,),
        picture=lambda: read_rgb(image.path),
    )


@dataclass(frozen=True, eq=False)
class Judged:
    """What was proposed for every picture, and the seconds of the head alone."""

    truths: list[Seen]
    answers: list[list[Proposal]]
    seconds: list[float]


def judge(examples: Sequence[Example], suggest: Suggest, encoded: Encoded, improve: bool) -> Judged:
    """Ask for proposals of every picture."""
    found = Judged([], [], [])
    for example in tqdm(examples, file=sys.stderr, mininterval=10):
        features = encoded.of(example)
        began = time.perf_counter()
        proposals = suggest(features)
        found.seconds.append(time.perf_counter() - began)
        found.truths.append(seen(example))
        found.answers.append(refine(proposals, features, encoded.predictor) if improve else proposals)
    return found


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """One of the three commands."""
    predictor = ClickPredictor(args.weights, threads=args.threads)
    examples = pictures(args.data, args.limit)
    mode: Mode = args.mode
    stuff: frozenset[str] = frozenset()
    if args.floor:
        known = [e for file in args.floor for e in read_examples(file, args.cache)]
        names = tuple(dict.fromkeys(n for file in args.floor for n in category_names(file).values()))
        means = floor.learn_means(known, Vocabulary(names))
        suggest: Suggest = lambda features: floor.suggest(means, features, predictor)  # noqa: E731
    else:
        head = Head.load(args.head, args.threads)
        names, stuff = head.categories, frozenset(head.manifest["stuff"])
        suggest = lambda features: head.suggest(features, args.threshold, mode)  # noqa: E731
    judged = judge(examples, suggest, Encoded(predictor, args.features), args.refine)
    if mode == "instances":
        figures = average_precision(judged.truths, judged.answers, names)
    elif mode == "panoptic":
        figures = panoptic_quality(judged.truths, judged.answers, names, stuff)
    else:
        figures = mean_iou(judged.truths, judged.answers, names)
    if args.worst:
        draw_worst(examples, judged.truths, judged.answers, args.worst)
    middle = statistics.median(judged.seconds)
    return {
        "command": mode,
        "of": "floor" if args.floor else str(args.head.name),
        "refined": args.refine,
        "images": len(examples),
        "objects": sum(len(t.objects) for t in judged.truths),
        "proposals": sum(len(a) for a in judged.answers),
        "head_ms": round(1000 * middle, 1),
        "frames_a_second": round(1 / middle, 1),
    } | figures
