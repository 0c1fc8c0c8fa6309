"""How networks learn: rates, averages, and which optimiser gets which weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from inference.training.muon import Muon, acts_as_matrix


@dataclass(frozen=True)
class OptimConfig:
    """Learning rate (after `warmup` steps it falls along a cosine to a hundredth), weight decay, how much of the
    average of the weights is kept at each step, and the largest norm of a gradient."""

    rate: float = 1.5e-3
    warmup: int = 50
    weight_decay: float = 0.05
    average: float = 0.998
    clip: float = 1.0
    optimiser: str = "muon"  # or "adamw" for every weight


def make_optimisers(model: nn.Module, cfg: OptimConfig) -> list[torch.optim.Optimizer]:
    """Muon for hidden weights that act as matrices; AdamW for classifiers, learned queries and positions, and all
    that has one dimension. Weights that need no gradient belong to neither."""
    matrices: list[nn.Parameter] = []
    embeddings: list[nn.Parameter] = []
    vectors: list[nn.Parameter] = []
    for name, p in model.named_parameters():
        if p.requires_grad:
            hidden = name.endswith(".weight") and "classify" not in name and acts_as_matrix(p)
            muon = hidden and cfg.optimiser == "muon"
            (matrices if muon else embeddings if p.ndim >= 2 else vectors).append(p)
    groups: list[dict[str, Any]] = [
        {"params": embeddings, "weight_decay": cfg.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    made: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=cfg.rate, betas=(0.9, 0.98))]
    if matrices:
        made.append(Muon(matrices, cfg.rate, weight_decay=cfg.weight_decay))
    return made
