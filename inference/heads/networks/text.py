"""The network of *segment by text* and how it learns. PyTorch; `lts.py` runs the exported graph.

LTS, "Locate then Segment" (Jing et al., CVPR 2021, arXiv 2103.16284):

1. Fuse: at each of three scales the visual map times the projected sentence, element by element; then coarse to fine.
2. Locate: a kernel generated from the sentence is convolved with the fused map. What comes out is the response map:
   where is what the sentence means? It is supervised with the down-sampled mask.
3. Segment: fused map and response map together, ASPP, a transposed convolution, the mask.

Ours: the visual maps are the frozen encoder's tokens, carried to strides 16, 32 and 64, with every position's place in
the picture beside them ("left" has to mean something); at stride 32 the positions attend to each other, because
"largest" is said of one object in comparison with others (the paper, too, scores higher with a transformer there). Some
phrases in training name what is not in the picture; their mask is empty, so that a response is also an answer to
"is it there?".

B phrases with their pictures, C channels, h x w tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.heads.text import PLACES
from inference.networks.layers import AttentionBlock, ChannelNorm, ConvBlock

MAX_OBJECT_WEIGHT = 10.0  # the weight of an object's pixels, at most


@dataclass(frozen=True)
class LtsConfig:
    """Sizes: 1.7 M parameters, 3.4 MB in fp16."""

    dim: int = 384  # of a token
    words: int = 384  # of a sentence's vector
    channels: int = 128
    kernel: int = 3


class Fusion(nn.Module):
    """One scale: visual map times sentence, and what is coarser."""

    def __init__(self, cfg: LtsConfig, coarser: bool) -> None:
        super().__init__()
        c = cfg.channels
        self.words = nn.Sequential(nn.Linear(cfg.words, c), nn.GELU(), nn.Linear(c, c))
        self.visual = nn.Conv2d(c, c, 1)
        self.norm = ChannelNorm(c)
        self.merge = nn.Conv2d(2 * c, c, 1) if coarser else None
        self.look = ConvBlock(c, 2, 3)

    def forward(self, visual: Tensor, sentence: Tensor, coarser: Tensor | None = None) -> Tensor:
        fused = self.norm(self.visual(visual) * self.words(sentence)[:, :, None, None]) + visual
        if self.merge is not None and coarser is not None:
            raised = F.interpolate(coarser, scale_factor=2.0, mode="nearest")
            fused = self.merge(torch.cat([fused, raised], 1))
        return self.look(fused)


class Aspp(nn.Module):
    """Atrous spatial pyramid pooling (Chen et al., DeepLab): one map seen at several widths, and as a whole."""

    def __init__(self, inputs: int, channels: int, rates: tuple[int, ...] = (2, 4, 6)) -> None:
        super().__init__()
        part = channels // 2
        self.point = nn.Conv2d(inputs, part, 1)
        self.wide = nn.ModuleList(nn.Conv2d(inputs, part, 3, padding=r, dilation=r) for r in rates)
        self.whole = nn.Conv2d(inputs, part, 1)
        self.out = nn.Sequential(nn.Conv2d(part * (2 + len(rates)), channels, 1), ChannelNorm(channels), nn.GELU())

    def forward(self, x: Tensor) -> Tensor:
        whole = self.whole(x.mean((2, 3), keepdim=True)).expand(-1, -1, x.shape[2], x.shape[3])
        with torch.autocast(x.device.type, enabled=False):  # on CPUs, bfloat16 gradients of rates above 2 are NaN
            wide = [conv(x.float()) for conv in self.wide]
        parts = [self.point(x), *wide, whole]
        return self.out(F.gelu(torch.cat([part.float() for part in parts], 1)))


class Lts(nn.Module):
    """Tokens B x dim x h x w, sentence vectors B x words (of unit length), places B x 3 x h x w; to logits of the
    response map B x h x w and of the mask B x 2h x 2w."""

    def __init__(self, cfg: LtsConfig = LtsConfig()) -> None:  # noqa: B008
        super().__init__()
        self.cfg = cfg
        c = cfg.channels
        self.project = nn.Sequential(nn.Conv2d(cfg.dim + PLACES, 2 * c, 1), nn.GELU(), nn.Conv2d(2 * c, c, 1))
        self.norm = ChannelNorm(c)
        self.down32 = nn.Sequential(nn.Conv2d(c, c, 2, stride=2), ChannelNorm(c))
        self.down64 = nn.Sequential(nn.Conv2d(c, c, 2, stride=2), ChannelNorm(c))
        self.fuse64, self.fuse32, self.fuse16 = Fusion(cfg, False), Fusion(cfg, True), Fusion(cfg, True)
        self.compare = AttentionBlock(c, 4, 1, 2)
        self.out = ChannelNorm(c)
        self.generate = nn.Sequential(nn.Linear(cfg.words, c), nn.GELU(), nn.Linear(c, c * cfg.kernel**2 + 1))
        self.aspp = Aspp(c + 1, c)
        self.up = nn.ConvTranspose2d(c, c // 2, 2, stride=2)
        self.mask = nn.Sequential(nn.GELU(), nn.Conv2d(c // 2, 1, 3, padding=1))
        with torch.no_grad():
            last = self.generate[2]
            assert isinstance(last, nn.Linear)
            last.weight.mul_(0.3)
            last.bias[-1] = -3.0  # most positions are not what is meant

    def forward(self, tokens: Tensor, sentence: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        words = sentence * self.cfg.words**0.5
        fused = self.fuse(tokens, words, place)
        response = locate(fused, self.kernel(words), self.cfg.kernel)
        return response.float(), self.segment(fused, response).float()

    def fuse(self, tokens: Tensor, words: Tensor, place: Tensor) -> Tensor:
        """The fused map, B x C x h x w."""
        v16 = self.norm(self.project(torch.cat([tokens, place], 1)))
        v32 = self.down32(v16)
        m64 = self.fuse64(self.down64(v32), words)
        m32 = self.compare(self.fuse32(v32, words, m64))
        return self.out(self.fuse16(v16, words, m32))

    def kernel(self, words: Tensor) -> Tensor:
        """The sentence's kernel and its bias: B x (C * k * k + 1)."""
        return self.generate(words)

    def segment(self, fused: Tensor, response: Tensor) -> Tensor:
        seen = torch.cat([fused, response.sigmoid()[:, None]], 1)
        return self.mask(self.up(self.aspp(seen)))[:, 0]


