"""What a head is to learn from an example, as arrays at stride 4; and the part of it in a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Mask
from inference.core.geometry import Frame
from inference.heads.data.examples import Example, Vocabulary

STRIDE = 4  # of the true masks
TOKEN_CELLS = 4  # of them a token
MIN_VISIBLE_SHARE = 0.2  # an object with less of its area in a window is neither there nor not there


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
    kept = part >= np.maximum(MIN_VISIBLE_SHARE * whole, 1)
    counted = truth.counted[area] & ~(masks[~kept] > 127).any(0)
    return Truth(
        truth.labels[kept],
        masks[kept],
        truth.weights[kept],
        counted,
        truth.known,
        truth.rejected[:, area[0], area[1]],
    )
