"""`python -m inference.train text`: LTS learns from phrases that are built of classes, places, sizes and captions."""

from __future__ import annotations

import argparse
import json
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from inference.core.arrays import Floats, Half
from inference.data.coco import set_name
from inference.data.device import Compute
from inference.heads.data.coco_examples import read_examples
from inference.heads.data.examples import Example, hold_out
from inference.heads.data.phrases import KINDS, Phrase, captions_of, phrases, things_of
from inference.heads.data.truth import covered
from inference.heads.networks.text import Lts, LtsConfig, WidenedLts, lts_loss
from inference.heads.sentences import FOLDER, Sentences
from inference.heads.text import PLACES, places
from inference.heads.training.heads import HEAD
from inference.heads.training.options import add_options
from inference.heads.training.publish import publish
from inference.heads.training.simple import learn, make_loop
from inference.training.loop import Losses
from inference.training.optim import OptimConfig
from inference.training.options import named_weights

SHARES = {"coco": 0.5, "coco128": 0.2, "voc": 0.25, "ccp": 0.05}  # of the pictures, by set
CHANCES = dict(zip(KINDS, (0.3, 0.35, 0.15, 0.1, 0.1), strict=True))  # of the kinds of phrases, where there are any
PICTURES, EACH = 4, 2  # of a batch, and phrases of each
ABSENT_SHARE = 0.12  # share of the phrases that name what is not there