def locate(fused: Tensor, kernels: Tensor, size: int) -> Tensor:
    """Each map convolved with its own kernel plus its bias: B x h x w. kernels: B x (C * k * k + 1), the bias last;
    the others are divided by the root of their number."""
    b, c, h, w = fused.shape
    weight = kernels[:, :-1].reshape(b, c, size * size).transpose(1, 2) * (c * size * size) ** -0.5
    parts = torch.bmm(weight, fused.flatten(2)).reshape(b, size * size, h, w)  # what each place of the kernel adds
    wide = F.pad(parts, (size // 2,) * 4)
    added = [wide[:, k, k // size : k // size + h, k % size : k % size + w] for k in range(size * size)]
    return torch.stack(added).sum(0) + kernels[:, -1, None, None]


class WidenedLts(nn.Module):
    """As exported: reads the tokens in fp16, as they are kept."""

    def __init__(self, head: Lts) -> None:
        super().__init__()
        self.head = head

    def forward(self, tokens: Tensor, sentence: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        response, mask = self.head(tokens.float(), sentence, place)
        return response, mask


def balanced(logits: Tensor, share: Tensor, valid: Tensor) -> Tensor:
    """Binary cross-entropy, B. share: how much of a cell is the object. The object's cells weigh more the rarer they
    are: the root of the ratio, at most MAX_OBJECT_WEIGHT."""
    count = valid.sum((1, 2)).clamp(min=1)
    mine = (share * valid).sum((1, 2))
    rare = ((count - mine) / mine.clamp(min=1e-3)).sqrt().clamp(1.0, MAX_OBJECT_WEIGHT)
    weight = valid * (1 + (rare[:, None, None] - 1) * share)
    cost = F.binary_cross_entropy_with_logits(logits, share, reduction="none")
    return (weight * cost).sum((1, 2)) / weight.sum((1, 2)).clamp(min=1)


def lts_loss(response: Tensor, mask: Tensor, share: Tensor, fine: Tensor, valid: Tensor) -> dict[str, Tensor]:
    """The paper's two losses, `location` and `mask`, and their sum. share: of each token, B x h x w; fine: at stride
    8; valid: 1 where a token is picture."""
    wide = valid.repeat_interleave(2, 1).repeat_interleave(2, 2)
    location, segment = balanced(response, share, valid).mean(), balanced(mask, fine, wide).mean()
    return {"loss": location + segment, "location": location, "mask": segment}
