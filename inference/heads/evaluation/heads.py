"""`python -m inference.evaluate instances|panoptic|semantic DATA.json`: a head, or the baseline, on a COCO-format file.

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

from inference.core.features import WEIGHTS, Features, FeaturesError
from inference.core.geometry import Frame
from inference.data.coco import CocoImage, DataError, read_rgb, read_set
from inference.heads.data.coco_examples import category_names, crowds_of, objects_of, read_examples
from inference.heads.data.examples import Example, Labelled, Vocabulary
from inference.heads.evaluation import baseline
from inference.heads.head import Head, Mode
from inference.heads.measure.metrics import Seen, average_precision, mean_iou, panoptic_quality, seen
from inference.heads.measure.report import draw_worst
from inference.heads.proposals import Proposal
from inference.heads.refine import Prompting, refine
from inference.predictor import ClickPredictor

Suggest = Callable[[Features], list[Proposal]]
COMMANDS: dict[Mode, str] = {
    "instances": "COCO AP of a FastInst or Mask2Former head, or of the baseline",
    "panoptic": "PQ; the truth is the file's objects made non-overlapping, all else is void",
    "semantic": "mean IoU on pixels of the file's objects",
}
THRESHOLDS: dict[Mode, float] = {"instances": 0.0, "panoptic": 0.5, "semantic": 0.3}


def add_command(commands: Any) -> None:
    """The sub-commands of `inference.evaluate`."""
    for mode, words in COMMANDS.items():
        sub = commands.add_parser(mode, help=words)
        add = sub.add_argument
        add("data", type=Path, help="COCO-format file")
        shipped = WEIGHTS / "heads" / ("instances" if mode == "instances" else "panoptic")
        add("--head", type=Path, default=shipped, help="folder of a head (default: the starter model)")
        add("--baseline", type=Path, nargs="+", metavar="TRAIN.json", help="instead: class means of these files")
        add("--cache", type=Path, default=Path("var/cache"), help="token cache of --baseline's files")
        words = (
            "let the click model draw the masks again, told a click and the proposal's mask (default), box or nothing"
        )
        add("--refine", nargs="?", const="mask", choices=("box", "mask", "click"), help=words)
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


class Timed:
    """A head that keeps how long its graph takes, without the masks that are made of its answers."""

    def __init__(self, head: Head, threshold: float, mode: Mode) -> None:
        self.head, self.threshold, self.mode = head, threshold, mode
        self.seconds: list[float] = []

    def __call__(self, features: Features) -> list[Proposal]:
        self.head.check(features)
        began = time.perf_counter()
        answer = self.head.answer(features.tokens)
        self.seconds.append(time.perf_counter() - began)
        return self.head.propose(answer, features.frame, self.threshold, self.mode)


@dataclass(frozen=True, eq=False)
class Judged:
    """What was proposed for every picture, and the seconds that took, without the encoder and without `refine`."""

    truths: list[Seen]
    answers: list[list[Proposal]]
    seconds: list[float]


def judge(
    examples: Sequence[Example], suggest: Suggest, encoded: Encoded, prompting: Prompting | None = None
) -> Judged:
    """Ask for proposals of every picture."""
    found = Judged([], [], [])
    for example in tqdm(examples, file=sys.stderr, mininterval=10):
        features = encoded.of(example)
        began = time.perf_counter()
        proposals = suggest(features)
        found.seconds.append(time.perf_counter() - began)
        found.truths.append(seen(example))
        found.answers.append(refine(proposals, features, encoded.predictor, prompting) if prompting else proposals)
    return found


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """One of the three commands."""
    predictor = ClickPredictor(args.weights, threads=args.threads)
    examples = pictures(args.data, args.limit)
    mode: Mode = args.mode
    suggest, names, stuff = asked(args, predictor)
    judged = judge(examples, suggest, Encoded(predictor, args.features), args.refine)
    if mode == "instances":
        figures = average_precision(judged.truths, judged.answers, names)
    elif mode == "panoptic":
        figures = panoptic_quality(judged.truths, judged.answers, names, stuff)
    else:
        figures = mean_iou(judged.truths, judged.answers, names)
    if args.worst:
        draw_worst(examples, judged.truths, judged.answers, args.worst)
    result: dict[str, Any] = {
        "command": mode,
        "of": "baseline" if args.baseline else args.head.name,
        "refined": args.refine,
        "images": len(examples),
        "objects": sum(len(t.objects) for t in judged.truths),
        "proposals": sum(len(a) for a in judged.answers),
        "suggest_ms": milliseconds(judged.seconds),
    }
    if isinstance(suggest, Timed):
        result |= {"head_ms": milliseconds(suggest.seconds)}
        result |= {"frames_a_second": round(1000 / result["head_ms"], 1)}
    return result | figures


def milliseconds(seconds: Sequence[float]) -> float:
    """The median."""
    return round(1000 * statistics.median(seconds), 1)


def asked(args: argparse.Namespace, predictor: ClickPredictor) -> tuple[Suggest, tuple[str, ...], frozenset[str]]:
    """What is evaluated, the categories that it knows, and which of them are stuff."""
    if not args.baseline:
        head = Head.load(args.head, args.threads)
        return Timed(head, args.threshold, args.mode), head.categories, frozenset(head.manifest["stuff"])
    known = [e for file in args.baseline for e in read_examples(file, args.cache)]
    names = tuple(dict.fromkeys(n for file in args.baseline for n in category_names(file).values()))
    means = baseline.learn_means(known, Vocabulary(names))
    return lambda features: baseline.suggest(means, features, predictor), names, frozenset()
