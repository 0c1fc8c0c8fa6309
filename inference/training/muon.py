"""Muon: momentum whose update is made orthogonal, for every weight that acts as a matrix.

Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024), with the scale of Liu et al., "Muon is
Scalable for LLM Training" (arXiv 2502.16982), so that AdamW's rates and weight decay can be kept. PyTorch's own takes
two-dimensional weights only, one at a time; most of ours are convolutions, and many have the same shape.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


def orthogonal(matrices: Tensor) -> Tensor:
    """K x m x n: about U V^T for every U S V^T (singular values between .7 and 1.2), by a quintic Newton-Schulz."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = (matrices.transpose(1, 2) if tall else matrices).bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(ITERATIONS):
        gram = torch.bmm(x, x.transpose(1, 2))
        x = a * x + torch.bmm(b * gram + c * torch.bmm(gram, gram), x)
    return (x.transpose(1, 2) if tall else x).to(matrices.dtype)


def acts_as_matrix(weight: Tensor) -> bool:
    """Linear layers and convolutions that mix channels; not depth-wise ones, biases, norms."""
    return weight.ndim >= 2 and weight.shape[1] > 1


class Muon(torch.optim.Optimizer):
    """For weights that `acts_as_matrix`; the others belong to AdamW."""

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            alike: dict[tuple[int, int], list[nn.Parameter]] = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    alike[p.shape[0], p[0].numel()].append(p)
            for shape, members in alike.items():
                self._step(members, shape, group)

    def _step(self, members: list[nn.Parameter], shape: tuple[int, int], group: dict[str, Any]) -> None:
        directions = []
        for p in members:
            assert p.grad is not None
            state = self.state[p]
            if not state:
                state["momentum"] = torch.zeros_like(p)
            average = state["momentum"].mul_(group["momentum"]).add_(p.grad)
            directions.append(p.grad.add(average, alpha=group["momentum"]).reshape(shape))
        updates = orthogonal(torch.stack(directions))
        scale = 0.2 * max(shape) ** 0.5
        for p, update in zip(members, updates, strict=True):
            p.mul_(1 - group["lr"] * group["weight_decay"])
            p.add_(update.reshape(p.shape), alpha=-group["lr"] * scale)
