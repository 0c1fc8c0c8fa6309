"""The decoder as it is exported for ONNX Runtime: the same function and weights, with less around them.

A graph that PyTorch traces works out every reshape from the shapes of its tensors: some 90 tiny nodes, a tenth of the
time for a small region. Here shapes are constants (0 copies a dimension, -1 is the rest), so any size still goes.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.networks.decoder import Decoder
from inference.networks.layers import AttentionBlock, PooledAttention


class Reshape(torch.autograd.Function):
    """ONNX's Reshape with a constant shape."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape)])

    @staticmethod
    def symbolic(g: Any, x: Any, shape: tuple[int, ...]) -> Any:
        return g.op("Reshape", x, g.op("Constant", value_t=torch.tensor(shape)))


class ReshapeLike(torch.autograd.Function):
    """ONNX's Reshape to another tensor's shape."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, like: Tensor) -> Tensor:
        return x.reshape(like.shape)

    @staticmethod
    def symbolic(g: Any, x: Any, like: Any) -> Any:
        return g.op("Reshape", x, g.op("Shape", like))


class StaticAttention(nn.Module):
    """`layers.PooledAttention`, the scale of the scores folded into the query's weights."""

    def __init__(self, attention: PooledAttention) -> None:
        super().__init__()
        self.heads, self.pool = attention.heads, attention.pool
        self.norm, self.query = attention.norm, attention.query
        self.key_value, self.out = attention.key_value, attention.out

    def forward(self, x: Tensor) -> Tensor:
        dim = self.query.in_features // self.heads
        split = (0, -1, self.heads, dim)
        rows = self.norm(x.permute(0, 2, 3, 1))
        q = F.linear(rows, self.query.weight * dim**-0.5, self.query.bias * dim**-0.5)
        source = rows if self.pool == 1 else F.avg_pool2d(rows.permute(0, 3, 1, 2), self.pool).permute(0, 2, 3, 1)
        (key, value), (key_bias, value_bias) = self.key_value.weight.chunk(2), self.key_value.bias.chunk(2)
        k = Reshape.apply(F.linear(source, key, key_bias), split).permute(0, 2, 3, 1)
        v = Reshape.apply(F.linear(source, value, value_bias), split).transpose(1, 2)
        scores = torch.matmul(Reshape.apply(q, split).transpose(1, 2), k).softmax(-1)
        mixed = Reshape.apply(torch.matmul(scores, v).transpose(1, 2), (0, -1, self.heads * dim))
        return x + ReshapeLike.apply(self.out(mixed).transpose(1, 2), x)


class DecoderGraph(nn.Module):
    """The decoder as sessions feed it: maps in fp16 as they are cached, the label in bytes.

    Widening the maps inside the graph costs less than keeping an fp32 copy for every open object.
    """

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = copy.deepcopy(decoder)
        for block in self.decoder.modules():
            if isinstance(block, AttentionBlock):
                block.attention = StaticAttention(block.attention)  # type: ignore[assignment]

    def forward(self, s4: Tensor, s8: Tensor, s16: Tensor, s32: Tensor, label: Tensor, guide: Tensor) -> Tensor:
        logits: Tensor = self.decoder(s4.float(), s8.float(), s16.float(), s32.float(), label.float(), guide)
        return logits
