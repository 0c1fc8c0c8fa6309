"""Proposals with sharper borders: each is handed to the click model as if a person had clicked into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from inference.batch import ObjectPrompt
from inference.features import Features
from inference.heads.proposals import Proposal, encode_patch, mask_iou
from inference.predictor import ClickPredictor
from inference.session import Click, Mask
from inference.simulate import next_click

Prompting = Literal["mask", "box", "click"]
AGREE = 0.5  # an answer that overlaps the proposal less is about something else: the proposal stays as it was


def deepest(mask: Mask) -> Click:
    """A click in the middle of the mask's largest part. The mask is not empty."""
    found = next_click(np.zeros_like(mask), mask)
    assert found is not None
    return Click(found.x + 0.5, found.y + 0.5, True)


def refine(
    proposals: Sequence[Proposal], features: Features, predictor: ClickPredictor, prompting: Prompting = "mask"
) -> list[Proposal]:
    """The same proposals with the click model's masks and the clicks that made them.

    prompting: what the click model is told beside a click into the middle: the proposal's mask, its box, or nothing.
    The mask says most (docs/heads.md, Learning, has figures).
    """
    masks = [p.mask() for p in proposals]
    clicks = [deepest(mask) for mask in masks]
    prompts = [
        ObjectPrompt(
            [click],
            box=p.box if prompting == "box" else None,
            previous=mask if prompting == "mask" else None,
        )
        for p, mask, click in zip(proposals, masks, clicks, strict=True)
    ]
    found = []
    for p, click, patch in zip(proposals, clicks, predictor.predict_batch(features, prompts), strict=True):
        coded = encode_patch(patch, features.height, features.width)
        if patch.width and mask_iou([coded], [p.rle])[0, 0] >= AGREE:
            box = (float(patch.x), float(patch.y), float(patch.x + patch.width), float(patch.y + patch.height))
            p = replace(p, rle=coded, box=box, clicks=(click,), basis=p.rle if prompting == "mask" else None)
        found.append(p)
    return found
