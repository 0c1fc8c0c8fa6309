"""Training examples: tokens of a labelled image and what is on it. Starter models and projects learn from the same.

A COCO-format file becomes examples through the token cache (`inference.data.token_cache`); a project's images become
examples by giving, for each, a function that loads its tokens from the feature store.
Nothing is read before it is needed, and at
most a few batches are in memory.

Augmentation works on tokens: windows of the map. A mirrored map is not the map of a mirrored picture (a ViT is not
equivariant), so turned and mirrored pictures are examples of their own (`variants`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pycocotools import mask as coco_rle

from inference.core.arrays import Box, Half, Image, Mask
from inference.core.geometry import Frame
from inference.data.coco import CocoImage, DataError, decode, read_rgb
from inference.data.device import Compute
from inference.data.encoder_files import read_encoder
from inference.data.token_cache import TokenCache
from inference.heads.networks.criterion import Targets
from inference.networks.vit import SMALL

STRIDE = 4  # of the true masks
TOKEN_CELLS = 4  # of them a token
SMALLEST = 12  # tokens a side of a window; its square holds more tokens than FastInst has queries
KEPT = 256 << 20  # bytes of truths that a sampler keeps: masks of large images take long to read
VISIBLE = 0.2  # an object with less of its area in a window is neither there nor not there
SAME = {  # VOC's names for classes of COCO
    "aeroplane": "airplane",
    "motorbike": "motorcycle",
    "sofa": "couch",
    "tvmonitor": "tv",
    "pottedplant": "potted plant",
    "diningtable": "dining table",
}


@dataclass(frozen=True)
class Labelled:
    """One object. segmentation: whatever `inference.data.coco.decode` reads, at the image's size. weight: how much it
    counts; a reviewer's correction may count more."""

    segmentation: Any
    category: str
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Example:
    """One labelled image.

    name: unique. group: images of one group (a video sequence) are never split between training and hold-out.
    tokens: loads them, C x h x w fp16 for `frame`. crowds: regions full of uncounted objects of a category. void: where
    nothing is known. rejected: proposals that people said no to. known: the categories that are labelled completely
    here (None: all). weight: how often it is drawn, relative to others. picture: loads H x W x 3 for reports.
    """

    name: str
    group: str
    frame: Frame
    tokens: Callable[[], Half]
    objects: tuple[Labelled, ...]
    crowds: tuple[Labelled, ...] = ()
    void: tuple[Any, ...] = ()
    rejected: tuple[Labelled, ...] = ()
    known: frozenset[str] | None = None
    weight: float = 1.0
    picture: Callable[[], Image] | None = None

    def mask(self, segmentation: Any) -> Mask:
        """Height x width bool."""
        return decode(segmentation, self.frame.height, self.frame.width)

    def box(self, segmentation: Any) -> Box:
        """The tight box (x0, y0, x1, y1) of a segmentation, image pixels; without decoding an RLE."""
        coded = segmentation
        if not (isinstance(coded, dict) and isinstance(coded.get("counts"), str | bytes)):
            coded = coco_rle.encode(np.asfortranarray(self.mask(coded).view(np.uint8)))
        x, y, width, height = (float(v) for v in coco_rle.toBbox(coded))
        return x, y, x + width, y + height


@dataclass(frozen=True)
class Vocabulary:
    """The categories of a head, in its order. Those in `stuff` are not counted: all of one is one segment."""

    names: tuple[str, ...]
    stuff: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) < len(self.names):
            raise DataError("a vocabulary is at least one category, each once")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def things(self) -> Vocabulary:
        """Without stuff."""
        return Vocabulary(tuple(n for n in self.names if n not in self.stuff))

    def stuff_numbers(self) -> list[int]:
        return [k for k, name in enumerate(self.names) if name in self.stuff]


@dataclass(frozen=True, eq=False)
class Truth:
    """An example as arrays, H x W at stride 4 of the padded model image; masks are covered shares of 255."""

    labels: NDArray[np.int64]
    masks: NDArray[np.uint8]
    weights: NDArray[np.float32]
    counted: NDArray[np.bool_]
    known: NDArray[np.bool_]
    rejected: NDArray[np.uint8]

    @property
    def nbytes(self) -> int:
        return self.masks.nbytes + self.counted.nbytes + self.rejected.nbytes


