"""Training windows: square cuts of cached pictures with several objects each.

A window is T x T tokens (16 model pixels each) at a random scale. At scale 1 (two in five) it is an exact
cut of the cached tokens, else tokens and pixels are resampled together, so that objects of every size relative to
the window occur. What a window holds depends only on (seed, step, place in the batch), never on what ran before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.cache import CachedImage, TokenCache
from inference.coco import decode
from inference.geometry import LONG_SIDE, PAD_COLOUR, TOKEN

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SetRule:
    """How a data set enters the mix. `regions`: parts and stuff, only ever asked for with two clicks or more."""

    weight: float
    regions: bool = False
    union: float = 0.0  # share of the samples whose object is the union of the picture's annotations


@dataclass(frozen=True)
class Window:
    """One cut. T tokens a side; masks at stride 2 (8T a side)."""

    tokens: NDArray[np.float16]  # T x T x 1152
    pixels: NDArray[np.uint8]  # 16T x 16T x 3
    masks: Mask  # M x 8T x 8T
    void: Mask  # 8T x 8T, not counted in losses
    inside: Mask  # 8T x 8T, false in padding
    min_clicks: int


@dataclass(frozen=True)
class Region:
    """A cut of the model image: origin and side in model pixels; `scale` window pixels per model pixel."""

    x: float
    y: float
    scale: float
    tokens: int

    @property
    def side(self) -> float:
        return self.tokens * TOKEN / self.scale


class WindowSampler:
    """Draws windows out of several cached sets, in the proportions of their rules."""

    def __init__(
        self, sets: list[tuple[TokenCache, SetRule]], objects: int, exclude: frozenset[str] = frozenset()
    ) -> None:
        self.sets = sets
        self.objects = objects
        weights = np.array([rule.weight for _, rule in sets])
        self.set_weights = weights / weights.sum()
        self.index: list[tuple[list[tuple[int, int]], Floats]] = []
        for cache, _ in sets:
            pairs, chances = [], []
            for i in sorted(cache.done):
                image = cache.images[i]
                if image.source.group in exclude:
                    continue
                for j, annotation in enumerate(image.source.annotations):
                    area = float(annotation["area"]) * image.frame.scale_x * image.frame.scale_y
                    if area < 350:
                        continue
                    pairs.append((i, j))
                    chances.append(0.6 if area < 1000 else 1.4 if area < 4000 else 1.0)
            if not pairs:
                raise ValueError(f"{cache.folder} has no object to train on")
            p = np.array(chances) / np.sum(chances)
            self.index.append((pairs, p.astype(np.float64)))

    def draw(self, rng: np.random.Generator, tokens: int) -> Window:
        """One window of tokens x tokens. Draws again when a cut leaves next to nothing of its object."""
        while True:
            which = int(rng.choice(len(self.sets), p=self.set_weights))
            cache, rule = self.sets[which]
            pairs, chances = self.index[which]
            i, j = pairs[int(rng.choice(len(pairs), p=chances))]
            window = self._cut(rng, cache, rule, i, j, tokens)
            if window is not None:
                return window

    def _cut(
        self, rng: np.random.Generator, cache: TokenCache, rule: SetRule, i: int, j: int, tokens: int
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
        others = [k for k in range(len(annotations)) if k != j and not union and _visible(boxes[k], region)]
        for k in rng.permutation(others)[: self.objects - 1]:
            mask = cut_mask(decode(annotations[k]["segmentation"], height, width), image, region)
            if mask.sum() >= 80:
                masks.append(mask)
        masks += [masks[k % len(masks)] for k in range(self.objects - len(masks))]
        inner = np.zeros((height, width), bool)
        void = inner if image.source.ignore is None else decode(image.source.ignore, height, width)
        parts: list[Any] = [
            cut_tokens(cache.tokens(i), region),
            jitter(cut_pixels(cache.pixels(i), region), rng),
            np.stack(masks),
            cut_mask(void, image, region, 0.25),
            cut_mask(~inner, image, region),
        ]
        if rng.random() < 0.5:
            axes = (1, 1, 2, 1, 1)
            parts = [np.flip(a, axis) for a, axis in zip(parts, axes, strict=True)]
        tokens_, pixels, stack, void_, inside = (np.ascontiguousarray(a) for a in parts)
        return Window(tokens_, pixels, stack, void_, inside, 2 if rule.regions and not union else 0)


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


def _warp(source: NDArray[Any], region: Region, out: int, fx: float, fy: float, border: Any) -> NDArray[Any]:
    """Resample so that an output of `out` pixels a side shows the region; fx, fy: source pixels per model pixel."""
    step = region.side / out
    matrix = np.array(
        [
            [step * fx, 0, (0.5 * step + region.x) * fx - 0.5],
            [0, step * fy, (0.5 * step + region.y) * fy - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(source, matrix, (out, out), flags=flags, borderValue=border))


def cut_mask(mask: Mask, image: CachedImage, region: Region, threshold: float = 0.5) -> Mask:
    """The part of an H x W mask (image pixels) in the region, at stride 2."""
    fx, fy = 1 / image.frame.scale_x, 1 / image.frame.scale_y
    out = region.tokens * TOKEN
    fine = _warp(mask.astype(np.uint8) * np.uint8(255), region, out, fx, fy, 0)
    coarse = cv2.resize(fine, (out // 2, out // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(coarse >= 255 * threshold)


def cut_pixels(pixels: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """The region's pixels, 16T x 16T x 3; averaged first where it is shrunk a lot."""
    height, width = pixels.shape[:2]
    shrunk = np.asarray(pixels)
    if region.scale < 0.75:
        size = (round(width * region.scale), round(height * region.scale))
        shrunk = np.asarray(cv2.resize(shrunk, size, interpolation=cv2.INTER_AREA))
    fx, fy = shrunk.shape[1] / width, shrunk.shape[0] / height
    return _warp(shrunk, region, region.tokens * TOKEN, fx, fy, PAD_COLOUR)


