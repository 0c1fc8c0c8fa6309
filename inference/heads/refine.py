"""Proposals with sharper borders: each is handed to the click model as if a person had clicked into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from inference.clicks.batch import ObjectPrompt
from inference.core.features import Features
from inference.core.masks import Click, MaskPatch, tight
from inference.data.simulated_user import next_click
from inference.heads.proposals import Between, Proposal, encode_patch, mask_iou, nothing_between
from inference.predictor import ClickPredictor

Prompting = Literal["mask", "box", "click"]
MASK_PIXELS = 1 << 26  # of the masks that are there at once
MIN_IOU = 0.5  # an answer that overlaps the proposal less is about something else: the proposal stays as it was


def deepest(patch: MaskPatch) -> Click:
    """A click in the middle of the mask's largest part. The mask is not empty."""
    found = next_click(np.zeros_like(patch.bits), patch.bits)
    assert found is not None
    return Click(patch.x + found.x + 0.5, patch.y + found.y + 0.5, True)


def refine(
    proposals: Sequence[Proposal],
    features: Features,
    predictor: ClickPredictor,
    prompting: Prompting = "mask",
    between: Between = nothing_between,
) -> list[Proposal]:
    """The same proposals with the click model's masks and the clicks that made them.

    prompting: what the click model is told beside a click into the middle: the proposal's mask, its box, or nothing.
    The mask says most (docs/internals/heads.md, Learning, has figures). Of a large image, masks are there for
    some proposals at a time.
    """
    found: list[Proposal] = []
    waiting: list[tuple[Proposal, MaskPatch]] = []
    for p in proposals:
        between()
        waiting.append((p, tight(p.mask(), 0, 0)))
        if sum(patch.bits.size for _, patch in waiting) >= MASK_PIXELS:
            found += _refined(waiting, features, predictor, prompting, between)
            waiting = []
    return found + _refined(waiting, features, predictor, prompting, between)


def _refined(
    some: Sequence[tuple[Proposal, MaskPatch]],
    features: Features,
    predictor: ClickPredictor,
    prompting: Prompting,
    between: Between,
) -> list[Proposal]:
    clicks = [deepest(patch) for _, patch in some]
    prompts = [
        ObjectPrompt(
            [click],
            box=p.box if prompting == "box" else None,
            previous=patch if prompting == "mask" else None,
        )
        for (p, patch), click in zip(some, clicks, strict=True)
    ]
    found = []
    for (p, _), click, answer in zip(some, clicks, predictor.sessions(features, prompts), strict=True):
        between()
        patch = answer.patch()
        coded = encode_patch(patch, features.height, features.width)
        if patch.width and mask_iou([coded], [p.rle])[0, 0] >= MIN_IOU:
            box = (float(patch.x), float(patch.y), float(patch.x + patch.width), float(patch.y + patch.height))
            p = replace(p, rle=coded, box=box, clicks=(click,), basis=p.rle if prompting == "mask" else None)
        found.append(p)
    return found
