"""Tokens to maps at strides 32, 16 and 8: what FastInst and Mask2Former look at.

FastInst's light pyramid (PPM-FPN): context pooled at the coarsest map goes down to the finer ones by addition. Ours
begins with one map, the encoder's last tokens at stride 16, as ViTDet's does (Li et al., arXiv 2203.16527). Nothing is
read that the click model's training changes, so a head stays valid when the click model gets new weights.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.networks.decoder import double
from inference.networks.layers import ChannelNorm, ConvBlock

POOLED = (1, 2, 3, 6)


class PixelMaps(NamedTuple):
    """B x dim x h x w each, at strides 8, 16 and 32 of the model image."""

    s8: Tensor
    s16: Tensor
    s32: Tensor


class PixelDecoder(nn.Module):
    """Tokens B x C x h x w (h and w even) to `PixelMaps`."""

    def __init__(self, tokens: int, dim: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Conv2d(tokens, dim, 1), ChannelNorm(dim))
        self.down32 = nn.Sequential(nn.Conv2d(dim, dim, 2, stride=2), ChannelNorm(dim))
        self.context = PyramidPooling(dim)
        self.block16 = nn.Sequential(ConvBlock(dim, 2, 3), ConvBlock(dim, 2, 3), ChannelNorm(dim))
        self.up8 = nn.ConvTranspose2d(dim, dim, 2, stride=2)
        self.block8 = nn.Sequential(ConvBlock(dim, 2, 3), ChannelNorm(dim))

    def forward(self, tokens: Tensor) -> PixelMaps:
        x16 = self.project(tokens.float())
        s32 = self.context(self.down32(x16))
        s16 = self.block16(x16 + double(s32))
        return PixelMaps(self.block8(self.up8(s16)), s16, s32)


class PyramidPooling(nn.Module):
    """A map with means over 1, 4, 9 and 36 of its parts (Zhao et al., PSPNet, arXiv 1612.01105)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(nn.Conv2d(dim, dim // len(POOLED), 1) for _ in POOLED)
        self.join = nn.Conv2d(dim + dim // len(POOLED) * len(POOLED), dim, 1)
        self.norm = ChannelNorm(dim)

    def forward(self, maps: Tensor) -> Tensor:
        parts = [maps]
        for bins, reduce in zip(POOLED, self.reduce, strict=True):
            small = F.relu(reduce(pooled(maps, bins)))
            parts.append(F.interpolate(small, size=maps.shape[-2:], mode="bilinear", align_corners=False))
        return self.norm(F.relu(self.join(torch.cat(parts, 1))))


def pooled(maps: Tensor, bins: int) -> Tensor:
    """Adaptive average pooling to bins x bins, as two products that ONNX can express for maps of any size."""
    down, across = (bin_weights(size, bins, maps) for size in maps.shape[-2:])
    return torch.matmul(torch.matmul(down, maps), across.t())


def bin_weights(size: int, bins: int, like: Tensor) -> Tensor:
    """bins x size: each row the mean over its part; parts overlap where `size` is no multiple of `bins`."""
    cells = torch.arange(size, device=like.device)
    number = torch.arange(bins, device=like.device)[:, None]
    first, end = number * size // bins, ((number + 1) * size + bins - 1) // bins
    return ((cells >= first) & (cells < end)).to(like.dtype) / (end - first).to(like.dtype)
