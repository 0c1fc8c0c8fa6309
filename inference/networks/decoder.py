"""What runs at every click: maps, reference label and click guide to a mask at stride 2.

After the decoder of InterFormer (arXiv 2304.02942): the reference label of five states enters by addition, attention
has pooled keys and values, three scales are merged top-down. Ours starts at stride 8, adds a guide of click distances
and of similarities to what was clicked, and keeps stride 4 to a few cheap layers.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.core.prompts import DISTANCE_CHANNELS, STATES
from inference.networks.layers import AttentionBlock, ChannelNorm, ConvBlock
from inference.networks.pyramid import SMALL, ModelConfig


class Decoder(nn.Module):
    """One step of the interaction.

    s4, s8, s16, s32: maps of `Pyramid`, B x C x H/s x W/s float.
    label: B x 1 x H/2 x W/2 float, the reference label's states 0..4.
    guide: B x (5 + 2 * heads) x H/8 x W/8 float: `prompts.DistanceGuide`, then the largest similarity to a positive
    and to a negative click.
    Returns logits B x 1 x H/2 x W/2.
    """

    def __init__(self, cfg: ModelConfig = SMALL) -> None:
        super().__init__()
        c4, c8, c16, c32 = cfg.channels
        n8, n16, n32 = cfg.depths
        r8, r16, r32 = cfg.ratios
        self.cfg = cfg
        self.label8 = nn.Conv2d(STATES, c8, 4, stride=4)
        self.label4 = nn.Conv2d(STATES, c4, 2, stride=2)
        self.guide8 = nn.Conv2d(DISTANCE_CHANNELS + 2 * cfg.sim_heads, c8, 1)
        self.stage8 = nn.Sequential(*(ConvBlock(c8, r8, 3) for _ in range(n8)))
        self.down16 = nn.Conv2d(c8, c16, 2, stride=2)
        self.stage16 = nn.Sequential(*(AttentionBlock(c16, cfg.heads[0], 2, r16) for _ in range(n16)))
        self.down32 = nn.Conv2d(c16, c32, 2, stride=2)
        self.stage32 = nn.Sequential(*(AttentionBlock(c32, cfg.heads[1], 1, r32) for _ in range(n32)))
        self.norm32, self.norm16, self.norm8 = ChannelNorm(c32), ChannelNorm(c16), ChannelNorm(c8)
        self.merge32 = nn.Conv2d(c32, c16, 1)
        self.merge16 = nn.Conv2d(c16, c8, 1)
        self.merge8 = nn.Conv2d(c8, c4, 1)
        self.fuse16 = ConvBlock(c16, 1, 3)
        self.fuse8 = ConvBlock(c8, 2, 3)
        self.fuse4 = ConvBlock(c4, 2, 3)
        self.head = nn.Sequential(ChannelNorm(c4), nn.Conv2d(c4, 4, 1))

    def forward(self, s4: Tensor, s8: Tensor, s16: Tensor, s32: Tensor, label: Tensor, guide: Tensor) -> Tensor:
        states = torch.cat([(label == i).to(s4.dtype) for i in range(STATES)], dim=1)
        x8 = self.stage8(s8 + self.label8(states) + self.guide8(guide))
        x16 = self.stage16(s16 + self.down16(x8))
        x32 = self.stage32(s32 + self.down32(x16))
        y16 = self.fuse16(x16 + double(self.merge32(self.norm32(x32))))
        y8 = self.fuse8(x8 + double(self.merge16(self.norm16(y16))))
        y4 = self.fuse4(s4 + self.label4(states) + double(self.merge8(self.norm8(y8))))
        return F.pixel_shuffle(self.head(y4), 2)


def double(x: Tensor) -> Tensor:
    """Twice the size, bilinear."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
