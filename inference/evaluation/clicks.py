"""`python -m inference.evaluate clicks`: the click model by the NoC protocol, and what it is compared with."""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from inference.clicks.session import ClickSession
from inference.clicks.tiled_session import TiledSession
from inference.clicks.tiles import Tile, TileFeatures
from inference.core.arrays import Box, Image, Mask
from inference.core.features import Features
from inference.core.masks import Click
from inference.data.coco import CocoImage, DataError, read_rgb
from inference.data.simulated_user import Hand, SimulatedClick
from inference.evaluation.comparison import Key, paired, read_record, table, trials_of, write_record
from inference.evaluation.grabcut import GrabCut
from inference.measure.drawing import save, sheet, tile
from inference.measure.noc import Segmenter, Trial, iou, sample, summary, trial, true_box, truth_of, void_of
from inference.predictor import ClickPredictor

SHOWN = 5  # clicks in the pictures of the worst objects


def segmenter(session: ClickSession) -> Segmenter:
    """A session as the protocol wants it. A simulated click is the centre of its pixel."""

    def answer(click: SimulatedClick) -> Mask:
        return session.click(click.x + 0.5, click.y + 0.5, click.positive)

    return answer


def tiled(session: TiledSession, tile: Callable[[Tile], TileFeatures]) -> Segmenter:
    """The same for a session that looks closer wherever it can, as when tiles are always ready in time."""

    def answer(click: SimulatedClick) -> Mask:
        at = Click(click.x + 0.5, click.y + 0.5, click.positive)
        wanted = session.wanted(at)
        session.add(at, tile(wanted) if wanted else None)
        if wanted is None and (closer := session.wanted()):
            session.refine(tile(closer))
        return session.mask()

    return answer


class View(NamedTuple):
    """A picture that a model has looked at: a fresh segmenter for every object, and the answer to a box alone."""

    fresh: Callable[[], Segmenter]
    boxed: Callable[[Box], Mask]


class Model(Protocol):
    """What is evaluated: looks at a picture once."""

    def look(self, pixels: NDArray[np.uint8]) -> View: ...


class Clicker:
    """The click model with the weights of a folder (default: the shipped ones); with tiles if asked. `like`: one whose
    features are taken if they are of the same version."""

    def __init__(self, weights: Path | None, threads: int, tiles: bool = False, like: Clicker | None = None) -> None:
        self.predictor = ClickPredictor(weights, threads=threads)
        self.predictor.warm_up()
        self.tiles = tiles
        self.like = like if like and like.predictor.version == self.predictor.version else None
        self.seen: tuple[NDArray[np.uint8], Features] | None = None

    def look(self, pixels: NDArray[np.uint8]) -> View:
        features = self._encode(pixels)

        def boxed(box: Box) -> Mask:
            return self.predictor.session(features, box=box).mask()

        if not self.tiles:
            return View(lambda: segmenter(self.predictor.session(features)), boxed)
        encode = functools.cache(functools.partial(self.predictor.encode_tile, pixels))
        return View(lambda: tiled(self.predictor.tiled_session(features), encode), boxed)

    def _encode(self, pixels: NDArray[np.uint8]) -> Features:
        if self.like and self.like.seen and self.like.seen[0] is pixels:
            return self.like.seen[1]
        self.seen = (pixels, self.predictor.encode(pixels))
        return self.seen[1]


class Classical:
    """GrabCut with the same clicks."""

    def look(self, pixels: NDArray[np.uint8]) -> View:
        return View(lambda: GrabCut(pixels), GrabCut(pixels).boxed)


