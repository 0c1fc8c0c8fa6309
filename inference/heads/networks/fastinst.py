"""FastInst (He et al., CVPR 2023, arXiv 2303.08594): instances by queries that are picked from the picture.

    tokens ─ PixelDecoder ─┬─ stride 16 ─ Activation: class of every pixel ─ the best N pixels become queries
                           └─ stride 8 ── pixels ─┐                               │
                                                  └──── DualPath, once a layer ───┴─► class and mask of every query

As in the paper: queries are the embeddings of pixels on local maxima of their own class (not learned ones), a few
learned queries beside them gather the background; in every layer first the pixels attend to the queries, then the
queries to the pixels inside of their masks; one learned grid of positions; in training each layer runs again with the
true masks. Different: the maps come from the frozen encoder's tokens alone, and have 128 channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.heads.networks.attention import Attend, FeedForward, as_rows, foreground, mask_mlp, see_all_if_empty
from inference.heads.networks.config import WEIGHTS, HeadConfig, LossWeights
from inference.heads.networks.criterion import Matching, Prediction, Targets, class_terms, match, set_loss
from inference.heads.networks.matching import pairs
from inference.heads.networks.pixel_decoder import PixelDecoder
from inference.heads.networks.positions import LearnedGrid

PEAK_BONUS = 1000.0  # more than log-odds differ: any peak comes before any other pixel


class Activation(nn.Module):
    """The auxiliary class head on the stride-16 map: B x dim x h x w to logits B x (K + 1) x h x w."""

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(dim, dim, 3, padding=1)
        self.classify = nn.Conv2d(dim, classes + 1, 1)

    def forward(self, s16: Tensor) -> Tensor:
        return self.classify(F.relu(self.mix(s16)))


def choose_pixels(logits: Tensor, count: int) -> Tensor:
    """B x count indices into h * w: first pixels that are local maxima (among 8 neighbours) of their own class's
    probability, then the others; each by probability."""
    odds = log_odds(logits.float())[:, :-1]
    best, own = odds.max(1, keepdim=True)
    highest = F.max_pool2d(odds, 3, stride=1, padding=1).gather(1, own)
    rank = torch.where(best >= highest, best, best - PEAK_BONUS)
    return rank.flatten(1).topk(count, dim=1).indices


def log_odds(logits: Tensor) -> Tensor:
    """Of each class's softmax probability p: log p - log(1 - p). A probability itself is 1 for many a pixel of a head
    that is sure, and then says no order any more."""
    gaps, top = logits - logits.amax(1, keepdim=True), logits.argmax(1, keepdim=True)
    is_top = torch.arange(logits.shape[1], device=logits.device).view(1, -1, 1, 1) == top
    shares = gaps.exp()
    others = shares.masked_fill(is_top, 0.0).sum(1, keepdim=True).clamp(min=1e-38)
    return torch.where(is_top, -others.log(), gaps - (1 + others - shares).clamp(min=1e-38).log())


class DualPath(nn.Module):
    """One layer: pixels learn from the queries, then queries from the pixels inside of their masks."""

    def __init__(self, cfg: HeadConfig) -> None:
        super().__init__()
        self.pixels = Attend(cfg.dim, cfg.heads)
        self.pixels_forward = FeedForward(cfg.dim, cfg.hidden // 2)
        self.cross = Attend(cfg.dim, cfg.heads)
        self.among = Attend(cfg.dim, cfg.heads)
        self.forward_rows = FeedForward(cfg.dim, cfg.hidden)

    def forward(
        self, queries: Tensor, query_places: Tensor, pixels: Tensor, pixel_places: Tensor, seen: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Queries B x N x C and pixels B x hw x C to new ones. seen: B x N x hw bool."""
        pixels = self.pixels_forward(self.pixels(pixels, pixel_places, queries, query_places))
        queries = self.cross(queries, query_places, pixels, pixel_places, seen)
        queries = self.among(queries, query_places, queries, query_places)
        return self.forward_rows(queries), pixels


class Answer(nn.Module):
    """Class and mask of every query."""

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.classify = nn.Linear(dim, classes + 1)
        self.embed = mask_mlp(dim)
        self.mask_features = nn.Linear(dim, dim)

    def forward(self, queries: Tensor, pixels: Tensor, height: int, width: int) -> Prediction:
        masks = torch.matmul(self.embed(queries), self.mask_features(pixels).transpose(1, 2))
        return Prediction(self.classify(queries), masks.unflatten(2, (height, width)))


@dataclass(frozen=True, eq=False)
class Trace:
    """What the layers saw and said: for the losses."""

    activation: Tensor
    query_places: Tensor
    pixel_places: Tensor
    inputs: list[tuple[Tensor, Tensor, Tensor]]  # of each layer: queries, pixels, seen
    predictions: list[Prediction]  # before the first layer and after each


