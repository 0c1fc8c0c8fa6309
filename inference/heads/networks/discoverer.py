"""The discoverer of *segment everything* and how it learns. PyTorch; `everything.py` runs the exported graph.

The network: the encoder's tokens are projected, carried to strides 8 and 32, merged top-down, and one small head that
all strides share says at every position how good a box it has (one logit) and where its four sides are.

It reads nothing but the tokens. The click model's pyramid would add finer maps, but a box only prompts a decoder that
reads them anyway; and a head that reads the pyramid would have to be trained anew with every click model.

Learning: SimOTA assigns positions to objects (Ge et al., "YOLOX", arXiv 2107.08430), the quality focal loss teaches the
logit the IoU that the box will have (Li et al., "Generalized Focal Loss", arXiv 2006.04388), and GIoU the sides
(Rezatofighi et al., CVPR 2019). No data set labels every object, so what is not labelled is taken for background with a
weight by set (`discovery_data.py`), after the observation of Kim et al. ("Open-World Object Proposals", RA-L 2022) that
negatives from unlabelled objects are what keeps a proposer from finding new kinds.

Boxes: N x 4, (x0, y0, x1, y1) model pixels. B images, N positions, M objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.heads.everything import STRIDES, Anchors, anchors, decode_boxes
from inference.networks.layers import AttentionBlock, ChannelNorm, ConvBlock

MAX_LOG_DISTANCE = 5.0  # exp of it: the largest distance, in strides
CENTRE_RADIUS = 2.5  # strides around an object's centre in which positions may become its
MAX_POSITIONS = 10  # positions that an object can have


@dataclass(frozen=True)
class DiscoveryConfig:
    """Sizes of the discoverer: 0.6 M parameters, 1.2 MB in fp16."""

    dim: int = 384  # of a token
    channels: int = 96
    ratio: int = 2


class Discovery(nn.Module):
    """Tokens B x dim x h x w to logits B x N and distances B x N x 4 (in strides, positive); see `anchors` for the
    order of the positions."""

    def __init__(self, cfg: DiscoveryConfig = DiscoveryConfig()) -> None:  # noqa: B008
        super().__init__()
        c, r = cfg.channels, cfg.ratio
        self.project = nn.Sequential(nn.Conv2d(cfg.dim, 2 * c, 1), nn.GELU(), nn.Conv2d(2 * c, c, 1), ChannelNorm(c))
        self.down = nn.Sequential(nn.Conv2d(c, c, 2, stride=2), ChannelNorm(c))
        self.look32 = AttentionBlock(c, 4, 1, r, 5)
        self.up32 = nn.ConvTranspose2d(c, c, 2, stride=2)
        self.look16 = nn.Sequential(ConvBlock(c, r, 5), ConvBlock(c, r, 5))
        self.up16 = nn.Sequential(nn.ConvTranspose2d(cfg.dim, c, 2, stride=2), ChannelNorm(c))
        self.up8 = nn.ConvTranspose2d(c, c, 2, stride=2)
        self.look8 = ConvBlock(c, r, 5)
        self.head = nn.Sequential(ChannelNorm(c), ConvBlock(c, r, 3), ConvBlock(c, r, 3), ChannelNorm(c))
        self.classify = nn.Conv2d(c, 5, 1)  # quality and four sides; by this name AdamW has it, not Muon
        self.scales = nn.Parameter(torch.ones(len(STRIDES)))
        nn.init.normal_(self.classify.weight, std=0.01)
        self.classify.bias = nn.Parameter(torch.tensor([-4.0, 1.0, 1.0, 1.0, 1.0]))  # nothing; boxes of 5 strides

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        s16 = self.project(tokens)
        s32 = self.look32(self.down(s16))
        s16 = self.look16(s16 + self.up32(s32))
        s8 = self.look8(self.up16(tokens) + self.up8(s16))
        said = []
        for scale, level in zip(self.scales, (s8, s16, s32), strict=True):
            raw = self.classify(self.head(level)).float().flatten(2).transpose(1, 2)
            said.append(torch.cat([raw[..., :1], (raw[..., 1:] * scale).clamp(max=MAX_LOG_DISTANCE).exp()], 2))
        found = torch.cat(said, 1)
        return found[..., 0], found[..., 1:]


class WidenedDiscovery(nn.Module):
    """As exported: reads the tokens in fp16, as they are kept."""

    def __init__(self, head: Discovery) -> None:
        super().__init__()
        self.head = head

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        logits, distances = self.head(tokens.float())
        return logits, distances


def pairwise_iou(some: Tensor, others: Tensor) -> Tensor:
    """IoU of each of N boxes with each of M."""
    common = torch.minimum(some[:, None, 2:], others[None, :, 2:]) - torch.maximum(
        some[:, None, :2], others[None, :, :2]
    )
    area = common.clamp(min=0).prod(2)
    areas = [(b[:, 2:] - b[:, :2]).clamp(min=0).prod(1) for b in (some, others)]
    return area / (areas[0][:, None] + areas[1][None] - area).clamp(min=1e-6)


def giou(some: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU of boxes, one by one."""
    low, high = torch.maximum(some[:, :2], others[:, :2]), torch.minimum(some[:, 2:], others[:, 2:])
    common = (high - low).clamp(min=0).prod(1)
    areas = [(b[:, 2:] - b[:, :2]).clamp(min=0).prod(1) for b in (some, others)]
    union = (areas[0] + areas[1] - common).clamp(min=1e-6)
    hull = torch.maximum(some[:, 2:], others[:, 2:]) - torch.minimum(some[:, :2], others[:, :2])
    whole = hull.clamp(min=0).prod(1).clamp(min=1e-6)
    iou = common / union
    return iou, iou - (whole - union) / whole