def rasterise(example: Example, vocabulary: Vocabulary) -> Truth:
    """What a head of this vocabulary is to learn from an example. Stuff of one category becomes one object; what has a
    category that the vocabulary lacks counts neither as object nor as background."""
    frame, numbers = example.frame, {name: k for k, name in enumerate(vocabulary.names)}
    merged: dict[tuple[int, int], tuple[Mask, float]] = {}
    unknown = [example.mask(o.segmentation) for o in example.objects if o.category not in numbers]
    for k, thing in enumerate(o for o in example.objects if o.category in numbers):
        key = (numbers[thing.category], -1 if thing.category in vocabulary.stuff else k)
        mask, weight = example.mask(thing.segmentation), thing.weight
        if key in merged:
            mask, weight = mask | merged[key][0], max(weight, merged[key][1])
        merged[key] = (mask, weight)
    unknown += [example.mask(o.segmentation) for o in example.crowds] + [example.mask(s) for s in example.void]
    hidden = np.zeros((frame.height, frame.width), bool)
    for mask in unknown:
        hidden |= mask
    masks = _stack([covered(mask, frame) for mask, _ in merged.values()], frame)
    seen = masks.any((1, 2))
    known = [example.known is None or name in example.known for name in vocabulary.names]
    return Truth(
        labels=np.array([what for what, _ in merged], np.int64)[seen],
        masks=masks[seen],
        weights=np.array([weight for _, weight in merged.values()], np.float32)[seen],
        counted=covered(hidden, frame) < 128,
        known=np.array(known),
        rejected=_stack([covered(example.mask(o.segmentation), frame) for o in example.rejected], frame),
    )


