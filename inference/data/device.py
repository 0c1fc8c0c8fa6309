"""Where and in which precision training computes: a GPU when there is one, else the CPU."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Compute:
    """A device, and the half precision of its autocast (None: all in fp32)."""

    device: torch.device
    half: torch.dtype | None

    @classmethod
    def choose(cls, bf16: bool = True, device: str = "auto") -> Compute:
        """`auto`: this process's GPU if there is one, else the CPU. GPUs that lack bfloat16 take fp16.
        `bf16` false: fp32 everywhere."""
        if device == "auto":
            device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"
        where = torch.device(device)
        if where.type == "cuda":
            torch.cuda.set_device(where)
        lacks = where.type == "cuda" and not torch.cuda.is_bf16_supported()
        return cls(where, None if not bf16 else torch.float16 if lacks else torch.bfloat16)

    def autocast(self) -> torch.autocast:
        """The context of a forward pass."""
        return torch.autocast(self.device.type, self.half or torch.bfloat16, enabled=self.half is not None)

    def scaler(self) -> torch.amp.GradScaler:
        """Keeps small gradients from vanishing in fp16; elsewhere does nothing."""
        return torch.amp.GradScaler(self.device.type, enabled=self.half is torch.float16)

    def put(self, array: Any) -> Tensor:
        """A NumPy array as a tensor on the device."""
        return torch.from_numpy(array).to(self.device, non_blocking=True)

    def place(self, module: nn.Module) -> Any:
        """A module on the device, in the memory order that convolutions like."""
        return module.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]


CPU = Compute(torch.device("cpu"), torch.bfloat16)
