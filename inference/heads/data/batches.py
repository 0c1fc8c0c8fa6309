"""Batches of training examples, drawn at random. Nothing is read before it is needed, and at most a few batches are in
memory.

Augmentation works on tokens: windows of the map. A mirrored map is not the map of a mirrored picture (a ViT is not
equivariant), so turned and mirrored pictures are examples of their own (`variants`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from inference.core.arrays import Half
from inference.data.coco import DataError
from inference.data.device import Compute
from inference.heads.data.examples import Example, Vocabulary
from inference.heads.data.truth import Truth, cut, rasterise
from inference.heads.networks.criterion import Targets

MIN_WINDOW = 12  # tokens a side of a window; its square holds more tokens than FastInst has queries
MAX_KEPT_BYTES = 256 << 20  # bytes of truths that a sampler keeps: masks of large images take long to read


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
        self._room = MAX_KEPT_BYTES

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
        rows, columns = (min(size, max(MIN_WINDOW, side)) for size, side in zip(shape, sides, strict=True))
        return (rows, columns) if rows * columns >= MIN_WINDOW**2 else shape
