"""Mask2Former (Cheng et al., CVPR 2022, arXiv 2112.01527): one head for panoptic, instance and semantic segmentation.

    tokens ─ PixelDecoder ─ maps at strides 32, 16, 8, 32, 16, 8, … one a layer
                                           │ masked cross-attention, self-attention, feed-forward
    learned queries ───────────────────────┴──────────────────────► class and mask of every query, after every layer

As in the paper: a query looks only at the foreground of the mask that it predicted before; cross- before
self-attention; queries are learned and supervised before the first layer; a level embedding and sinusoidal positions;
losses at points; no dropout. Different: FastInst's light pixel decoder on the frozen encoder's tokens instead of
deformable attention, and masks at stride 8. What becomes of the answers is in `postprocess.py`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inference.heads.networks.attention import Attend, FeedForward, as_rows, foreground, mask_mlp
from inference.heads.networks.config import WEIGHTS, HeadConfig, LossWeights
from inference.heads.networks.criterion import Prediction, Targets, match, set_loss
from inference.heads.networks.pixel_decoder import PixelDecoder
from inference.heads.networks.positions import sinusoidal

FACTORS = (0.25, 0.5, 1.0)  # of the masks' stride 8 to strides 32, 16, 8


class Layer(nn.Module):
    """Masked cross-attention, self-attention, feed-forward, in this order."""

    def __init__(self, cfg: HeadConfig) -> None:
        super().__init__()
        self.cross = Attend(cfg.dim, cfg.heads)
        self.among = Attend(cfg.dim, cfg.heads)
        self.forward_rows = FeedForward(cfg.dim, cfg.hidden)

    def forward(self, queries: Tensor, places: Tensor, pixels: Tensor, pixel_places: Tensor, seen: Tensor) -> Tensor:
        """Queries B x N x C to new ones. pixels: B x hw x C. seen: B x N x hw bool."""
        queries = self.cross(queries, places, pixels, pixel_places, seen)
        return self.forward_rows(self.among(queries, places, queries, places))


class Mask2Former(nn.Module):
    """Tokens B x C x h x w (h and w even) to class logits B x N x (K + 1) and mask logits B x N x 2h x 2w, that is at
    stride 8."""

    def __init__(self, cfg: HeadConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.pixels = PixelDecoder(cfg.tokens, cfg.dim)
        self.mask_features = nn.Conv2d(cfg.dim, cfg.dim, 1)
        self.levels = nn.Parameter(torch.randn(len(FACTORS), cfg.dim))
        self.queries = nn.Parameter(torch.randn(1, cfg.queries, cfg.dim))
        self.places = nn.Parameter(torch.randn(1, cfg.queries, cfg.dim))
        self.layers = nn.ModuleList(Layer(cfg) for _ in range(len(FACTORS) * cfg.layers))
        self.norm = nn.LayerNorm(cfg.dim)
        self.classify = nn.Linear(cfg.dim, cfg.classes + 1)
        self.embed = mask_mlp(cfg.dim)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        last = self.predictions(tokens)[-1]
        return last.classes, last.masks

    def predictions(self, tokens: Tensor) -> list[Prediction]:
        """Before the first layer and after each."""
        maps = self.pixels(tokens)
        features = self.mask_features(maps.s8)
        sources = [
            (as_rows(m) + self.levels[k], as_rows(sinusoidal(m))) for k, m in enumerate((maps.s32, maps.s16, maps.s8))
        ]
        queries = self.queries.expand(len(tokens), -1, -1)
        found = [self._answer(queries, features)]
        for k, layer in enumerate(self.layers):
            seen = foreground(found[-1].masks, FACTORS[k % len(FACTORS)])
            queries = layer(queries, self.places, *sources[k % len(FACTORS)], seen)
            found.append(self._answer(queries, features))
        return found

    def _answer(self, queries: Tensor, features: Tensor) -> Prediction:
        """One class head and one mask head, shared by all layers."""
        rows = self.norm(queries)
        masks = torch.matmul(self.embed(rows), features.flatten(2)).unflatten(2, features.shape[-2:])
        return Prediction(self.classify(rows), masks)

    def loss(
        self, tokens: Tensor, targets: list[Targets], rng: torch.Generator, weights: LossWeights = WEIGHTS
    ) -> dict[str, Tensor]:
        """The mean over all predictions, each with a matching of its own."""
        found = [set_loss(p, targets, match(p, targets, weights, rng), weights, rng) for p in self.predictions(tokens)]
        return {"loss": torch.stack(found).mean(), "last": found[-1].detach()}
