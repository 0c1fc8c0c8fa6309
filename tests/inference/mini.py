"""A small random encoder, and a window for the training on its tokens."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from inference.core.features import WEIGHTS
from inference.data.crops import Window
from inference.data.encoder_files import Encoder, read_encoder
from inference.networks.stem import Stem
from inference.networks.vit import ViT, ViTConfig

MINI = ViTConfig(dim=64, depth=3, heads=1, mlp=64, patch=16, table=5, taps=(1, 2, 3))


def window(side: int, channels: int) -> Window:
    """Random tokens and pixels with two squares, `side` tokens wide."""
    rng = np.random.default_rng(0)
    masks = np.zeros((2, 8 * side, 8 * side), bool)
    masks[0, 4:20, 4:20] = True
    masks[1, 10:30, 6:22] = True
    none = np.zeros(masks.shape[1:], bool)
    tokens = rng.normal(size=(side, side, channels)).astype(np.float16)
    return Window(tokens, rng.integers(0, 255, (16 * side, 16 * side, 3), np.uint8), masks, none, ~none, 0)


def encoder() -> Encoder:
    return Encoder(ViT(MINI).eval(), Stem().eval().requires_grad_(False))


def mini_file(folder: Path) -> Path:
    """An encoder.safetensors with a small random ViT and the shipped stem."""
    torch.manual_seed(0)
    stem = read_encoder(WEIGHTS / "encoder.safetensors").stem
    state = {f"vit.{k}": v for k, v in ViT(MINI).state_dict().items()}
    state |= {f"stem.{k}": v.contiguous() for k, v in stem.state_dict().items()}
    save_file(state, folder / "mini.safetensors")
    return folder / "mini.safetensors"
