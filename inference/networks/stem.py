"""The frozen detail stem: the first five blocks of EfficientNet-Lite0.

Tan & Le, "EfficientNet" (ICML 2019), in its "Lite" form (ReLU6, no squeeze-and-excitation). A ViT patch is 14 pixels
wide; borders need more. The stem runs once per image and is never trained; batch norms are folded into the
convolutions when the initial weights are read (`initial_weights.py`).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

# expand ratio, channels out, kernel, stride, residual
LITE0 = ((1, 16, 3, 1, False), (6, 24, 3, 2, False), (6, 24, 3, 1, True), (6, 40, 5, 2, False), (6, 40, 5, 1, True))
STEM_CHANNELS = (16, 24, 40)


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding for even sizes: the odd pixel goes to the right and the bottom."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int = 1) -> None:
        pad = 0 if stride == 2 else kernel // 2
        super().__init__(inputs, outputs, kernel, stride=stride, padding=pad, groups=groups)
        total = kernel - stride if stride == 2 else 0
        self.extra = (total // 2, total - total // 2) * 2 if total else None

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, self.extra) if self.extra else x)


class MBConv(nn.Module):
    """Inverted bottleneck: 1x1 up, depth-wise k x k, 1x1 down."""

    def __init__(self, inputs: int, ratio: int, outputs: int, kernel: int, stride: int, residual: bool) -> None:
        super().__init__()
        hidden = inputs * ratio
        self.residual = residual
        self.expand = SameConv(inputs, hidden, 1, 1) if ratio > 1 else None
        self.depthwise = SameConv(hidden, hidden, kernel, stride, groups=hidden)
        self.project = SameConv(hidden, outputs, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class Stem(nn.Module):
    """B x 3 x H x W, values (pixel - 127) / 128, to maps of 16, 24 and 40 channels at strides 2, 4 and 8."""

    def __init__(self) -> None:
        super().__init__()
        self.first = SameConv(3, 32, 3, 2)
        blocks, channels = [], 32
        for ratio, outputs, kernel, stride, residual in LITE0:
            blocks.append(MBConv(channels, ratio, outputs, kernel, stride, residual))
            channels = outputs
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        s2 = self.blocks[0](F.relu6(self.first(x)))
        s4 = self.blocks[2](self.blocks[1](s2))
        s8 = self.blocks[4](self.blocks[3](s4))
        return s2, s4, s8