@dataclass
class Outcome:
    """What one model did: its trials, and by set the seconds of looking at each picture."""

    trials: dict[Key, Trial] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """What is asked: which objects of which files, how many clicks, and how steady the hand. See `--help`."""

    sets: dict[str, Path]
    limit: int | None = None
    min_area: float = 0
    seed: int = 0
    max_clicks: int = 20
    jitter: float = 0.0
    sequences: tuple[str, ...] = ()

    def images(self) -> Iterator[tuple[str, CocoImage, list[dict[str, Any]]]]:
        """Name of the set, picture, and the objects on it that are in the sample and have a pixel that counts."""
        alone = len(self.sets) == 1
        for name, file in self.sets.items():
            for image, objects in sample(file, self.limit, self.min_area, self.seed, self.sequences, alone):
                void = void_of(image)
                visible = [a for a in objects if self._visible(truth_of(a, image), void)]
                if visible:
                    yield name, image, visible

    @staticmethod
    def _visible(truth: Mask, void: Mask | None) -> bool:
        return bool((truth if void is None else truth & ~void).any())

    def hand(self, annotation: dict[str, Any]) -> Hand | None:
        """The same for an object whatever else is in the sample."""
        return Hand(np.random.default_rng([self.seed, annotation["id"]]), self.jitter) if self.jitter else None


def run(task: Task, models: dict[str, Model]) -> dict[str, Outcome]:
    """Every model on every object."""
    outcomes = {name: Outcome() for name in models}
    for name, image, objects in task.images():
        pixels, void = read_rgb(image.path), void_of(image)
        for who, model in models.items():
            began = time.perf_counter()
            view = model.look(pixels)
            outcomes[who].seconds.setdefault(name, []).append(time.perf_counter() - began)
            for a in objects:
                truth = truth_of(a, image)
                made = trial(view.fresh(), truth, void, task.max_clicks, hand=task.hand(a))
                box = iou(view.boxed(true_box(truth)), truth, void)
                outcomes[who].trials[name, image.id, a["id"]] = replace(made, box=box)
        tell(outcomes)
    print(file=sys.stderr)
    return outcomes


def tell(outcomes: dict[str, Outcome]) -> None:
    """Progress, on one line of stderr."""
    words = []
    for who, outcome in outcomes.items():
        first = sum(t.iou_at(1) for t in outcome.trials.values()) / max(1, len(outcome.trials))
        words.append(f"{who}: {len(outcome.trials)} objects, IoU after the first click {first:.3f}")
    print("\r" + "; ".join(words), end="", file=sys.stderr, flush=True)


def worst(task: Task, model: Model, trials: dict[Key, Trial], count: int, out: Path) -> None:
    """Pictures of the objects with the lowest IoU after five clicks; the clicks are made again."""
    keys = sorted(trials, key=lambda key: (trials[key].iou_at(SHOWN), key))[:count]
    found: dict[Key, Image] = {}
    for name, image, objects in task.images():
        chosen = [a for a in objects if (name, image.id, a["id"]) in keys]
        if not chosen:
            continue
        pixels = read_rgb(image.path)
        fresh = model.look(pixels).fresh
        for a in chosen:
            key = (name, image.id, a["id"])
            clicks, segment, truth = trials[key].clicks[:SHOWN], fresh(), truth_of(a, image)
            mask: Mask = np.zeros_like(truth)
            for click in clicks:
                mask = segment(click)
            words = f"{name} {a['id']}: IoU {trials[key].iou_at(1):.2f}, then {trials[key].iou_at(SHOWN):.2f}"
            found[key] = tile(pixels, truth, mask, clicks, words, 200)
    save(out, sheet([found[key] for key in keys], 5))


def report(task: Task, outcome: Outcome, encodes: bool) -> dict[str, Any]:
    """The result: figures over all objects, and by set if there are several. Prints a line for each of several."""
    seconds = outcome.seconds if encodes else {}
    result = summary(list(outcome.trials.values()), task.max_clicks, list(itertools.chain(*seconds.values())))
    if len(task.sets) > 1:
        result["sets"] = {}
        for name in task.sets:
            some = trials_of(outcome.trials, name)
            if some:
                result["sets"][name] = summary(some, task.max_clicks, seconds.get(name, []))
                print(json.dumps({"set": name} | result["sets"][name]))
    return result


