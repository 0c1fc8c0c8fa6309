"""What a head that predicts a set of (class, mask) pairs is trained by: matching and losses, the same for both heads.

Beyond the papers: pixels where nothing is known don't count; a set that doesn't label every class (VOC's 20 of COCO's
80) says nothing about the others; objects have weights; what people rejected counts more than background.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from inference.heads.networks.config import LossWeights
from inference.heads.networks.matching import mask_costs, pairs
from inference.heads.networks.point_losses import draw, point_bce, point_dice, points_for, sample, uncertain_points

Matching = list[tuple[Tensor, Tensor]]
"""For each image: indices of queries and of the objects that they belong to."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Of N queries on B images: class logits B x N x (K + 1), the last one "no object"; mask logits B x N x h x w."""

    classes: Tensor
    masks: Tensor


@dataclass(frozen=True, eq=False)
class Targets:
    """The truth of one image, H x W at stride 4.

    labels: M, from 0. masks: M x H x W, covered shares in [0, 1]. weights: M. counted: H x W, 0 where nothing is
    known. known: K bool, the classes that are labelled completely here. rejected: R x H x W, masks that people said
    no to.
    """

    labels: Tensor
    masks: Tensor
    weights: Tensor
    counted: Tensor
    known: Tensor
    rejected: Tensor


@torch.no_grad()
def match(prediction: Prediction, targets: list[Targets], weights: LossWeights, rng: torch.Generator) -> Matching:
    """The Hungarian matching of each image's queries and objects, by class, cross entropy and dice at random points."""
    found = []
    for classes, masks, target in zip(prediction.classes, prediction.masks, targets, strict=True):
        if not len(target.labels):
            nothing = torch.zeros(0, dtype=torch.int64, device=classes.device)
            found.append((nothing, nothing))
            continue
        points = draw(1, points_for(*masks.shape[-2:]), rng, masks.device)
        predicted, true = sample(masks[None], points)[0], sample(target.masks[None], points)[0]
        counted = sample(target.counted[None, None], points)[0, 0]
        cost = mask_costs(predicted, true, counted, weights.bce, weights.dice)
        cost -= weights.category * classes.float().softmax(-1)[:, target.labels]
        found.append(pairs(cost))
    return found


def set_loss(
    prediction: Prediction, targets: list[Targets], matching: Matching, weights: LossWeights, rng: torch.Generator
) -> Tensor:
    """Class loss of all queries, and mask losses of the matched ones."""
    none = prediction.classes.shape[-1] - 1
    sums = prediction.classes.new_zeros(2, dtype=torch.float32)
    for classes, masks, target, (queries, objects) in zip(
        prediction.classes, prediction.masks, targets, matching, strict=True
    ):
        labels = torch.full((len(classes),), none, device=classes.device)
        labels[queries] = target.labels[objects]
        counts = unmatched_weights(masks.detach(), target, weights)
        counts[queries] = target.weights[objects]
        sums = sums + class_terms(classes, labels, counts, target.known)
    return weights.category * sums[0] / sums[1].clamp(min=1e-6) + mask_loss(prediction, targets, matching, weights, rng)


def class_terms(logits: Tensor, labels: Tensor, counts: Tensor, known: Tensor) -> Tensor:
    """Cross entropy of R x (K + 1) logits, and what was counted: two sums. "No object" (label K) means none of the
    known classes: where cats aren't labelled, a cat is no mistake."""
    log = logits.float().log_softmax(-1)
    possible = torch.cat([~known, known.new_ones(1)])
    nothing = log.masked_fill(~possible, float("-inf")).logsumexp(-1)
    picked = log.gather(-1, labels[:, None])[:, 0]
    terms = -torch.where(labels == len(known), nothing, picked)
    return torch.stack([(terms * counts).sum(), counts.sum()])


def unmatched_weights(masks: Tensor, target: Targets, weights: LossWeights) -> Tensor:
    """How much "no object" counts for each of N queries (masks N x h x w logits): nothing where the query lies mostly
    on what isn't known, more where it repeats a rejected mask."""
    size = (masks.shape[-2], masks.shape[-1])
    own = (masks > 0).float().flatten(1)
    area = own.sum(1).clamp(min=1)
    counted = F.adaptive_avg_pool2d(target.counted[None], size).flatten()
    counts = torch.full((len(masks),), weights.no_object, device=masks.device)
    counts[(own @ counted) / area < 0.5] = 0.0
    counts[own.sum(1) == 0] = weights.no_object
    if len(target.rejected):
        refused = (F.adaptive_avg_pool2d(target.rejected, size) > 0.5).float().flatten(1)
        common = own @ refused.t()
        overlap = common / (area[:, None] + refused.sum(1)[None] - common).clamp(min=1)
        counts[overlap.amax(1) > 0.5] = weights.rejected
    return counts


def mask_loss(
    prediction: Prediction, targets: list[Targets], matching: Matching, weights: LossWeights, rng: torch.Generator
) -> Tensor:
    """Cross entropy and dice of matched queries at points, a mean over the batch's objects."""
    objects = sum(len(queries) for queries, _ in matching)
    if not objects:
        return prediction.masks.sum() * 0.0
    logits = torch.cat([m[queries] for m, (queries, _) in zip(prediction.masks, matching, strict=True)]).float()
    truth = torch.cat([t.masks[chosen] for t, (_, chosen) in zip(targets, matching, strict=True)])
    counts = torch.cat([t.weights[chosen] for t, (_, chosen) in zip(targets, matching, strict=True)])
    points = uncertain_points(logits.detach(), points_for(*logits.shape[-2:]), rng)
    predicted, true = sample(logits[:, None], points)[:, 0], sample(truth[:, None], points)[:, 0]
    owner = torch.cat([torch.full_like(queries, b) for b, (queries, _) in enumerate(matching)])
    counted = sample(torch.stack([t.counted for t in targets])[owner][:, None], points)[:, 0]
    each = weights.bce * point_bce(predicted, true, counted) + weights.dice * point_dice(predicted, true, counted)
    return (each * counts).sum() / objects
