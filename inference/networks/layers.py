"""Small building blocks that the pyramid and the decoder share.

Everything is normalised per position over the channels (LayerNorm), never over a batch or over a whole map: the same
pixel gives the same answer whatever lies beside it, in whatever batch and at whatever padding. Maps are B x C x H x W.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of a B x C x H x W map."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvBlock(nn.Module):
    """Depth-wise k x k, then norm and an inverted bottleneck (1x1 up, Hardswish, 1x1 down); both residual.

    The order is ConvNeXt's (Liu et al., CVPR 2022): the depth-wise part works on the narrow map, which costs a
    fraction of InterFormer's depth-wise convolution inside the wide one.
    """

    def __init__(self, channels: int, ratio: int, kernel: int) -> None:
        super().__init__()
        self.local = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels)
        self.norm = ChannelNorm(channels)
        self.up = nn.Conv2d(channels, channels * ratio, 1)
        self.down = nn.Conv2d(channels * ratio, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.local(x)
        return x + self.down(F.hardswish(self.up(self.norm(x))))


class PooledAttention(nn.Module):
    """Self-attention of a map to itself, keys and values average-pooled by `pool` (InterFormer's I-MSA, one ratio)."""

    def __init__(self, channels: int, heads: int, pool: int) -> None:
        super().__init__()
        self.heads, self.pool = heads, pool
        self.norm = nn.LayerNorm(channels)
        self.query = nn.Linear(channels, channels)
        self.key_value = nn.Linear(channels, 2 * channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        dim = c // self.heads
        rows = self.norm(x.flatten(2).transpose(1, 2))  # B x HW x C
        if self.pool > 1:
            pooled = F.avg_pool2d(rows.transpose(1, 2).reshape(b, c, h, w), self.pool)
            source = pooled.flatten(2).transpose(1, 2)
        else:
            source = rows
        q = self.query(rows).reshape(b, -1, self.heads, dim).transpose(1, 2)
        k, v = self.key_value(source).reshape(b, -1, 2, self.heads, dim).permute(2, 0, 3, 1, 4).unbind(0)
        scores = torch.matmul(q * dim**-0.5, k.transpose(2, 3)).softmax(-1)
        mixed = torch.matmul(scores.to(v.dtype), v).transpose(1, 2).reshape(b, h * w, c)
        return x + self.out(mixed).transpose(1, 2).reshape(b, c, h, w)


class AttentionBlock(nn.Module):
    """Pooled attention, then a ConvBlock."""

    def __init__(self, channels: int, heads: int, pool: int, ratio: int, kernel: int = 3) -> None:
        super().__init__()
        self.attention = PooledAttention(channels, heads, pool)
        self.conv = ConvBlock(channels, ratio, kernel)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.attention(x))