@dataclass(frozen=True, eq=False)
class Spoken:
    """A picture of which something can be said. absent: classes that it is known not to have."""

    example: Example
    phrases: tuple[Phrase, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Said:
    """A batch of B phrases. tokens: B x C x h x w. sentences: B x 384. places: B x 3 x h x w. shares, fine: how much of
    each cell at stride 16 and at stride 8 is the object."""

    tokens: Half
    sentences: Floats
    places: Floats
    shares: Floats
    fine: Floats


def spoken(example: Example, captions: Sequence[str] = ()) -> Spoken:
    """An example with its phrases."""
    frame = example.frame
    things = things_of(example.objects, frame.height, frame.width)
    crowds = [crowd.category for crowd in example.crowds]
    found = phrases(things, frame.height, frame.width, crowds, captions)
    there = {thing.name for thing in things} | set(crowds)
    return Spoken(example, tuple(found), tuple(sorted((example.known or frozenset()) - there)))


def read_spoken(files: Sequence[Path], cache: Path, encoder: Path | None, weights: dict[str, float]) -> list[Spoken]:
    """The pictures of data files of which something can be said."""
    found = []
    for file in files:
        captions = captions_of(file)
        weight = weights.get(set_name(file), SHARES.get(set_name(file), 0.1))
        for example in read_examples(file, cache, encoder, weight):
            found.append(spoken(example, captions.get(example.name.rpartition("/")[2], ())))
    return [one for one in found if one.phrases]


class PhraseSampler:
    """Draws batches of pictures of one size, some phrases of each."""

    def __init__(self, pictures: Sequence[Spoken], sentences: Sentences) -> None:
        self.pictures, self.sentences = list(pictures), sentences
        weights = np.array([p.example.weight for p in pictures], np.float64)
        self.weights = weights / weights.sum()
        self.alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        for k, picture in enumerate(pictures):
            self.alike[picture.example.frame.tokens].append(k)

    def draw(self, rng: np.random.Generator) -> Said:
        """One batch."""
        first = int(rng.choice(len(self.pictures), p=self.weights))
        alike = self.alike[self.pictures[first].example.frame.tokens]
        share = self.weights[alike] / self.weights[alike].sum()
        chosen = [first, *(int(k) for k in rng.choice(alike, PICTURES - 1, p=share))]
        parts: list[tuple[Any, ...]] = []
        for k in chosen:
            picture = self.pictures[k]
            tokens, where = np.asarray(picture.example.tokens()), places(picture.example.frame)
            for text, target in self._choose(rng, picture):
                parts.append((tokens, self.sentences.encode(text), where, *shares(picture.example, target)))
        return Said(*(np.stack(column) for column in zip(*parts, strict=True)))

    def _choose(self, rng: np.random.Generator, picture: Spoken) -> list[tuple[str, int | None]]:
        """Texts and their objects (None: not there)."""
        chosen: list[tuple[str, int | None]] = []
        there = [kind for kind in KINDS if any(p.kind == kind for p in picture.phrases)]
        chances = np.array([CHANCES[kind] for kind in there])
        for _ in range(EACH):
            if picture.absent and rng.random() < ABSENT_SHARE:
                chosen.append((picture.absent[int(rng.integers(len(picture.absent)))], None))
                continue
            kind = there[int(rng.choice(len(there), p=chances / chances.sum()))]
            some = [p for p in picture.phrases if p.kind == kind]
            phrase = some[int(rng.integers(len(some)))]
            chosen.append((phrase.text, phrase.target))
        return chosen


def shares(example: Example, target: int | None) -> tuple[Floats, Floats]:
    """How much of each cell is an object, at stride 16 and at stride 8; nothing for None."""
    h, w = example.frame.tokens
    if target is None:
        return np.zeros((h, w), np.float32), np.zeros((2 * h, 2 * w), np.float32)
    quarter = covered(example.mask(example.objects[target].segmentation), example.frame).astype(np.float32) / 255
    coarse = quarter.reshape(h, 4, w, 4).mean((1, 3), dtype=np.float32)
    return coarse, quarter.reshape(2 * h, 2, 2 * w, 2).mean((1, 3), dtype=np.float32)


def loss(model: nn.Module, batch: Said, compute: Compute) -> Losses:
    """Of a batch; see `lts_loss`."""
    where = compute.put(batch.places)
    with compute.autocast():
        response, mask = model(compute.put(batch.tokens).float(), compute.put(batch.sentences), where)
    return lts_loss(response, mask, compute.put(batch.shares), compute.put(batch.fine), where[:, 2])


def hits(model: nn.Module, pictures: Sequence[Spoken], sentences: Sentences) -> dict[str, float]:
    """The pointing game: share of the phrases whose strongest response lies on their object, without a click model."""
    found = []
    for picture in pictures:
        tokens = torch.from_numpy(np.asarray(picture.example.tokens(), np.float32)[None])
        where = torch.from_numpy(np.array(places(picture.example.frame))[None])
        for phrase in picture.phrases:
            with torch.inference_mode():
                sentence = torch.from_numpy(np.array(sentences.encode(phrase.text))[None])
                response = model(tokens, sentence, where)[0][0].masked_fill(where[0, 2] == 0, -1e9)
            found.append(float(shares(picture.example, phrase.target)[0].flat[int(response.argmax())] > 0))
    return {"pointing": round(float(np.mean(found)), 4) if found else 0.0}


def write(state: dict[str, torch.Tensor], cfg: LtsConfig, folder: Path, about: dict[str, Any]) -> float:
    """The folder that `Text` reads."""
    module = WidenedLts(Lts(cfg))
    module.head.load_state_dict({k: v.cpu() for k, v in state.items()})

    def draw(rng: torch.Generator, height: int, width: int) -> dict[str, torch.Tensor]:
        return {
            "tokens": torch.randn(1, cfg.dim, height, width, generator=rng).half(),
            "sentence": torch.nn.functional.normalize(torch.randn(1, cfg.words, generator=rng)),
            "place": torch.rand(1, PLACES, height, width, generator=rng),
        }

    outputs: dict[str, tuple[int, ...]] = {"response": (1, 2), "mask": (1, 2)}
    free: dict[str, tuple[int, ...]] = {"tokens": (2, 3), "place": (2, 3)}
    return publish(module, folder, draw, outputs, free, {"kind": "text"} | asdict(cfg) | about)


def add_command(commands: Any) -> None:
    """The sub-command of `inference.train`."""
    sub = commands.add_parser("text", help="segment by text (LTS), on cached tokens and built phrases")
    add_options(sub, 1500)
    sub.add_argument("--sentences", type=Path, default=FOLDER, help="folder of the sentence encoder")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace, stop: threading.Event) -> None:
    """`python -m inference.train text`."""
    files, weights = named_weights(args.sets)
    pictures = read_spoken(files, args.cache, None if args.no_fill else args.encoder, weights)
    kept, held = hold_out([p.example for p in pictures], args.hold_out)
    names = {e.name for e in kept}
    sentences = Sentences(args.sentences)
    sampler = PhraseSampler([p for p in pictures if p.example.name in names], sentences)
    torch.manual_seed(args.seed)
    cfg = LtsConfig()
    compute = Compute.choose(not args.fp32, args.device)
    loop = make_loop(Lts(cfg), sampler.draw, loss, OptimConfig(rate=args.rate), args.seed, compute)
    count = sum(len(p.phrases) for p in sampler.pictures)
    print(f"{len(kept)} pictures with {count} phrases to learn from, {len(held)} held out", flush=True)
    done = learn(loop, args, stop)
    model = Lts(cfg).eval()
    model.load_state_dict({k: v.cpu() for k, v in loop.average.items()})
    found = hits(model, [p for p in pictures if p.example.name not in names], sentences)
    sets = sorted(f"{file.parent.name}/{file.stem}" for file in files)
    about = {"sets": sets, "images": len(kept), "steps": loop.step, "held_out": found, "finished": done}
    write(loop.average, cfg, args.out / HEAD, about)
    print(json.dumps({"head": str(args.out / HEAD)} | about))