def cut_tokens(tokens: NDArray[np.float16], region: Region) -> NDArray[np.float16]:
    """T x T x C. Scale 1 copies; any other scale resamples with a triangle filter as wide as the step."""
    t = region.tokens
    h, w, c = tokens.shape
    if region.scale == 1.0:
        x, y = round(region.x / TOKEN), round(region.y / TOKEN)
        out = np.zeros((t, t, c), np.float16)
        part = tokens[y : y + t, x : x + t]
        out[: part.shape[0], : part.shape[1]] = part
        return out
    rows = triangle(region.y / TOKEN, 1 / region.scale, t, h)
    columns = triangle(region.x / TOKEN, 1 / region.scale, t, w)
    y0, y1 = _span(rows)
    x0, x1 = _span(columns)
    cut = tokens[y0:y1, x0:x1].astype(np.float32)
    mixed = (rows[:, y0:y1] @ cut.reshape(y1 - y0, -1)).reshape(t, x1 - x0, c)
    return np.matmul(columns[:, x0:x1], mixed).astype(np.float16)


def triangle(origin: float, step: float, out: int, size: int) -> Floats:
    """out x size weights of a linear resampling; rows wholly outside of the source are 0."""
    at = origin + (np.arange(out) + 0.5) * step - 0.5
    reach = max(1.0, step)
    weights = np.maximum(0.0, 1 - np.abs(at[:, None] - np.arange(size)[None]) / reach)
    outside = (at < -0.5) | (at > size - 0.5)
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-6)
    weights[outside] = 0
    return weights.astype(np.float32)


def _span(weights: Floats) -> tuple[int, int]:
    used = np.flatnonzero(weights.any(0))
    return int(used[0]), int(used[-1]) + 1


def jitter(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Brightness and contrast of what the stem sees (the tokens are cached and stay as they are)."""
    table = np.clip((np.arange(256) - 127) * rng.uniform(0.8, 1.2) + 127 + rng.uniform(-16, 16), 0, 255)
    return np.asarray(cv2.LUT(pixels, table.astype(np.uint8)))


def read_sets(files: list[Path], cache: Path, rules: dict[str, SetRule]) -> list[tuple[TokenCache, SetRule]]:
    """Open the caches of COCO-format files; a set without a rule of its own is a set of objects of weight 0.1."""
    return [(TokenCache(file, cache), rules.get(file.parent.name, SetRule(0.1))) for file in files]
