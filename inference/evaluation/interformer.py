"""The decoder of InterFormer-Light as its paper describes it, in eager PyTorch: what `inference.bench` compares with.

InterFormer (arXiv 2304.02942): reference label, I-MSA with depths (1, 1, 2, 1), UPerHead with 64 channels. The weights
are random, as only the time matters. Nothing is fused, cached, cropped or compiled, as in the paper's own evaluation.
Maps are B x C x H x W; H and W are the model image's size.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STATES = 5
CHANNELS = (32, 64, 128, 256)  # of the pyramid, strides 4, 8, 16, 32
HEADS = (1, 2, 4, 8)
DEPTHS = (1, 1, 2, 1)
FFN_RATIOS = (8, 8, 4, 4)
POOL_RATIOS = ((12, 16, 20, 24), (6, 8, 10, 12), (3, 4, 5, 6), (1, 2, 3, 4))
TARGET = 512  # the size that the pooled sizes are derived from, whatever the image's
HEAD_CHANNELS = 64
POOL_SCALES = (1, 2, 3, 6)


def pooled_size(size: int, target: int, ratio: int) -> int:
    """How many cells keys and values keep along an axis of `size` cells that has `target` cells in a 512 px image."""
    wanted = min(target / ratio, size)
    return round(size / round(size / wanted))


class PooledAttention(nn.Module):
    """Queries from one map, keys and values from another, max-pooled to several sizes."""

    def __init__(self, channels: int, heads: int, ratios: Sequence[int], target: int) -> None:
        super().__init__()
        self.heads, self.ratios, self.target = heads, ratios, target
        self.query = nn.Linear(channels, channels)
        self.key_value = nn.Linear(channels, 2 * channels)
        self.out = nn.Linear(channels, channels)
        self.norm = nn.LayerNorm(channels)
        self.local = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1, groups=channels) for _ in ratios)

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        b, c, h, w = x.shape
        rows = []
        for ratio, local in zip(self.ratios, self.local, strict=True):
            size = tuple(pooled_size(n, self.target, ratio) for n in source.shape[2:])
            pooled = source if size == source.shape[2:] else F.adaptive_max_pool2d(source, size)
            rows.append((pooled + local(pooled)).flatten(2).transpose(1, 2))
        kv = self.key_value(self.norm(torch.cat(rows, 1)))
        k, v = kv.reshape(b, -1, 2, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q = self.query(x.flatten(2).transpose(1, 2)).reshape(b, h * w, self.heads, -1).transpose(1, 2)
        scores = (q @ k.transpose(2, 3) * (c // self.heads) ** -0.5).softmax(-1)
        mixed = (scores @ v).transpose(1, 2).reshape(b, h * w, c)
        return self.out(mixed).transpose(1, 2).reshape(b, c, h, w)


class Block(nn.Module):
    """Attention, then an inverted bottleneck with its depth-wise convolution inside; GroupNorm before each."""

    def __init__(self, channels: int, heads: int, ffn: int, ratios: Sequence[int], target: int) -> None:
        super().__init__()
        wide = channels * ffn
        self.norm_query = nn.GroupNorm(1, channels)
        self.norm_source = nn.GroupNorm(1, channels)
        self.attention = PooledAttention(channels, heads, ratios, target)
        self.norm_ffn = nn.GroupNorm(1, channels)
        self.ffn = nn.Sequential(
            nn.Conv2d(channels, wide, 1),
            nn.Hardswish(),
            nn.Conv2d(wide, wide, 3, padding=1, groups=wide),
            nn.Hardswish(),
            nn.Conv2d(wide, channels, 1),
        )

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        x = x + self.attention(self.norm_query(x), self.norm_source(source))
        return x + self.ffn(self.norm_ffn(x))


class PatchMerging(nn.Module):
    """3 x 3 patches at stride 2, normalised and projected."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(9 * channels)
        self.project = nn.Linear(9 * channels, out, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h, w = (-(-n // 2) for n in x.shape[2:])
        patches = F.unfold(x, 3, padding=1, stride=2).transpose(1, 2)
        rows: Tensor = self.project(self.norm(patches))
        return rows.transpose(1, 2).reshape(len(x), -1, h, w)


class Attention(nn.Module):
    """I-MSA: reference label and pyramid to four maps that know of the clicks."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(STATES, CHANNELS[0])
        self.stages = nn.ModuleList()
        for i, depth in enumerate(DEPTHS):
            sizes = (CHANNELS[i], HEADS[i], FFN_RATIOS[i], POOL_RATIOS[i], TARGET // 4 >> i)
            self.stages.append(nn.ModuleList(Block(*sizes) for _ in range(depth)))
        self.merge = nn.ModuleList(PatchMerging(CHANNELS[i], CHANNELS[i + 1]) for i in range(3))
        self.norms = nn.ModuleList(nn.GroupNorm(1, c) for c in CHANNELS)

    def forward(self, pyramid: Sequence[Tensor], label: Tensor) -> list[Tensor]:
        said = self.embedding(label).permute(0, 3, 1, 2)  # at the image's size, like the paper's one-hot product
        x = pyramid[0] + F.interpolate(said, pyramid[0].shape[2:], mode="bilinear", align_corners=False)
        found = []
        for i, blocks in enumerate(self.stages):
            source = pyramid[i]
            for block in blocks:  # type: ignore[attr-defined]
                x = block(x, source)
                source = x
            found.append(self.norms[i](x))
            if i < 3:
                x = self.merge[i](x)
        return found


def conv(channels: int, out: int, kernel: int) -> nn.Sequential:
    """Convolution, BatchNorm, ReLU."""
    layer = nn.Conv2d(channels, out, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(out), nn.ReLU())


class UPerHead(nn.Module):
    """Xiao et al., "Unified Perceptual Parsing" (ECCV 2018): pyramid pooling, top-down sums, all four scales fused."""

    def __init__(self) -> None:
        super().__init__()
        c = HEAD_CHANNELS
        self.pools = nn.ModuleList(nn.Sequential(nn.AdaptiveAvgPool2d(s), conv(CHANNELS[3], c, 1)) for s in POOL_SCALES)
        self.bottleneck = conv(CHANNELS[3] + len(POOL_SCALES) * c, c, 3)
        self.lateral = nn.ModuleList(conv(n, c, 1) for n in CHANNELS[:3])
        self.smooth = nn.ModuleList(conv(c, c, 3) for _ in range(3))
        self.fuse = conv(4 * c, c, 3)
        self.classify = nn.Conv2d(c, 2, 1)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        last = maps[3]
        pooled = [resize(pool(last), last) for pool in self.pools]
        levels = [side(m) for side, m in zip(self.lateral, maps[:3], strict=True)]
        levels.append(self.bottleneck(torch.cat([last, *pooled], 1)))
        for i in (2, 1, 0):
            levels[i] = levels[i] + resize(levels[i + 1], levels[i])
        smooth = [layer(m) for layer, m in zip(self.smooth, levels[:3], strict=True)]
        fused = self.fuse(torch.cat([resize(m, smooth[0]) for m in [*smooth, levels[3]]], 1))
        logits: Tensor = self.classify(fused)
        return logits


def resize(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear, to the size of another map."""
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


class ReferenceDecoder(nn.Module):
    """One click of InterFormer-Light.

    pyramid: four maps B x (32, 64, 128, 256) x H/s x W/s float at strides s 4, 8, 16, 32. label: B x H x W int64, the
    reference label's states 0..4. Returns the mask, B x H x W bool.
    """

    def __init__(self) -> None:
        super().__init__()
        self.attention = Attention()
        self.head = UPerHead()

    def forward(self, pyramid: Sequence[Tensor], label: Tensor) -> Tensor:
        logits = self.head(self.attention(pyramid, label))
        fine = F.interpolate(logits, label.shape[1:], mode="bilinear", align_corners=False)
        return fine.argmax(1).bool()


def make_pyramid(height: int, width: int) -> list[Tensor]:
    """Random maps of an image of `height` x `width` model pixels."""
    strides = (4, 8, 16, 32)
    return [torch.randn(1, c, -(-height // s), -(-width // s)) for c, s in zip(CHANNELS, strides, strict=True)]
