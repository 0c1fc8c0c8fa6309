"""Position codes for maps of any size. Both are 1 x C x h x w, to be added to a map of h x w."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def sinusoidal(maps: Tensor, temperature: float = 10_000.0) -> Tensor:
    """Sines and cosines of the place in the map, rows in the first half of the channels and columns in the second
    (Carion et al., DETR, arXiv 2005.12872). Places run from 0 to 2 pi along each side, whatever the size."""
    _, channels, height, width = maps.shape
    quarter = channels // 4
    wave = temperature ** (torch.arange(quarter, device=maps.device, dtype=torch.float32) / quarter)
    codes = []
    for size in (height, width):
        places = torch.arange(size, device=maps.device, dtype=torch.float32)
        angles = (places[:, None] + 0.5) / size * (2 * math.pi) / wave
        codes.append(torch.cat([angles.sin(), angles.cos()], 1))  # size x C/2
    down = codes[0].t()[:, :, None].expand(-1, -1, width)
    across = codes[1].t()[:, None, :].expand(-1, height, -1)
    return torch.cat([down, across])[None]


class LearnedGrid(nn.Module):
    """One learned side x side grid of codes, interpolated to every map (FastInst, arXiv 2303.08594)."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.codes = nn.Parameter(torch.randn(1, channels, side, side) * 0.02)

    def forward(self, maps: Tensor) -> Tensor:
        return F.interpolate(self.codes, size=maps.shape[-2:], mode="bilinear", align_corners=False)
