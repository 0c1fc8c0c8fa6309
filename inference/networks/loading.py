"""The shipped weights as PyTorch modules: for encoding with PyTorch and for checking the ONNX graphs."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

from inference.core.geometry import VIT_MEAN, VIT_PATCH, VIT_STD
from inference.networks.click_network import ClickModel
from inference.networks.pyramid import ModelConfig, Pyramid
from inference.networks.stem import Stem
from inference.networks.vit import SMALL, ViT, ViTConfig


class EncoderParts(nn.Module):
    """ViT and stem together: (B x 3 x 14h x 14w, B x 3 x 16h x 16w) to tokens and the stem's three maps.

    A ViT of 16-pixel patches looks at the stem's picture, which has that size, under its own normalisation.
    """

    def __init__(self, cfg: ViTConfig = SMALL) -> None:
        super().__init__()
        self.vit = ViT(cfg)
        self.stem = Stem()

    def look(self, vit_image: Tensor, stem_image: Tensor) -> Tensor:
        """The ViT's tokens alone."""
        if self.vit.cfg.patch != VIT_PATCH:
            mean, deviation = (stem_image.new_tensor(v)[:, None, None] for v in (VIT_MEAN, VIT_STD))
            unused = 0.0 * vit_image[:, :, :1, :1]  # stays an input of the exported graph: all encoders are fed alike
            vit_image = (stem_image * 128.0 + 127.0 - mean) / deviation + unused
        return self.vit(vit_image)

    def forward(self, vit_image: Tensor, stem_image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.look(vit_image, stem_image), *self.stem(stem_image)


class PyramidOut(nn.Module):
    """The pyramid under its name in the weights file."""

    def __init__(self, pyramid: Pyramid) -> None:
        super().__init__()
        self.pyramid = pyramid

    def forward(self, tokens: Tensor, d2: Tensor, d4: Tensor, d8: Tensor) -> tuple[Tensor, ...]:
        return self.pyramid(tokens, d2, d4, d8)


def load_encoder(weights: Path) -> EncoderParts:
    """Encoder from WEIGHTS/encoder.safetensors, fp32 values of its fp16 tensors."""
    state = {k: v.float() for k, v in load_file(weights / "encoder.safetensors").items()}
    cfg = ViTConfig.of({k[4:]: v for k, v in state.items() if k.startswith("vit.")})
    encoder = EncoderParts(cfg).eval().requires_grad_(False)
    encoder.load_state_dict(state)
    return encoder


def load_click(weights: Path) -> ClickModel:
    """Pyramid and decoder from WEIGHTS/click.safetensors."""
    sizes = json.loads((weights / "manifest.json").read_text(encoding="utf-8"))["model"]
    cfg = ModelConfig.read(sizes)
    click = ClickModel(cfg).eval().requires_grad_(False)
    click.load_state_dict({k: v.float() for k, v in load_file(weights / "click.safetensors").items()})
    return click