def clicks(args: argparse.Namespace) -> dict[str, Any]:
    """`python -m inference.evaluate clicks`."""
    task = Task(
        sets=named_sets(args.data, args.set),
        limit=args.limit,
        min_area=args.min_area,
        seed=args.seed,
        max_clicks=args.max_clicks,
        jitter=args.jitter,
        sequences=tuple(s for s in args.sequences.split(",") if s),
    )
    me = args.baseline or "this model"
    mine = None if args.baseline else Clicker(args.weights, args.threads, args.tiles)
    models: dict[str, Model] = {me: mine or Classical()}
    others = [named(text, Path(text).stem) for text in args.compare]
    records = {name: read_record(path) for name, path in others if path.is_file()}
    models |= {name: Clicker(path, args.threads, like=mine) for name, path in others if not path.is_file()}
    outcomes = run(task, models)
    ours = outcomes[me].trials
    result = report(task, outcomes[me], encodes=not args.baseline)
    theirs = {name: records.get(name) or outcomes[name].trials for name, _ in others}
    if theirs:
        result["compare"] = {name: paired(ours, trials, task.max_clicks) for name, trials in theirs.items()}
    if args.record:
        write_record(args.record, ours)
    if args.worst:
        worst(task, models[me], ours, int(args.worst[0]), Path(args.worst[1]))
    if args.table:
        args.table.write_text(table({me: ours} | theirs, task.max_clicks), encoding="utf-8")
    return result


def named(text: str, default: str) -> tuple[str, Path]:
    """NAME=PATH or PATH."""
    name, mark, path = text.partition("=")
    return (name, Path(path)) if mark else (default, Path(text))


def named_sets(files: Sequence[Path], texts: Sequence[str]) -> dict[str, Path]:
    """Names of the sets and their files; a file without a name is called as its folder and itself: coco/val."""
    pairs = [(f"{file.parent.name}/{file.stem}", file) for file in files]
    pairs += [named(text, f"{Path(text).parent.name}/{Path(text).stem}") for text in texts]
    if not pairs:
        raise DataError("give at least one file")
    if len(dict(pairs)) < len(pairs):
        raise DataError("two sets have one name: call them --set NAME=FILE")
    return dict(pairs)


def add_command(commands: Any) -> None:
    """The sub-command of `inference.evaluate`."""
    sub = commands.add_parser("clicks", help="the click model, by the NoC protocol")
    add = sub.add_argument
    add("data", type=Path, nargs="*", help="COCO, LVIS or panoptic files")
    add("--set", action="append", default=[], metavar="NAME=FILE", help="one more file, with a name for the results")
    add("--sequences", default="", help="only these sequences of a file of videos, separated by commas")
    add("--limit", type=int, help="a random sample of so many objects of each file (default: all)")
    add("--min-area", type=float, default=0, help="only objects of at least so many pixels")
    add("--seed", type=int, default=0, help="of the sample and of the jitter")
    add("--max-clicks", type=int, default=20)
    add("--jitter", type=float, default=0.0, metavar="PX", help="clicks miss by so many pixels (standard deviation)")
    add("--weights", type=Path, help="folder of exported weights (default: the shipped ones)")
    add("--tiles", action="store_true", help="answer on tiles, where that helps")
    add("--baseline", choices=["grabcut"], help="evaluate this instead of the model")
    add(
        *("--compare",),
        action="append",
        default=[],
        metavar="[NAME=]PATH",
        help="compare object by object with other weights (a folder) or with an earlier --record; more than once",
    )
    add("--record", type=Path, metavar="OUT.jsonl", help="write clicks and IoUs of every object")
    add("--worst", nargs=2, metavar=("N", "OUT.png"), help="draw the N objects with the lowest IoU after five clicks")
    add("--table", type=Path, metavar="OUT.md", help="write the model card's table: this, --compare, published figures")
    add("--threads", type=int, default=1, help="CPU threads")
    sub.set_defaults(run=clicks)
