"""Pyramid and decoder as one module: the trained part of the click model."""

from __future__ import annotations

from torch import nn

from inference.networks.decoder import Decoder
from inference.networks.pyramid import SMALL, ModelConfig, Pyramid


class ClickModel(nn.Module):
    """The trained parts of the click model."""

    def __init__(self, cfg: ModelConfig = SMALL) -> None:
        super().__init__()
        self.cfg = cfg
        self.pyramid = Pyramid(cfg)
        self.decoder = Decoder(cfg)
