"""The baseline that a trained head has to beat, made of what is there without any training of a head.

Every token of a picture gets the category whose mean token it resembles most (or the background's); connected tokens
of one category are an object; a click into its middle lets the click model draw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.clicks.batch import ObjectPrompt
from inference.core.arrays import Floats, Half
from inference.core.features import Features
from inference.core.masks import Click
from inference.heads.data.examples import Example, Vocabulary
from inference.heads.data.truth import TOKEN_CELLS, rasterise
from inference.heads.proposals import Proposal, suppress
from inference.predictor import ClickPredictor

SHARPNESS = 20.0  # of the softmax over cosines that makes a score
DUPLICATE = 0.7


@dataclass(frozen=True, eq=False)
class Means:
    """Unit vectors (K + 1) x C: the mean token of each category, and last that of the background."""

    vectors: Floats
    names: tuple[str, ...]


def learn_means(examples: Sequence[Example], vocabulary: Vocabulary) -> Means:
    """Nearest-class-mean "training": means over objects of the mean unit token inside of each."""
    names = vocabulary.names
    sums, counts = None, np.zeros(len(names) + 1)
    for example in examples:
        tokens, truth = unit(example.tokens()), rasterise(example, vocabulary)
        if sums is None:
            sums = np.zeros((len(names) + 1, len(tokens)))
        shares = [
            cv2.resize(m, None, fx=1 / TOKEN_CELLS, fy=1 / TOKEN_CELLS, interpolation=cv2.INTER_AREA)
            for m in truth.masks
        ]
        for label, share in zip(truth.labels, shares, strict=True):
            inside = np.asarray(share) >= min(128, np.asarray(share).max())
            sums[label] += tokens[:, inside].mean(1)
            counts[label] += 1
        empty = ~np.any([np.asarray(s) > 0 for s in shares], axis=0) if shares else np.ones(tokens.shape[1:], bool)
        if empty.any():
            sums[-1] += tokens[:, empty].mean(1)
            counts[-1] += 1
    assert sums is not None
    means = sums / np.maximum(counts, 1)[:, None]
    vectors = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    return Means(vectors.astype(np.float32), names)


def unit(tokens: Half) -> Floats:
    """C x h x w with columns of length 1."""
    values = tokens.astype(np.float32)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=0, keepdims=True), 1e-6))


def suggest(means: Means, features: Features, predictor: ClickPredictor, limit: int = 100) -> list[Proposal]:
    """The baseline's proposals of one image, best first; the score is the mean probability inside of the component."""
    tokens = unit(features.tokens)
    cosines = np.einsum("kc,chw->khw", means.vectors, tokens)
    powers = np.exp(SHARPNESS * (cosines - cosines.max(0)))
    shares = powers / powers.sum(0)
    inner = features.frame
    rows, columns = -(-inner.inner_height // 16), -(-inner.inner_width // 16)
    shares = shares[:, :rows, :columns]
    winner = shares.argmax(0)
    found: list[tuple[float, str, Click]] = []
    for category in np.unique(winner[winner < len(means.names)]):
        count, parts = cv2.connectedComponents((winner == category).astype(np.uint8), connectivity=4)
        for part in range(1, count):
            inside = parts == part
            found.append((float(shares[category][inside].mean()), means.names[category], _middle(inside, features)))
    found = sorted(found, key=lambda f: -f[0])[:limit]
    patches = predictor.predict_batch(features, [ObjectPrompt([click]) for _, _, click in found])
    proposals = [
        Proposal.of_patch(patch, features.height, features.width, score, name, (click,))
        for (score, name, click), patch in zip(found, patches, strict=True)
        if patch.width
    ]
    return suppress(proposals, DUPLICATE, within_category=True)


def _middle(inside: NDArray[np.bool_], features: Features) -> Click:
    """The image pixel at the centre of the deepest token of a component."""
    depth = cv2.distanceTransform(np.pad(inside.view(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = divmod(int(depth.argmax()), inside.shape[1])
    frame = features.frame
    at_x = min(frame.width - 0.5, (x + 0.5) * 16 / frame.scale_x)
    at_y = min(frame.height - 0.5, (y + 0.5) * 16 / frame.scale_y)
    return Click(at_x, at_y, True)
