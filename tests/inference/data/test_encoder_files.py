"""Initial weights: published ViTs under our names, the sizes of the larger ones, and what is wrong with other files."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from inference.core.features import WEIGHTS
from inference.core.geometry import stem_input, vit_input
from inference.data.device import Compute
from inference.data.encoder_files import EncoderFileError, fingerprint, published, read_encoder, vit_picture
from inference.networks.loading import EncoderParts
from inference.networks.pyramid import BASE, LARGE, ModelConfig
from inference.networks.vit import BASE as VIT_BASE
from inference.networks.vit import LARGE as VIT_LARGE
from inference.networks.vit import ViT, ViTConfig

STEM = WEIGHTS / "encoder.safetensors"
MINI = ViTConfig(dim=128, depth=3, heads=2, mlp=256, patch=16, table=5, taps=(1, 2, 3))


def random_vit(cfg: ViTConfig, scale: bool) -> ViT:
    torch.manual_seed(3)
    vit = ViT(cfg)
    with torch.no_grad():
        for name, p in vit.named_parameters():
            if "scale" not in name or scale:
                p.normal_(0, 0.05)
    return vit.eval()


def as_published(vit: ViT, scale: bool) -> dict[str, Tensor]:
    """The state dict under the names of MAE and DINOv2, written down by hand."""
    state = vit.state_dict()
    out = {
        "cls_token": state["cls"],
        "pos_embed": torch.cat([state["cls_pos"], state["pos"].flatten(2).transpose(1, 2)], 1),
        "mask_token": torch.zeros(1, 1, vit.cfg.dim),
        "patch_embed.proj.weight": state["patch.weight"],
        "patch_embed.proj.bias": state["patch.bias"],
        "norm.weight": state["norm.weight"],
        "norm.bias": state["norm.bias"],
    }
    inner = {"norm1": "norm1", "norm2": "norm2", "attn.qkv": "qkv", "attn.proj": "proj"}
    inner |= {"mlp.fc1": "fc1", "mlp.fc2": "fc2"}
    for i in range(vit.cfg.depth):
        for theirs, ours in inner.items():
            for part in ("weight", "bias"):
                out[f"blocks.{i}.{theirs}.{part}"] = state[f"blocks.{i}.{ours}.{part}"]
        if scale:
            for k in (1, 2):
                out[f"blocks.{i}.ls{k}.gamma"] = state[f"blocks.{i}.scale{k}"]
    return {k: v.contiguous() for k, v in out.items()}


@pytest.mark.parametrize(("family", "patch"), [("dinov2", 14), ("mae", 16)])
def test_a_published_vit_gives_the_same_tokens(tmp_path: Path, family: str, patch: int) -> None:
    cfg = ViTConfig(dim=128, depth=3, heads=2, mlp=256, patch=patch, table=5, taps=(1, 2, 3))
    vit = random_vit(cfg, scale=family == "dinov2")
    state = as_published(vit, scale=family == "dinov2")
    if family == "mae":
        path = tmp_path / "mae.pth"
        torch.save({"model": state | {"decoder_pos_embed": torch.zeros(1, 26, 8)}}, path)
    else:
        path = tmp_path / "dinov2.safetensors"
        save_file(state, path)
    read = read_encoder(path, STEM)
    assert read.vit.cfg == cfg
    assert not any(p.requires_grad for p in (*read.vit.parameters(), *read.stem.parameters()))
    image = torch.randn(1, 3, 3 * patch, 4 * patch)
    with torch.inference_mode():
        assert torch.allclose(read.vit(image), vit(image), atol=1e-5)
    assert fingerprint(read.vit) == fingerprint(vit)
    before = fingerprint(vit)
    with torch.no_grad():
        vit.blocks[1].get_parameter("fc1.weight")[0, 0] += 1
    assert fingerprint(vit) != before


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    state = as_published(random_vit(MINI, scale=True), scale=True)
    cases = {
        "register tokens": state | {"register_tokens": torch.zeros(1, 4, 128)},
        "pos_embed": {k: v for k, v in state.items() if k != "pos_embed"},
        "not a square": state | {"pos_embed": torch.zeros(1, 25, 128)},
        "lacks blocks.1.fc1.bias": {k: v for k, v in state.items() if k != "blocks.1.mlp.fc1.bias"},
        "has unknown head.weight": state | {"head.weight": torch.zeros(2, 2)},
        "patches of 8": state | {"patch_embed.proj.weight": torch.zeros(128, 3, 8, 8)},
    }
    for words, broken in cases.items():
        path = tmp_path / "vit.pth"
        torch.save(broken, path)
        with pytest.raises(EncoderFileError, match=words) as error:
            read_encoder(path, STEM)
        assert str(path) in str(error.value)
    torch.save(state, tmp_path / "vit.pth")
    with pytest.raises(EncoderFileError, match="--stem"):
        read_encoder(tmp_path / "vit.pth")
    with pytest.raises(EncoderFileError, match="does not exist"):
        read_encoder(tmp_path / "gone.pth")
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(EncoderFileError, match="cannot be read"):
        read_encoder(tmp_path / "text.pth")


def test_patches_of_16_see_the_whole_model_image() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (64, 96, 3), dtype=np.uint8)
    seen = vit_picture(image, MINI)
    assert seen.shape == (3, 64, 96)
    assert vit_picture(image, ViTConfig()).shape == (3, 56, 84)
    parts = EncoderParts(MINI).eval()
    with torch.inference_mode():
        small, exact = torch.from_numpy(vit_input(image))[None], torch.from_numpy(seen)[None]
        assert torch.allclose(parts(small, torch.from_numpy(stem_input(image))[None])[0], parts.vit(exact), atol=1e-4)


@pytest.mark.parametrize(
    ("cfg", "model", "millions"), [(VIT_BASE, BASE, 86.58), (VIT_LARGE, LARGE, 304.37)], ids=["base", "large"]
)
def test_the_larger_encoders_have_the_published_sizes(cfg: ViTConfig, model: ModelConfig, millions: float) -> None:
    compute = Compute(torch.device("meta"), None)
    with compute.device:  # shapes without memory
        vit = ViT(cfg)
        tokens = vit(torch.empty(1, 3, 4 * cfg.patch, 5 * cfg.patch))
    assert sum(p.numel() for p in vit.parameters()) / 1e6 == pytest.approx(millions, abs=0.01)
    assert tokens.shape == (1, 4, 5, cfg.channels)
    assert cfg.channels == model.tokens
    assert ViTConfig.of(vit.state_dict()) == cfg
    state = as_published(vit, scale=True)
    assert ViTConfig.of(published(state, Path("vit.pth"))) == cfg