def covered(mask: Mask, frame: Frame) -> NDArray[np.uint8]:
    """How much of each cell of 4 x 4 model pixels a mask covers, of 255."""
    size = (frame.inner_width, frame.inner_height)
    shrink = size[0] * size[1] < mask.size
    inner = cv2.resize(mask.view(np.uint8) * 255, size, interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR)
    padded = np.zeros((frame.padded_height, frame.padded_width), np.uint8)
    padded[: inner.shape[0], : inner.shape[1]] = inner
    small = (frame.padded_width // STRIDE, frame.padded_height // STRIDE)
    return np.asarray(cv2.resize(padded, small, interpolation=cv2.INTER_AREA), np.uint8)


def _stack(masks: Sequence[NDArray[np.uint8]], frame: Frame) -> NDArray[np.uint8]:
    shape = (0, frame.padded_height // STRIDE, frame.padded_width // STRIDE)
    return np.stack(masks) if masks else np.zeros(shape, np.uint8)


def cut(truth: Truth, y: int, x: int, rows: int, columns: int) -> Truth:
    """The truth of a window; all in tokens. Objects that are hardly in it become unknown."""
    area = (slice(y * TOKEN_CELLS, (y + rows) * TOKEN_CELLS), slice(x * TOKEN_CELLS, (x + columns) * TOKEN_CELLS))
    masks = truth.masks[:, area[0], area[1]]
    whole, part = (m.sum((1, 2), dtype=np.int64) for m in (truth.masks, masks))
    kept = part >= np.maximum(VISIBLE * whole, 1)
    counted = truth.counted[area] & ~(masks[~kept] > 127).any(0)
    return Truth(
        truth.labels[kept],
        masks[kept],
        truth.weights[kept],
        counted,
        truth.known,
        truth.rejected[:, area[0], area[1]],
    )


@dataclass(frozen=True, eq=False)
class Batch:
    """tokens: B x C x h x w fp16, of one size."""

    tokens: Half
    truths: list[Truth]

    def on(self, compute: Compute) -> tuple[torch.Tensor, list[Targets]]:
        """As a head's `loss` takes them."""
        targets = [
            Targets(
                labels=compute.put(t.labels),
                masks=compute.put(t.masks).float() / 255,
                weights=compute.put(t.weights),
                counted=compute.put(t.counted).float(),
                known=compute.put(t.known),
                rejected=compute.put(t.rejected).float() / 255,
            )
            for t in self.truths
        ]
        return compute.put(self.tokens), targets


class Sampler:
    """Draws batches of images whose maps have one size."""

    def __init__(self, examples: Sequence[Example], vocabulary: Vocabulary, crops: float = 0.5) -> None:
        """crops: share of the batches that are windows of their images."""
        if not examples:
            raise DataError("there is nothing to train on")
        self.examples, self.vocabulary, self.crops = list(examples), vocabulary, crops
        self.weights = np.array([e.weight for e in examples], np.float64)
        self.alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        for k, example in enumerate(examples):
            self.alike[example.frame.tokens].append(k)
        self._truths: dict[int, Truth] = {}
        self._room = KEPT

    def draw(self, rng: np.random.Generator, count: int) -> Batch:
        """At most `count` images; fewer where not as many have the size of the first."""
        first = int(rng.choice(len(self.examples), p=self.weights / self.weights.sum()))
        shape = self.examples[first].frame.tokens
        others = [k for k in self.alike[shape] if k != first]
        share = self.weights[others] / max(self.weights[others].sum(), 1e-12)
        more = min(count - 1, int((share > 0).sum()))
        chosen = [first, *rng.choice(others, more, replace=False, p=share)] if more else [first]
        rows, columns = self._window(rng, shape)
        parts = []
        for k in chosen:
            y, x = int(rng.integers(shape[0] - rows + 1)), int(rng.integers(shape[1] - columns + 1))
            tokens = np.asarray(self.examples[int(k)].tokens())[:, y : y + rows, x : x + columns]
            parts.append((tokens, cut(self._truth(int(k)), y, x, rows, columns)))
        return Batch(np.ascontiguousarray(np.stack([p[0] for p in parts])), [p[1] for p in parts])

    def _truth(self, index: int) -> Truth:
        truth = self._truths.get(index)
        if truth is None:
            truth = rasterise(self.examples[index], self.vocabulary)
            if truth.nbytes <= self._room:
                self._truths[index] = truth
                self._room -= truth.nbytes
        return truth

    def _window(self, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of tokens, even numbers: the map is halved on the way."""
        whole = rng.random() >= self.crops
        sides = [size if whole else round(size * rng.uniform(0.5, 1.0) / 2) * 2 for size in shape]
        rows, columns = (min(size, max(SMALLEST, side)) for size, side in zip(shape, sides, strict=True))
        return (rows, columns) if rows * columns >= SMALLEST**2 else shape


def hold_out(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Examples to learn from, and about `share` of them to measure by. Whether a group is held out depends on its name
    alone: when a project has more images next time, none that was held out is learned from."""
    kept: tuple[list[Example], list[Example]] = ([], [])
    for example in examples:
        number = int.from_bytes(hashlib.blake2b(example.group.encode(), digest_size=4).digest(), "big")
        kept[number < share * 2**32].append(example)
    return kept


def category_names(file: Path) -> dict[int, str]:
    """Names of a COCO-format file's categories, VOC's as COCO spells them."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["categories"]
        return {c["id"]: SAME.get(c["name"], c["name"]) for c in entries}
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{file}: no 'categories' with 'id' and 'name': {error!r}") from None


def stuff_names(file: Path) -> frozenset[str]:
    """The categories that a panoptic file calls no things."""
    entries = json.loads(file.read_text(encoding="utf-8"))["categories"]
    return frozenset(SAME.get(c["name"], c["name"]) for c in entries if not c.get("isthing", 1))


def read_examples(file: Path, cache: Path, encoder: Path | None = None, weight: float = 1.0) -> list[Example]:
    """The images of a COCO-format file; `weight` is that of all of them.

    Their tokens are computed once and kept in `cache`; with `encoder` (a file of weights) what is missing is computed
    now, without it only finished images are given. Images that the cache keeps at less than 12 x 12 tokens are left
    out: users' images are always encoded larger.
    """
    tokens = TokenCache(file, cache)
    if encoder is not None and len(tokens.done) < len(tokens.images):
        compute = Compute.choose()
        tokens.fill(read_encoder(encoder, None, compute).vit, compute)
    names, crowds = category_names(file), crowds_of(file)
    large = [k for k in sorted(tokens.done) if np.prod(tokens.images[k].frame.tokens) >= SMALLEST**2]
    return [_example(tokens, k, names, crowds.get(tokens.images[k].source.id, ()), weight / len(large)) for k in large]


def _example(
    cache: TokenCache, index: int, names: dict[int, str], crowds: Sequence[Labelled], weight: float
) -> Example:
    source, frame = cache.images[index].source, cache.images[index].frame

    def load() -> Half:
        last = cache.tokens(index)[..., -SMALL.dim :]
        return np.ascontiguousarray(last.transpose(2, 0, 1))

    return Example(
        name=f"{cache.name}/{source.id}",
        group=f"{cache.name}/{source.group}",
        frame=frame,
        tokens=load,
        objects=objects_of(source, names),
        crowds=tuple(crowds),
        void=() if source.ignore is None else (source.ignore,),
        known=frozenset(names.values()),
        weight=weight,
        picture=lambda: read_rgb(source.path),
    )


def objects_of(image: CocoImage, names: dict[int, str]) -> tuple[Labelled, ...]:
    return tuple(Labelled(a["segmentation"], names[a["category_id"]]) for a in image.annotations)


def crowds_of(file: Path) -> dict[Any, list[Labelled]]:
    """Crowd regions by image: `inference.data.coco.read_set` leaves them out."""
    names = category_names(file)
    found: dict[Any, list[Labelled]] = defaultdict(list)
    for a in json.loads(file.read_text(encoding="utf-8"))["annotations"]:
        if a.get("iscrowd") and a.get("segmentation"):
            found[a["image_id"]].append(Labelled(a["segmentation"], names[a["category_id"]]))
    return found
