"""Hungarian matching: every object gets one query (or pixel), at the least cost together.

SciPy has such a solver, but nothing else here needs SciPy; thirty lines of NumPy are fast enough (a few milliseconds
for 30 objects and a thousand pixels).
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Indices = NDArray[np.int64]


def assign(cost: NDArray[np.float64]) -> tuple[Indices, Indices]:
    """The min(n, m) pairs of rows and columns of an n x m cost with the least sum, by ascending row.

    Shortest augmenting paths with potentials (Jonker and Volgenant, Computing 38, 1987). Raises ValueError unless
    every cost is finite.
    """
    if not np.isfinite(cost).all():
        raise ValueError("matching needs finite costs: the training has diverged")
    if cost.shape[0] > cost.shape[1]:
        columns, rows = assign(cost.T)
        order = np.argsort(rows)
        return rows[order], columns[order]
    owner = _owners(np.asarray(cost, np.float64))
    columns = np.flatnonzero(owner)
    rows = owner[columns] - 1
    order = np.argsort(rows)
    return rows[order], columns[order]


def _owners(cost: NDArray[np.float64]) -> Indices:
    """For each of m columns the row that it belongs to, from 1; 0: free. n <= m."""
    n, m = cost.shape
    row_price, column_price = np.zeros(n + 1), np.zeros(m + 1)  # index 0: a column that every path begins at
    owner, came_from = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    for row in range(1, n + 1):
        owner[0], at = row, 0
        nearest, done = np.full(m + 1, np.inf), np.zeros(m + 1, bool)
        while True:
            done[at] = True
            reduced = cost[owner[at] - 1] - row_price[owner[at]] - column_price[1:]
            closer = np.flatnonzero(~done[1:] & (reduced < nearest[1:])) + 1
            nearest[closer], came_from[closer] = reduced[closer - 1], at
            following = int(np.where(done, np.inf, nearest).argmin())
            step = nearest[following]
            row_price[owner[done]] += step
            column_price[done] -= step
            nearest[~done] -= step
            at = following
            if owner[at] == 0:
                break
        while at:  # turn the path around
            owner[at] = owner[came_from[at]]
            at = int(came_from[at])
    return owner[1:]


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
