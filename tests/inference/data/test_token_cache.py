"""Cached tokens: what windows show of them, and which are used."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.core.features import WEIGHTS
from inference.data.coco import DataError
from inference.data.device import Compute
from inference.data.token_cache import TokenCache, load_vit
from inference.data.window_sampler import SetRule, WindowSampler
from inference.networks.vit import ViT
from tests.inference.mini import MINI

ENCODER = WEIGHTS / "encoder.safetensors"


def test_windows_show_what_the_cache_holds(coco_file: Callable[..., Path], tmp_path: Path) -> None:
    file = coco_file(2, 128, 192, name="voc")
    cache = TokenCache(file, tmp_path / "cache")
    cache.fill(load_vit(ENCODER), Compute(torch.device("cpu"), None))
    assert TokenCache(file, tmp_path / "cache").done == {0, 1}
    sampler = WindowSampler([(cache, SetRule(1.0))], objects=2)
    for seed in range(12):
        window = sampler.draw(np.random.default_rng(seed), 6)
        again = sampler.draw(np.random.default_rng(seed), 6)
        assert window.tokens is not None
        assert again.tokens is not None
        assert np.array_equal(window.tokens, again.tokens)
        assert window.tokens is not None
        assert window.tokens.shape == (6, 6, 1152)
        assert window.pixels.shape == (96, 96, 3)
        assert window.masks.shape == (2, 48, 48)
        small = window.pixels[::2, ::2].astype(np.int32)
        bright = small[..., 0] - small[..., 2] > 90  # the drawn object is orange, the ground grey
        counted = window.inside & ~window.void
        truth = window.masks[0]
        overlap = (bright & truth & counted).sum() / ((bright | truth) & counted).sum()
        assert overlap > 0.75, seed


FP32 = Compute(torch.device("cpu"), None)


def test_a_cache_of_other_pictures_or_another_encoder_is_not_used(
    coco_file: Callable[..., Path], tmp_path: Path
) -> None:
    file = coco_file(2, 64, 64)
    torch.manual_seed(0)
    TokenCache(file, tmp_path, MINI).fill(ViT(MINI).eval(), FP32)
    assert TokenCache(file, tmp_path, MINI).done == {0, 1}
    assert TokenCache(file, tmp_path).done == set()  # another size: a folder of its own
    with pytest.raises(DataError, match="another encoder"):
        TokenCache(file, tmp_path, MINI).fill(ViT(MINI).eval(), FP32)
    data = json.loads(file.read_text())
    data["images"] = data["images"][:1]
    file.write_text(json.dumps(data))
    size = (tmp_path / "made-train-64x3p16" / "tokens.bin").stat().st_size
    with pytest.raises(DataError, match="remove the folder"):
        TokenCache(file, tmp_path, MINI)
    assert (tmp_path / "made-train-64x3p16" / "tokens.bin").stat().st_size == size
