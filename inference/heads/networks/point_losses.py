"""Mask losses on a few points instead of whole maps (Kirillov et al., PointRend, arXiv 1912.08193, as used by
Mask2Former): most of them where the prediction is least sure.

Points are (x, y) in [0, 1] of the map's width and height, so that maps of different strides can share them.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SHARE = 12_544 / 65_536  # the papers' points, of the stride-4 map of their 1024 x 1024 crops
OVERSAMPLE = 3
IMPORTANCE = 0.75


def points_for(height: int, width: int) -> int:
    """As many points of a map of height x width as the papers take of theirs, at least 64."""
    return max(64, round(SHARE * height * width))


def draw(objects: int, points: int, rng: torch.Generator, device: torch.device) -> Tensor:
    """objects x points x 2, uniform. Drawn on the CPU: the same on every device."""
    return torch.rand(objects, points, 2, generator=rng).to(device)


def sample(maps: Tensor, points: Tensor) -> Tensor:
    """Bilinear values of B x C x h x w maps at B x P x 2 points: B x C x P, fp32."""
    return F.grid_sample(maps.float(), 2 * points[:, None] - 1, align_corners=False)[:, :, 0]


def uncertain_points(logits: Tensor, points: int, rng: torch.Generator) -> Tensor:
    """M x points x 2 for M x h x w logits: of OVERSAMPLE times as many those nearest to the border (logit 0) make up
    IMPORTANCE of the result, the others lie anywhere."""
    objects, near = len(logits), int(IMPORTANCE * points)
    drawn = draw(objects, OVERSAMPLE * points, rng, logits.device)
    distance = sample(logits[:, None], drawn)[:, 0].abs()
    chosen = distance.topk(near, dim=1, largest=False).indices
    best = drawn.gather(1, chosen[..., None].expand(-1, -1, 2))
    return torch.cat([best, draw(objects, points - near, rng, logits.device)], 1)


def point_bce(logits: Tensor, truth: Tensor, counted: Tensor) -> Tensor:
    """Mean cross entropy of each object. All M x P; counted: how much a point counts."""
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return (entropy * counted).sum(1) / counted.sum(1).clamp(min=1)


def point_dice(logits: Tensor, truth: Tensor, counted: Tensor) -> Tensor:
    """1 - dice of each object, smoothed by 1. All M x P."""
    share = logits.sigmoid()
    common = (share * truth * counted).sum(1)
    sizes = ((share + truth) * counted).sum(1)
    return 1 - (2 * common + 1) / (sizes + 1)