@torch.no_grad()
def assign(logits: Tensor, boxes: Tensor, where: Anchors, truths: Tensor) -> Tensor:
    """SimOTA: which object each position is to say; -1 for none. N; logits N, boxes N x 4, truths M x 4.

    A position may say an object when it lies in its box and near its centre. An object takes as many positions as the
    sum of its ten best IoUs says (at least one), those where score and box fit it best. Of two objects that want one
    position the one that fits better gets it.
    """
    nobody = torch.full((len(logits),), -1, dtype=torch.long, device=logits.device)
    if not len(truths):
        return nobody
    points, reach = where.points[:, :2], CENTRE_RADIUS * where.steps[:, 2:]
    middle = (truths[:, :2] + truths[:, 2:]) / 2
    near = ((points[:, None] - middle[None]).abs() < reach[:, None]).all(2)
    held = ((points[:, None] > truths[None, :, :2]) & (points[:, None] < truths[None, :, 2:])).all(2)
    overlap = pairwise_iou(boxes, truths)
    unsure = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits), reduction="none")
    cost = unsure[:, None] - 3 * overlap.clamp(min=1e-8).log() + 1e5 * ~(near & held)
    largest = overlap.masked_fill(~(near & held), 0).topk(min(MAX_POSITIONS, len(logits)), dim=0).values
    count = largest.sum(0).int().clamp(min=1)
    taken = torch.full_like(cost, float("inf"))
    for j, k in enumerate(count.tolist()):
        best = cost[:, j].topk(k, largest=False).indices
        taken[best, j] = cost[best, j]
    least, which = taken.min(1)
    return torch.where(least.isfinite(), which, nobody)


def quality_focal(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Sum over positions of weight * |target - p|^2 * cross-entropy; the target is an IoU, 0 where there is nothing."""
    distance = (target - logits.sigmoid()).abs().pow(2)
    return (weight * distance * F.binary_cross_entropy_with_logits(logits, target, reduction="none")).sum()


def discovery_loss(
    logits: Tensor, distances: Tensor, truths: Sequence[Tensor], negatives: Sequence[float], shape: tuple[int, int]
) -> dict[str, Tensor]:
    """Losses of a batch: `loss`, and its parts `quality` and `sides`, and `iou`, the mean of the assigned boxes.

    truths: the objects of each image, M x 4. negatives: how much background counts in each image. shape: tokens.
    """
    where = Anchors(*(torch.from_numpy(part).to(logits.device) for part in anchors(*shape)))
    boxes = decode_boxes(distances, where)
    quality = logits.new_zeros(())
    pairs: list[tuple[Tensor, Tensor]] = []
    for b, (objects, less) in enumerate(zip(truths, negatives, strict=True)):
        which = assign(logits[b], boxes[b], where, objects)
        mine = which >= 0
        target = torch.zeros_like(logits[b])
        if bool(mine.any()):
            pairs.append((boxes[b][mine], objects[which[mine]]))
            target[mine] = giou(*pairs[-1])[0].detach()
        quality = quality + quality_focal(logits[b], target, torch.where(mine, 1.0, less))
    if not pairs:
        return {"loss": quality / len(truths), "quality": quality, "sides": 0 * quality, "iou": 0 * quality}
    iou, general = giou(torch.cat([p for p, _ in pairs]), torch.cat([t for _, t in pairs]))
    quality, sides = quality / len(iou), (1 - general).mean()
    return {"loss": quality + 2 * sides, "quality": quality, "sides": sides, "iou": iou.mean()}
