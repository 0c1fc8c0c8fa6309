"""The frozen image encoder: a plain ViT in the DINOv2 arrangement, a ViT-S/14 in the shipped model.

Dosovitskiy et al., "An Image is Worth 16x16 Words" (ICLR 2021); LayerScale and the training of the weights that we
start from: Oquab et al., "DINOv2" (arXiv 2304.07193). It runs once per image and is never trained here.

Shapes: B images, h x w tokens, D channels (ViT-S: 384).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class ViTConfig:
    """Size of the encoder; the defaults are ViT-S/14 with a 37x37 position table."""

    dim: int = 384
    depth: int = 12
    heads: int = 6
    mlp: int = 1536
    patch: int = 14
    table: int = 37
    taps: tuple[int, ...] = (4, 8, 12)  # the blocks (from 1) whose tokens the pyramid reads

    @classmethod
    def of(cls, state: Mapping[str, Tensor]) -> ViTConfig:
        """The sizes that a state of `ViT` has. Heads are 64 wide in all plain ViTs; a third, two thirds and all of
        the blocks are tapped."""
        depth = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))
        dim, _, patch, _ = state["patch.weight"].shape
        return cls(
            dim=dim,
            depth=depth,
            heads=dim // 64,
            mlp=state["blocks.0.fc1.weight"].shape[0],
            patch=patch,
            table=state["pos"].shape[-1],
            taps=(depth // 3, 2 * depth // 3, depth),
        )

    @property
    def channels(self) -> int:
        """Of the tokens that the pyramid reads."""
        return self.dim * len(self.taps)


SMALL = ViTConfig()
BASE = ViTConfig(dim=768, heads=12, mlp=3072)
LARGE = ViTConfig(dim=1024, depth=24, heads=16, mlp=4096, taps=(8, 16, 24))


class Block(nn.Module):
    """Pre-norm attention and MLP, each scaled by a learned vector (LayerScale). B x N x D in and out."""

    def __init__(self, cfg: ViTConfig) -> None:
        super().__init__()
        self.heads = cfg.heads
        self.norm1 = nn.LayerNorm(cfg.dim, eps=1e-6)
        self.qkv = nn.Linear(cfg.dim, 3 * cfg.dim)
        self.proj = nn.Linear(cfg.dim, cfg.dim)
        self.scale1 = nn.Parameter(torch.ones(cfg.dim))
        self.norm2 = nn.LayerNorm(cfg.dim, eps=1e-6)
        self.fc1 = nn.Linear(cfg.dim, cfg.mlp)
        self.fc2 = nn.Linear(cfg.mlp, cfg.dim)
        self.scale2 = nn.Parameter(torch.ones(cfg.dim))

    def forward(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2])
        x = x + self.scale1 * self.proj(mixed.transpose(1, 2).reshape(b, n, d))
        return x + self.scale2 * self.fc2(F.gelu(self.fc1(self.norm2(x))))


class ViT(nn.Module):
    """Image to tokens of several depths.

    Input: B x 3 x 14h x 14w (16h x 16w where the patch is 16), RGB normalised with the ImageNet mean and deviation.
    Output: B x h x w x (taps * D). The last tap went through the encoder's own final norm, the earlier ones through a
    norm without parameters: raw tokens of middle blocks have a few huge channels that fp16 would not survive.
    """

    def __init__(self, cfg: ViTConfig = SMALL) -> None:
        super().__init__()
        self.cfg = cfg
        self.cls = nn.Parameter(torch.zeros(1, 1, cfg.dim))
        self.cls_pos = nn.Parameter(torch.zeros(1, 1, cfg.dim))
        self.pos = nn.Parameter(torch.zeros(1, cfg.dim, cfg.table, cfg.table))
        self.patch = nn.Conv2d(3, cfg.dim, cfg.patch, stride=cfg.patch)
        self.blocks = nn.ModuleList(Block(cfg) for _ in range(cfg.depth))
        self.norm = nn.LayerNorm(cfg.dim, eps=1e-6)

    def positions(self, h: int, w: int) -> Tensor:
        """The position table at h x w tokens: 1 x D x h x w (bicubic, like the weights were trained for)."""
        return F.interpolate(self.pos, size=(h, w), mode="bicubic", align_corners=False)

    def tokens(self, image: Tensor, pos: Tensor | None = None) -> list[Tensor]:
        """All taps as B x h*w x D, in the order of `cfg.taps`."""
        x = self.patch(image)
        b, d, h, w = x.shape
        x = (x + (self.positions(h, w) if pos is None else pos)).flatten(2).transpose(1, 2)
        x = torch.cat([(self.cls + self.cls_pos).expand(b, -1, -1).to(x.dtype), x], dim=1)
        taps = []
        for depth, block in enumerate(self.blocks, 1):
            x = block(x)
            if depth == len(self.blocks):
                taps.append(self.norm(x)[:, 1:])
            elif depth in self.cfg.taps:
                taps.append(F.layer_norm(x, (self.cfg.dim,), eps=1e-6)[:, 1:])
        return taps

    def forward(self, image: Tensor, pos: Tensor | None = None) -> Tensor:
        b, _, height, width = image.shape
        h, w = height // self.cfg.patch, width // self.cfg.patch
        return torch.cat(self.tokens(image, pos), dim=-1).reshape(b, h, w, -1)
