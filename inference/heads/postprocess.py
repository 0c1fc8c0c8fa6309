"""What becomes of a set of (class, mask) pairs: instances, a panoptic or a semantic segmentation. NumPy only.

All three answer with `Segment`s, whose mask is where their logits are positive. Panoptic and semantic segments never
overlap, however they are enlarged bilinearly: of any two, one's logits are at most the other's with the sign changed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np

from inference.core.arrays import Floats
from inference.core.masks import MaskPatch, tight
from inference.core.upsample import Upsampler

MAP_STRIDE, LOGITS_STRIDE = 8, 2  # of a head's masks, and what `Upsampler` enlarges


@dataclass(frozen=True, eq=False)
class Segment:
    """category: from 0. logits: h x w, positive inside."""

    category: int
    score: float
    logits: Floats


def instances(classes: Floats, masks: Floats, limit: int = 100, threshold: float = 0.0) -> list[Segment]:
    """The `limit` best (query, class) pairs by confidence x mean mask probability, at least `threshold`, best first.

    classes: N x (K + 1) logits. masks: N x h x w logits.
    """
    shares = softmax(classes)[:, :-1]
    inside = masks > 0
    sure = (sigmoid(masks) * inside).sum((1, 2)) / np.maximum(inside.sum((1, 2)), 1)
    scores = shares * sure[:, None]
    best = np.argsort(-scores, axis=None, kind="stable")[:limit]
    found = []
    for query, category in zip(*np.unravel_index(best, scores.shape), strict=True):
        score = float(scores[query, category])
        if score < threshold or score <= 0:
            break
        found.append(Segment(int(category), score, masks[query]))
    return found


def panoptic(
    classes: Floats, masks: Floats, stuff: Collection[int] = (), confidence: float = 0.8, visible: float = 0.8
) -> list[Segment]:
    """Segments that don't overlap. Queries with a class above `confidence` compete for every pixel by confidence x
    mask probability; one that keeps less than `visible` of its mask is dropped, and what it won stays void. Segments
    of one `stuff` class are one."""
    shares = softmax(classes)
    category, sure = shares.argmax(1), shares.max(1)
    chosen = np.flatnonzero((category < classes.shape[1] - 1) & (sure > confidence))
    if not len(chosen):
        return []
    inside = sigmoid(masks[chosen])
    votes = sure[chosen, None, None] * inside
    winner = votes.argmax(0)
    groups: dict[tuple[int, int], list[int]] = {}
    for k, query in enumerate(chosen):
        mask = inside[k] > 0.5
        if mask.any() and (mask & (winner == k)).sum() >= visible * mask.sum():
            what = int(category[query])
            groups.setdefault((what, -1 if what in stuff else k), []).append(k)
    found = []
    for (what, _), members in groups.items():
        others = np.delete(votes, members, axis=0)
        margin = votes[members].max(0) - (others.max(0) if len(others) else 0.0)
        logits = np.minimum(margin, inside[members].max(0) - 0.5)
        found.append(Segment(what, float(sure[chosen[members]].max()), logits.astype(np.float32)))
    return sorted(found, key=lambda s: -s.score)


def semantic(classes: Floats, masks: Floats, threshold: float = 0.0) -> list[Segment]:
    """One segment for each class that wins anywhere: sum over queries of class x mask probability, the largest wins;
    nobody where even that is below `threshold`. A segment's score is its mean share where it wins."""
    shares = softmax(classes)[:, :-1]
    votes = np.einsum("nk,nhw->khw", shares, sigmoid(masks))
    winner = votes.argmax(0)
    ordered = np.sort(votes, axis=0)
    first, second = ordered[-1], ordered[-2] if len(ordered) > 1 else np.zeros_like(ordered[-1])
    found = []
    for what in np.unique(winner):
        mine = winner == what
        logits = np.minimum(votes[what] - np.where(mine, second, first), votes[what] - threshold)
        if (logits > 0).any():
            found.append(Segment(int(what), float(np.minimum(votes[what][logits > 0], 1).mean()), logits))
    return sorted(found, key=lambda s: -s.score)


def patch_of(logits: Floats, upsampler: Upsampler) -> MaskPatch:
    """The mask of logits at stride 8 of the padded model image, in the image's own pixels."""
    factor = MAP_STRIDE // LOGITS_STRIDE
    size = (logits.shape[1] * factor, logits.shape[0] * factor)
    fine = np.asarray(cv2.resize(np.ascontiguousarray(logits), size, interpolation=cv2.INTER_LINEAR), np.float32)
    box = upsampler.bounds(fine)
    return tight(upsampler.region(fine, box), box[0], box[1])


def softmax(logits: Floats) -> Floats:
    """Over the last axis."""
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)


def sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), np.float32)
