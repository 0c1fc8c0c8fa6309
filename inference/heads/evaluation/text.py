"""`python -m inference.evaluate text`: phrases of a data file, and the masks that they lead to.

The phrases are built by the rule of `phrases.py` from classes, places, sizes and captions; nobody wrote them. Every
figure stands beside a baseline and a ceiling that use the same click model:

baseline   the most likely token of the phrase's class is clicked, by the mean token of the class in a training file
           (nearest class mean). It is told the class, and knows nothing of "left" or "largest"
ceiling    the object's deepest point is clicked, and its true box given
own_mask   LTS's own mask at stride 8, without the click model

oiou is all intersections over all unions; p50 the share of the phrases with an IoU of at least .5.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Image, Mask
from inference.core.features import Features
from inference.core.geometry import TOKEN
from inference.core.masks import Click
from inference.data.coco import CocoImage, DataError, read_rgb, read_set
from inference.data.simulated_user import SimulatedClick, next_click
from inference.heads.data.coco_examples import category_names, crowds_of, objects_of, read_examples
from inference.heads.data.examples import Vocabulary
from inference.heads.data.phrases import KINDS, Phrase, captions_of, one_each, phrases, things_of
from inference.heads.evaluation.baseline import Means, learn_means, unit
from inference.heads.proposals import Proposal, box_of, encode
from inference.heads.sentences import FOLDER as SENTENCES
from inference.heads.sentences import Sentences
from inference.heads.text import CELL, FOLDER, MASK_THRESHOLD, Text, shown
from inference.measure.drawing import save, sheet, tile
from inference.measure.noc import iou, some_of, truth_of
from inference.predictor import ClickPredictor


@dataclass
class Overlaps:
    """Intersections and unions of some answers, by kind of phrase."""

    pairs: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, mask: Mask, truth: Mask) -> None:
        self.pairs[kind].append((int((mask & truth).sum()), int((mask | truth).sum())))

    def figures(self, kind: str | None = None) -> dict[str, float]:
        """Of one kind, or of all."""
        some = np.array([p for k, pairs in self.pairs.items() if kind in (None, k) for p in pairs], np.float64)
        ious = some[:, 0] / np.maximum(some[:, 1], 1)
        oiou = some[:, 0].sum() / max(some[:, 1].sum(), 1)
        return {"oiou": round(float(oiou), 4), "p50": round(float((ious >= 0.5).mean()), 4)}


def sample(file: Path, limit: int | None, seed: int) -> Iterator[tuple[CocoImage, list[Phrase]]]:
    """Pictures with the phrases that are asked: the first of each object and kind, a random sample of all."""
    names, crowds, captions = category_names(file), crowds_of(file), captions_of(file)
    pairs: list[tuple[CocoImage, Phrase]] = []
    for image in read_set(file):
        things = things_of(objects_of(image, names), image.height, image.width)
        there = [crowd.category for crowd in crowds.get(image.id, ())]
        found = phrases(things, image.height, image.width, there, captions.get(str(image.id), ()))
        pairs += [(image, phrase) for phrase in one_each(found)]
    if not pairs:
        raise DataError(f"{file}: nothing can be said of its objects")
    by_image: dict[Any, tuple[CocoImage, list[Phrase]]] = {}
    for image, phrase in some_of(pairs, limit, seed):
        by_image.setdefault(image.id, (image, []))[1].append(phrase)
    yield from by_image.values()


def by_class(predictor: ClickPredictor, features: Features, means: Means, name: str) -> Mask:
    """The baseline: click the token that is most like the mean of its class."""
    known = means.names.index(name)
    frame = features.frame
    rows, columns = shown(frame, TOKEN)
    seen = unit(features.tokens)[:, :rows, :columns]
    alike = np.tensordot(means.vectors[known], seen, 1)
    y, x = divmod(int(alike.argmax()), columns)
    at = (min((x + 0.5) * TOKEN, frame.inner_width - 0.5), min((y + 0.5) * TOKEN, frame.inner_height - 0.5))
    return predictor.predict(features, [Click(at[0] / frame.scale_x, at[1] / frame.scale_y, True)])


def by_truth(predictor: ClickPredictor, features: Features, truth: Mask) -> Mask:
    """The ceiling: the true box and a click at the deepest point."""
    click = next_click(np.zeros_like(truth), truth, None)
    assert click is not None
    return predictor.predict(features, [Click(click.x + 0.5, click.y + 0.5, True)], box=box_of(encode(truth)))


def own_mask(mask: NDArray[np.float32], features: Features) -> Mask:
    """The head's mask at the picture's size."""
    frame = features.frame
    wide = cv2.resize(mask, None, fx=CELL, fy=CELL, interpolation=cv2.INTER_LINEAR)
    inner = np.asarray(wide)[: frame.inner_height, : frame.inner_width]
    return np.asarray(cv2.resize(inner, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR)) >= MASK_THRESHOLD


def drawn(pixels: Image, truth: Mask, proposal: Proposal, mask: Mask, words: str) -> Image:
    """What a phrase led to: the answer blue with its click, the true border white."""
    clicks = [SimulatedClick(int(c.x), int(c.y), c.positive) for c in proposal.clicks]
    return tile(pixels, truth, mask, clicks, words, 220)


def evaluate(
    file: Path,
    text: Text,
    means: Means | None = None,
    limit: int | None = None,
    seed: int = 0,
    worst: tuple[int, Path] | None = None,
) -> dict[str, Any]:
    """The figures. limit: a random sample of so many phrases. worst: draw so many phrases with the lowest IoU."""
    predictor = text.predictor
    answers: dict[str, Overlaps] = defaultdict(Overlaps)
    count, tiles = 0, list[tuple[float, Image]]()
    for image, asked in sample(file, limit, seed):
        pixels = read_rgb(image.path)
        features = predictor.encode(pixels)
        for phrase in asked:
            truth = truth_of(image.annotations[phrase.target], image)
            proposal = text.locate(features, phrase.text).proposal
            masks = {
                "text": proposal.mask(),
                "own_mask": own_mask(text.maps(features, phrase.text)[1], features),
                "ceiling": by_truth(predictor, features, truth),
            }
            if means is not None and phrase.category in means.names:
                masks["baseline"] = by_class(predictor, features, means, phrase.category)
            for name, mask in masks.items():
                answers[name].add(phrase.kind, mask, truth)
            if worst:
                how_good = iou(masks["text"], truth, None)
                words = f"{phrase.text}: {how_good:.2f}"
                tiles.append((how_good, drawn(pixels, truth, proposal, masks["text"], words)))
            count += 1
        print(f"\r{count} phrases, {answers['text'].figures()}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if worst:
        save(worst[1], sheet([picture for _, picture in sorted(tiles, key=lambda t: t[0])[: worst[0]]], 5))
    return {"phrases": count, "of": "built by rule, not written by people"} | figures(answers)


def figures(answers: dict[str, Overlaps]) -> dict[str, Any]:
    """Of the answers to all phrases, and to each kind of them."""
    mine = answers["text"]
    result: dict[str, Any] = mine.figures() | {
        name: found.figures() for name, found in answers.items() if name != "text"
    }
    kinds = [kind for kind in KINDS if mine.pairs.get(kind)]
    result["by_kind"] = {
        kind: {"phrases": len(mine.pairs[kind])}
        | {name: found.figures(kind) for name, found in answers.items() if found.pairs.get(kind)}
        for kind in kinds
    }
    return result


def add_command(commands: Any) -> None:
    """The sub-command of `inference.evaluate`."""
    sub = commands.add_parser("text", help="segment by text, on phrases built by a rule")
    add = sub.add_argument
    add("data", type=Path, help="a COCO-format file")
    add("--limit", type=int, help="a random sample of so many phrases (default: all)")
    add("--baseline", type=Path, metavar="TRAIN.json", help="a file of --cache whose class means make the baseline")
    add("--worst", nargs=2, metavar=("N", "OUT.png"), help="draw the N phrases with the lowest IoU")
    add("--cache", type=Path, default=Path("var/cache"), help="folder of the token cache")
    add("--seed", type=int, default=0, help="of the sample")
    add("--weights", type=Path, help="folder of exported weights (default: the shipped ones)")
    add("--head", type=Path, default=FOLDER, help="folder of the trained head")
    add("--sentences", type=Path, default=SENTENCES, help="folder of the sentence encoder")
    add("--threads", type=int, default=1, help="CPU threads")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """`python -m inference.evaluate text`."""
    predictor = ClickPredictor(args.weights, threads=args.threads)
    text = Text(predictor, args.head, Sentences(args.sentences), args.threads)
    means = None
    if args.baseline:
        vocabulary = Vocabulary(tuple(dict.fromkeys(category_names(args.baseline).values())))
        means = learn_means(read_examples(args.baseline, args.cache), vocabulary)
    worst = (int(args.worst[0]), Path(args.worst[1])) if args.worst else None
    return evaluate(args.data, text, means, args.limit, args.seed, worst)
