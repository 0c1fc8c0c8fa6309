"""The click-independent part that is trained: tokens and stem maps to the pyramid that is cached for every image.

After SimpleFPN (Li et al., "ViTDet", ECCV 2022), as InterFormer (arXiv 2304.02942) uses it, with two changes that were
measured (docs/internals/click-model.md): tokens of three depths instead of the last one, and a convolutional stem for
detail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.networks.layers import ChannelNorm, ConvBlock
from inference.networks.stem import STEM_CHANNELS

MAPS = ("s4", "s8", "s16", "s32", "sim")


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of pyramid and decoder."""

    tokens: int = 3 * 384
    channels: tuple[int, int, int, int] = (32, 64, 128, 192)  # strides 4, 8, 16, 32
    sim_heads: int = 4
    sim_dim: int = 16
    depths: tuple[int, int, int] = (2, 2, 2)  # decoder blocks at strides 8, 16, 32
    ratios: tuple[int, int, int] = (2, 2, 2)
    heads: tuple[int, int] = (4, 6)  # attention heads at strides 16, 32

    @classmethod
    def read(cls, sizes: Mapping[str, Any]) -> ModelConfig:
        """From a JSON object, where tuples are lists."""
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in sizes.items()}
        return cls(**values)


SMALL = ModelConfig()
# For ViT-B and ViT-L: channels, depths, ratios and heads of InterFormer's Light and Tiny, for the stages that we have.
BASE = ModelConfig(3 * 768, (32, 64, 128, 256), depths=(1, 2, 1), ratios=(8, 4, 4), heads=(4, 8))
LARGE = ModelConfig(3 * 1024, (32, 64, 128, 256), depths=(2, 6, 3), ratios=(8, 4, 4), heads=(4, 8))


class Pyramid(nn.Module):
    """Tokens B x h x w x 1152 and stem maps (strides 2, 4, 8) to the maps named in MAPS.

    Channels: s4 32, s8 64, s16 128, s32 192. `sim` is at stride 8, B x heads x dim x 2h x 2w with unit length over
    `dim`: the cosine between a clicked position and every other one is a plain product of it.
    """

    def __init__(self, cfg: ModelConfig = SMALL) -> None:
        super().__init__()
        c4, c8, c16, c32 = cfg.channels
        self.cfg = cfg
        self.project = nn.Linear(cfg.tokens, c16)
        self.block16 = nn.Sequential(ChannelNorm(c16), ConvBlock(c16, 2, 3), ChannelNorm(c16))
        self.up8 = nn.ConvTranspose2d(c16, c8, 2, stride=2)
        self.detail8 = nn.Conv2d(STEM_CHANNELS[2], c8, 1)
        self.block8 = nn.Sequential(ChannelNorm(c8), ConvBlock(c8, 2, 3), ChannelNorm(c8))
        self.up4 = nn.ConvTranspose2d(c8, c4, 2, stride=2)
        self.detail4 = nn.Conv2d(STEM_CHANNELS[1], c4, 1)
        self.detail2 = nn.Conv2d(STEM_CHANNELS[0], c4, 2, stride=2)
        self.block4 = nn.Sequential(ChannelNorm(c4), ConvBlock(c4, 2, 3), ChannelNorm(c4))
        self.down32 = nn.Sequential(nn.Conv2d(c16, c32, 2, stride=2), ChannelNorm(c32))
        self.sim = nn.Conv2d(c8, cfg.sim_heads * cfg.sim_dim, 1)
        self.sim_tokens = nn.ConvTranspose2d(c16, cfg.sim_heads * cfg.sim_dim, 2, stride=2)

    def forward(self, tokens: Tensor, d2: Tensor, d4: Tensor, d8: Tensor) -> tuple[Tensor, ...]:
        s16 = self.block16(self.project(tokens).permute(0, 3, 1, 2))
        s8 = self.block8(self.up8(s16) + self.detail8(d8 / 8.0))
        s4 = self.block4(self.up4(s8) + self.detail4(d4 / 13.0) + self.detail2(d2 / 13.0))
        sim = (self.sim(s8) + self.sim_tokens(s16)).float()
        b, _, h, w = sim.shape
        sim = F.normalize(sim.reshape(b, self.cfg.sim_heads, self.cfg.sim_dim, h, w), dim=2, eps=1e-6)
        return s4, s8, s16, self.down32(s16), sim


def count_parameters(module: nn.Module) -> int:
    """Trained parameters of a module."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def channels_last(x: Tensor) -> Tensor:
    """The memory order that convolutions on CPUs like."""
    return x.contiguous(memory_format=torch.channels_last)
