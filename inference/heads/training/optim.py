"""How heads learn: rates, averages, and which optimiser gets which weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from inference.training.muon import Muon, acts_as_matrix


@dataclass(frozen=True)
class TrainingPlan:
    """How a head learns."""

    batch: int = 4
    rate: float = 1.5e-3
    warmup: int = 50
    weight_decay: float = 0.05
    average: float = 0.998
    clip: float = 1.0
    crops: float = 0.5  # share of the batches that are windows of their images


def make_optimisers(model: nn.Module, plan: TrainingPlan) -> list[torch.optim.Optimizer]:
    """Muon for hidden weights that act as matrices; AdamW for classifiers, learned queries and positions, and all
    that has one dimension."""
    matrices: list[nn.Parameter] = []
    embeddings: list[nn.Parameter] = []
    vectors: list[nn.Parameter] = []
    for name, p in model.named_parameters():
        hidden = name.endswith(".weight") and "classify" not in name and acts_as_matrix(p)
        (matrices if hidden else embeddings if p.ndim >= 2 else vectors).append(p)
    groups: list[dict[str, Any]] = [
        {"params": embeddings, "weight_decay": plan.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98))
    return [adam, Muon(matrices, plan.rate, weight_decay=plan.weight_decay)]
