"""Several training processes that learn as one (data parallel), as `torchrun` starts them.

    torchrun --nproc-per-node 2 -m inference.train clicks …

Each process draws windows of its own; gradients are averaged before every step, so all hold the same model. With GPUs
each process has one, and they talk over NCCL. Without: on a busy machine single-threaded processes get more done than
threads that wait for each other inside every operation.
"""

from __future__ import annotations

import os
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn

from inference.data.device import CPU


class Processes:
    """This process among its fellows; alone unless torchrun's variables are set. `device`: where tensors must be for
    the others to be reached."""

    def __init__(self, device: torch.device = CPU.device) -> None:
        self.device = device
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        if self.size > 1:
            # The others wait while the first one fills the cache of tokens, which may take hours.
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=timedelta(hours=24))

    @property
    def first(self) -> bool:
        """Does this process write the files?"""
        return self.rank == 0

    def agree(self, progress: float, stop: bool) -> tuple[float, bool]:
        """The mean of everybody's progress, and whether anybody wants to stop."""
        if self.size == 1:
            return progress, stop
        values = torch.tensor([progress, float(stop)], dtype=torch.float64, device=self.device)
        dist.all_reduce(values)
        return float(values[0]) / self.size, bool(values[1] > 0)

    def average_gradients(self, model: nn.Module) -> None:
        """Replace every gradient by its mean over the processes."""
        if self.size == 1:
            return
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in model.parameters()]
        flat = torch.cat([g.reshape(-1) for g in gradients])
        dist.all_reduce(flat)
        flat /= self.size
        at = 0
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter.grad = flat[at : at + gradient.numel()].view_as(parameter)
            at += gradient.numel()

    def wait(self) -> None:
        """Until everybody is here."""
        if self.size > 1:
            dist.barrier()

    def leave(self) -> None:
        if self.size > 1:
            dist.destroy_process_group()
