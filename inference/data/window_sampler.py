"""Training windows: square cuts of cached pictures with several objects each, drawn at random.

A window is T x T tokens (16 model pixels each) at a random scale; two in five are at scale 1. What a window holds
depends only on (seed, step, place in the batch), never on what ran before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Floats, Mask
from inference.core.geometry import LONG_SIDE, TOKEN
from inference.data.coco import DataError, decode, set_name
from inference.data.crops import Region, Window, cut_mask, cut_pixels, cut_tokens, jitter, paste
from inference.data.encoder_files import vit_picture
from inference.data.token_cache import CachedImage, Pictures, TokenCache
from inference.networks.vit import SMALL, ViTConfig


@dataclass(frozen=True)
class SetRule:
    """How a data set enters the mix. `regions`: parts and stuff, only ever asked for with two clicks or more."""

    weight: float
    regions: bool = False
    union: float = 0.0  # share of the samples whose object is the union of the picture's annotations


class WindowSampler:
    """Draws windows out of several sets, in the proportions of their rules.

    `vit`: the encoder's sizes, for windows that are encoded later. `copy_paste`: share of those windows that get an
    object of another window. `hard`: how many times as often as others those objects are drawn that `are_hard`.
    """

    def __init__(
        self,
        sets: Sequence[tuple[Pictures, SetRule]],
        objects: int,
        exclude: frozenset[str] = frozenset(),
        vit: ViTConfig = SMALL,
        copy_paste: float = 0.0,
        hard: float = 1.0,
    ) -> None:
        self.sets = sets
        self.objects = objects
        self.vit, self.copy_paste = vit, copy_paste
        weights = np.array([rule.weight for _, rule in sets])
        self.set_weights = weights / weights.sum()
        self.index = [self._objects(pictures, exclude, hard) for pictures, _ in sets]

    @staticmethod
    def _objects(
        pictures: Pictures, exclude: frozenset[str], hard: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """K x 2 (image, annotation) of what is large enough to learn from, and the running sum of the chances."""
        pairs, chances = [], []
        for i in sorted(pictures.done):
            image = pictures.images[i]
            if image.source.group in exclude:
                continue
            difficult = are_hard(image) if hard != 1 else np.zeros(len(image.source.annotations), bool)
            for j, annotation in enumerate(image.source.annotations):
                area = float(annotation["area"]) * image.frame.scale_x * image.frame.scale_y
                if area < 350:
                    continue
                pairs.append((i, j))
                chance = 0.6 if area < 1000 else 1.4 if area < 4000 else 1.0
                chances.append(chance * (hard if difficult[j] else 1.0))
        if not pairs:
            raise DataError(f"{pictures.name} has no object to train on")
        p: Floats = np.array(chances) / np.sum(chances)
        running = p.astype(np.float64).cumsum()
        return np.array(pairs), running / running[-1]

    def draw(self, rng: np.random.Generator, tokens: int) -> Window:
        """One window of tokens x tokens."""
        window = self._draw(rng, tokens)
        if window.tokens is not None:
            return window
        if self.copy_paste and rng.random() < self.copy_paste:
            window = paste(window, self._draw(rng, tokens), rng)
        return replace(window, picture=vit_picture(window.pixels, self.vit))

    def _draw(self, rng: np.random.Generator, tokens: int) -> Window:
        """Draws again when a cut leaves next to nothing of its object."""
        while True:
            which = int(rng.choice(len(self.sets), p=self.set_weights))
            pictures, rule = self.sets[which]
            pairs, running = self.index[which]
            i, j = pairs[int(running.searchsorted(rng.random(), side="right"))]  # as rng.choice, for millions
            window = self._cut(rng, pictures, rule, int(i), int(j), tokens)
            if window is not None:
                return window

    def _cut(
        self, rng: np.random.Generator, cache: Pictures, rule: SetRule, i: int, j: int, tokens: int
    ) -> Window | None:
        image = cache.images[i]
        union = rng.random() < rule.union
        annotations = image.source.annotations
        boxes = np.array([a["bbox"] for a in annotations], np.float64)
        boxes = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)
        boxes *= np.tile([image.frame.scale_x, image.frame.scale_y], 2)
        box = np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)]) if union else boxes[j]
        region = choose_region(rng, image, box, tokens)
        height, width = image.source.height, image.source.width
        first = np.zeros((height, width), bool)
        for k, annotation in enumerate(annotations):
            if k == j or union:
                first |= decode(annotation["segmentation"], height, width)
        masks = [cut_mask(first, image, region)]
        if masks[0].sum() < 60:
            return None
        stuff = bool(annotations[j].get("stuff"))
        alike = [k for k, a in enumerate(annotations) if k != j and bool(a.get("stuff")) == stuff]
        others = [k for k in alike if not union and _visible(boxes[k], region)]
        for k in rng.permutation(others)[: self.objects - 1]:
            mask = cut_mask(decode(annotations[k]["segmentation"], height, width), image, region)
            if mask.sum() >= 80:
                masks.append(mask)
        masks += [masks[k % len(masks)] for k in range(self.objects - len(masks))]
        inner = np.zeros((height, width), bool)
        void = inner if image.source.ignore is None else decode(image.source.ignore, height, width)
        tokens_ = cache.tokens(i)
        parts: list[Any] = [
            np.zeros(0) if tokens_ is None else cut_tokens(tokens_, region),
            jitter(cut_pixels(cache.pixels(i), region), rng),
            np.stack(masks),
            cut_mask(void, image, region, 0.25),
            cut_mask(~inner, image, region),
        ]
        if rng.random() < 0.5:
            axes = (-1 if tokens_ is None else 1, 1, 2, 1, 1)
            parts = [np.flip(a, axis) for a, axis in zip(parts, axes, strict=True)]
        seen, pixels, stack, void_, inside = (np.ascontiguousarray(a) for a in parts)
        parts_only = (rule.regions or stuff) and not union
        return Window(None if tokens_ is None else seen, pixels, stack, void_, inside, 2 if parts_only else 0)


def read_sets(
    files: Sequence[Path], cache: Path | None, rules: dict[str, SetRule], vit: ViTConfig = SMALL
) -> list[tuple[Pictures, SetRule]]:
    """Open data files: their caches, or (`cache` None) the pictures alone. A set without a rule of its own is a set of
    objects of weight 0.1."""
    opened = [Pictures(file) if cache is None else TokenCache(file, cache, vit) for file in files]
    return [(one, rules.get(set_name(file), SetRule(0.1))) for one, file in zip(opened, files, strict=True)]


def are_hard(image: CachedImage) -> Mask:
    """Which of a picture's annotations are small (under 3,000 model pixels), thin (less than a third of their box is
    filled) or may touch another of their class (the boxes, 4 model pixels larger, meet)."""
    annotations = image.source.annotations
    boxes = np.array([a["bbox"] for a in annotations], np.float64).reshape(-1, 4)
    fx, fy = image.frame.scale_x, image.frame.scale_y
    low, size = boxes[:, :2] * [fx, fy], boxes[:, 2:] * [fx, fy]
    area = np.array([float(a["area"]) for a in annotations]) * fx * fy
    kinds = np.array([int(a.get("category_id", 0)) for a in annotations])
    apart = np.maximum(low[:, None] - (low + size)[None], low[None] - (low + size)[:, None]).max(2)
    touching = (apart < 4) & (kinds[:, None] == kinds[None])
    np.fill_diagonal(touching, False)
    return np.asarray((area < 3000) | (3 * area < size.prod(1)) | touching.any(1))


def choose_region(rng: np.random.Generator, image: CachedImage, box: NDArray[np.float64], tokens: int) -> Region:
    """Scale and place of a window around a box (model pixels)."""
    side = tokens * TOKEN
    extent = float(max(box[2] - box[0], box[3] - box[1], 1.0))
    scale = 1.0
    if rng.random() < 0.6:  # about the scale that the picture has when it is encoded for a user
        usual = LONG_SIDE / max(image.frame.inner_height, image.frame.inner_width)
        scale = usual * float(np.exp(rng.uniform(np.log(0.65), np.log(1.35))))
    if extent * scale > 0.95 * side and rng.random() < 0.75:
        scale = max(0.35, side * rng.uniform(0.6, 0.95) / extent)
    if extent * scale < 28 and rng.random() < 0.5:
        scale = min(2.0, 40 / extent)
    reach = side / scale
    place = []
    for low, high, size in (
        (box[0], box[2], image.frame.padded_width),
        (box[1], box[3], image.frame.padded_height),
    ):
        limit = max(0.0, size - reach)
        a, b = (high - reach, low) if high - low <= reach else (low, high - reach)
        at = rng.uniform(min(a, b), max(a, b))
        at = min(max(at, 0.0), limit)
        place.append(float(round(at / TOKEN) * TOKEN) if scale == 1.0 else at)
    return Region(place[0], place[1], scale, tokens)


def _visible(box: NDArray[np.float64], region: Region) -> bool:
    """Does at least half of the box lie in the region?"""
    w = min(box[2], region.x + region.side) - max(box[0], region.x)
    h = min(box[3], region.y + region.side) - max(box[1], region.y)
    return bool(w > 0 and h > 0 and w * h >= 0.5 * (box[2] - box[0]) * (box[3] - box[1]))