class FastInst(nn.Module):
    """Tokens B x C x h x w (h and w even, h * w >= queries) to class logits B x N x (K + 1) and mask logits
    B x N x 2h x 2w, that is at stride 8."""

    def __init__(self, cfg: HeadConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.pixels = PixelDecoder(cfg.tokens, cfg.dim)
        self.activation = Activation(cfg.dim, cfg.classes)
        self.auxiliary = nn.Parameter(torch.randn(1, cfg.auxiliary, cfg.dim))
        self.auxiliary_places = nn.Parameter(torch.randn(1, cfg.auxiliary, cfg.dim) * 0.02)
        self.grid = LearnedGrid(cfg.dim, round(cfg.queries**0.5))
        self.layers = nn.ModuleList(DualPath(cfg) for _ in range(cfg.layers))
        self.answers = nn.ModuleList(Answer(cfg.dim, cfg.classes) for _ in range(cfg.layers + 1))

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        last = self.trace(tokens).predictions[-1]
        return last.classes, last.masks

    def trace(self, tokens: Tensor) -> Trace:
        """The whole forward pass."""
        maps = self.pixels(tokens)
        activation = self.activation(maps.s16)
        chosen = choose_pixels(activation, self.cfg.queries)
        queries = self._with_auxiliary(take(maps.s16, chosen), self.auxiliary)
        places = self.grid(maps.s16).expand(len(tokens), -1, -1, -1)
        query_places = self._with_auxiliary(take(places, chosen), self.auxiliary_places)
        pixels, pixel_places = as_rows(maps.s8), as_rows(self.grid(maps.s8))
        size = maps.s8.shape[-2:]
        predictions, inputs = [self._answer(0, queries, pixels, size)], []
        for k, layer in enumerate(self.layers):
            seen = self._seen(foreground(predictions[-1].masks))
            inputs.append((queries, pixels, seen))
            queries, pixels = layer(queries, query_places, pixels, pixel_places, seen)
            predictions.append(self._answer(k + 1, queries, pixels, size))
        return Trace(activation, query_places, pixel_places, inputs, predictions)

    def loss(
        self, tokens: Tensor, targets: list[Targets], rng: torch.Generator, weights: LossWeights = WEIGHTS
    ) -> dict[str, Tensor]:
        """The loss and its parts: every prediction, the passes guided by true masks, the auxiliary class head."""
        trace = self.trace(tokens)
        matchings = [match(p, targets, weights, rng) for p in trace.predictions]
        parts = {
            "set": sum_of(
                set_loss(p, targets, m, weights, rng) for p, m in zip(trace.predictions, matchings, strict=True)
            ),
            "guided": sum_of(
                set_loss(p, targets, matchings[-1], weights, rng) for p in self.guided(trace, targets, matchings[-1])
            ),
            "activation": weights.activation * activation_loss(trace.activation, targets, weights),
        }
        return {"loss": sum_of(parts.values())} | parts

    def guided(self, trace: Trace, targets: list[Targets], matching: Matching) -> list[Prediction]:
        """Every layer again, on what it saw before, but that matched queries look at their objects' true masks."""
        size = trace.predictions[0].masks.shape[-2:]
        found = []
        for k, (layer, (queries, pixels, seen)) in enumerate(zip(self.layers, trace.inputs, strict=True)):
            true = seen.clone()
            for b, (target, (chosen, objects)) in enumerate(zip(targets, matching, strict=True)):
                if len(chosen):
                    true[b, chosen] = mostly(target.masks[objects], size).flatten(1)
            moved, changed = layer(queries, trace.query_places, pixels, trace.pixel_places, see_all_if_empty(true))
            found.append(self._answer(k + 1, moved, changed, size))
        return found

    def _answer(self, stage: int, queries: Tensor, pixels: Tensor, size: torch.Size) -> Prediction:
        found: Prediction = self.answers[stage](queries[:, : self.cfg.queries], pixels, size[0], size[1])
        return found

    def _with_auxiliary(self, rows: Tensor, learned: Tensor) -> Tensor:
        return torch.cat([rows, learned.expand(len(rows), -1, -1).to(rows.dtype)], 1)

    def _seen(self, seen: Tensor) -> Tensor:
        """The auxiliary queries have no masks: they see everything."""
        everything = seen[:, :1] | ~seen[:, :1]  # of no fixed size in the exported graph
        return torch.cat([seen, everything.expand(-1, self.cfg.auxiliary, -1)], 1)


def take(maps: Tensor, chosen: Tensor) -> Tensor:
    """The B x N chosen pixels of B x C x h x w: B x N x C."""
    return as_rows(maps).gather(1, chosen[..., None].expand(-1, -1, maps.shape[1]))


def mostly(masks: Tensor, size: torch.Size) -> Tensor:
    """M x H x W covered shares to M x h x w bool: cells that are covered by half or, of an object too small for that,
    the one that is covered most."""
    cover = F.adaptive_avg_pool2d(masks, (size[0], size[1]))
    most = cover.amax((1, 2), keepdim=True)
    return (cover >= most.clamp(max=0.5)) & (cover > 0)


def activation_loss(logits: Tensor, targets: list[Targets], weights: LossWeights) -> Tensor:
    """Class loss of the auxiliary head: each object is matched to one pixel inside of it, where its class is most
    likely; all other pixels are no objects."""
    none, size = logits.shape[1] - 1, logits.shape[-2:]
    sums = logits.new_zeros(2, dtype=torch.float32)
    for b, target in enumerate(targets):
        rows = logits[b].flatten(1).t()
        labels = torch.full((len(rows),), none, device=logits.device)
        counts = weights.no_object * F.adaptive_avg_pool2d(target.counted[None], (size[0], size[1])).flatten()
        if len(target.labels):
            outside = ~mostly(target.masks, size).flatten(1)
            cost = weights.location * outside.float() - rows.detach().float().softmax(-1)[:, target.labels].t()
            objects, chosen = pairs(cost)
            labels[chosen] = target.labels[objects]
            counts = counts.index_put((chosen,), target.weights[objects])
        sums = sums + class_terms(rows, labels, counts, target.known)
    return sums[0] / sums[1].clamp(min=1e-6)


def sum_of(terms: object) -> Tensor:
    """The sum of an iterable of scalars."""
    return torch.stack(list(terms)).sum()  # type: ignore[call-overload]
