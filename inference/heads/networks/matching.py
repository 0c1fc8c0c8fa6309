"""Hungarian matching: every object gets one query (or pixel), at the least cost together."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from torch import Tensor

Indices = NDArray[np.int64]


def assign(cost: NDArray[np.float64]) -> tuple[Indices, Indices]:
    """The min(n, m) pairs of rows and columns of an n x m cost with the least sum, by ascending row. Raises ValueError
    unless every cost is finite."""
    if not np.isfinite(cost).all():
        raise ValueError("matching needs finite costs: the training has diverged")
    rows, columns = linear_sum_assignment(cost)
    return np.asarray(rows, np.int64), np.asarray(columns, np.int64)


def mask_costs(logits: Tensor, truth: Tensor, counted: Tensor, bce: float, dice: float) -> Tensor:
    """Q x M: cross entropy and dice between Q predicted and M true masks at P points.

    logits: Q x P. truth: M x P in [0, 1]. counted: P, how much each point counts.
    """
    counted = counted / counted.sum().clamp(min=1e-6)
    share, truth = logits.sigmoid(), truth.float()
    entropy = (F.softplus(-logits) * counted) @ truth.t() + (F.softplus(logits) * counted) @ (1 - truth).t()
    points = logits.shape[1]
    common = (share * counted) @ truth.t() * points
    sizes = (share @ counted)[:, None] * points + (truth @ counted)[None] * points
    return bce * entropy + dice * (1 - (2 * common + 1) / (sizes + 1))


def pairs(cost: Tensor) -> tuple[Tensor, Tensor]:
    """`assign` for a Q x M tensor: query indices and object indices, on the tensor's device."""
    rows, columns = assign(cost.detach().double().cpu().numpy())
    return torch.from_numpy(rows).to(cost.device), torch.from_numpy(columns).to(cost.device)
