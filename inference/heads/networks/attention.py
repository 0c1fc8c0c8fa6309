"""Attention and feed-forward blocks of both heads: rows are B x N x C, residual, normalised after, no dropout."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head attention that may be masked."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(channels, channels)
        self.value = nn.Linear(channels, channels)
        self.out = nn.Linear(channels, channels)

    def weights(self, query: Tensor, key: Tensor, seen: Tensor | None = None) -> Tensor:
        """B x heads x N x M: how much each of N rows takes of each of M; sums to 1 over M. seen: B x N x M bool, at
        least one True a row; where it is False the weight is exactly 0.

        Scores stay in the products' dtype: a softmax adds up in fp32 anyway, and most of a training step's time went
        into copies of these large arrays."""
        q, k = self._split(self.query(query)), self._split(self.key(key))
        scores = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(2, 3))
        if seen is not None:
            scores = scores + torch.where(seen[:, None], scores.new_zeros(()), scores.new_full((), float("-inf")))
        return scores.softmax(-1)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None = None) -> Tensor:
        v = self._split(self.value(value))
        mixed = torch.matmul(self.weights(query, key, seen).to(v.dtype), v)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def _split(self, rows: Tensor) -> Tensor:
        b, n, c = rows.shape
        return rows.reshape(b, n, self.heads, c // self.heads).transpose(1, 2)


class Attend(nn.Module):
    """Rows attend to a source; positions are added to queries and keys, never to values."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.attention = Attention(channels, heads)
        self.norm = nn.LayerNorm(channels)

    def forward(
        self, rows: Tensor, places: Tensor, source: Tensor, source_places: Tensor, seen: Tensor | None = None
    ) -> Tensor:
        return self.norm(rows + self.attention(rows + places, source + source_places, source, seen))


class FeedForward(nn.Module):
    """Two linear layers with a ReLU."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.up = nn.Linear(channels, hidden)
        self.down = nn.Linear(hidden, channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, rows: Tensor) -> Tensor:
        return self.norm(rows + self.down(F.relu(self.up(rows))))


def mask_mlp(channels: int) -> nn.Sequential:
    """Query rows to mask embeddings: three layers, as in both papers."""
    return nn.Sequential(
        nn.Linear(channels, channels),
        nn.ReLU(),
        nn.Linear(channels, channels),
        nn.ReLU(),
        nn.Linear(channels, channels),
    )


def foreground(logits: Tensor, factor: float = 1.0) -> Tensor:
    """What a query may see: its mask (logits B x N x h x w) resized by `factor` where it is foreground, B x N x h'w'
    bool; a query with an empty mask sees everything."""
    if factor != 1.0:
        logits = F.interpolate(logits.float(), scale_factor=factor, mode="bilinear", align_corners=False)
    seen = (logits > 0).flatten(2)
    return see_all_if_empty(seen)


def see_all_if_empty(seen: Tensor) -> Tensor:
    """B x N x M bool with every empty row filled."""
    return seen | (seen.sum(-1, keepdim=True) == 0)


def as_rows(maps: Tensor) -> Tensor:
    """B x C x h x w to B x hw x C."""
    return maps.flatten(2).transpose(1, 2)
