"""Initial weights of the frozen parts: our own file, or a ViT as MAE or DINOv2 publish it.

    python -m inference.data.encoder_files dinov2_vitb14_pretrain.pth \\
        --stem var/init/encoder.safetensors --out var/init-base

writes OUT/encoder.safetensors with `vit.*` and `stem.*`, what `inference.train --encoder` and
`inference.export_weights --encoder` read. `inference.train` also takes the published file itself.

Names in the published files, both of which are state dicts of timm's VisionTransformer (MAE's inside of `model`):

    cls_token, pos_embed                cls, cls_pos, pos (the table without its first row, as a square map)
    patch_embed.proj.*                  patch.*
    blocks.N.norm1.*, norm2.*           the same
    blocks.N.attn.qkv.*, attn.proj.*    blocks.N.qkv.*, proj.*
    blocks.N.mlp.fc1.*, mlp.fc2.*       blocks.N.fc1.*, fc2.*
    blocks.N.ls1.gamma, ls2.gamma       blocks.N.scale1, scale2 (DINOv2; MAE has none: ones)
    norm.*                              the same
    mask_token, decoder_*               left out

Everything else in a file, or missing from it, is an error.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from inference.core.geometry import TOKEN, VIT_MEAN, VIT_PATCH, VIT_STD, vit_input
from inference.data.device import CPU, Compute
from inference.networks.stem import Stem
from inference.networks.vit import ViT, ViTConfig

State = dict[str, Tensor]
M = TypeVar("M", bound=nn.Module)
RENAMED = (
    (r"patch_embed\.proj\.", "patch."),
    (r"(blocks\.\d+\.)attn\.", r"\1"),
    (r"(blocks\.\d+\.)mlp\.", r"\1"),
    (r"(blocks\.\d+\.)ls([12])\.gamma", r"\1scale\2"),
    (r"cls_token", "cls"),
)
LEFT_OUT = re.compile(r"mask_token$|decoder_")


class EncoderFileError(ValueError):
    """A file of initial weights that cannot be used; the message names the file and what is wrong."""


class Encoder(NamedTuple):
    """The frozen modules."""

    vit: ViT
    stem: Stem


def read_encoder(path: Path, stem: Path | None = None, compute: Compute = CPU) -> Encoder:
    """ViT and stem, frozen, fp32, on the device. `stem`: where the stem is when `path` is a published ViT."""
    state = _read(path)
    if any(name.startswith("vit.") for name in state):
        vit_state, stem_state = _part(state, "vit."), _part(state, "stem.")
    else:
        if stem is None:
            raise EncoderFileError(f"{path} is a ViT without a stem: name the file that has one, with --stem")
        vit_state, stem_state = published(state, path), _part(_read(stem), "stem.")
    vit = _load(ViT(_config(vit_state, path)), vit_state, path)
    return Encoder(compute.place(vit), compute.place(_load(Stem(), stem_state, stem or path)))


def _read(path: Path) -> State:
    if not path.exists():
        raise EncoderFileError(f"{path} does not exist; python -m inference.fetch_initial_weights makes the small one")
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # each library has its own kinds
        raise EncoderFileError(f"{path} cannot be read as weights: {error}") from error
    state = state.get("model", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise EncoderFileError(f"{path} holds no state dict")
    return state


def _part(state: State, prefix: str) -> State:
    return {k[len(prefix) :]: v.float() for k, v in state.items() if k.startswith(prefix)}


def published(source: State, path: Path) -> State:
    """A published state dict under our names; see the module's text for the mapping."""
    if any("register_tokens" in name for name in source):
        raise EncoderFileError(f"{path} has register tokens; take the DINOv2 weights without registers")
    state: State = {}
    for name, value in source.items():
        if LEFT_OUT.match(name):
            continue
        for pattern, replacement in RENAMED:
            name = re.sub("^" + pattern, replacement, name)
        state[name] = value.float()
    table = state.pop("pos_embed", None)
    if table is None:
        raise EncoderFileError(f"{path} has no 'pos_embed': this is no ViT of MAE or DINOv2")
    side = round((table.shape[1] - 1) ** 0.5)
    if side * side + 1 != table.shape[1]:
        raise EncoderFileError(f"{path}: 'pos_embed' has {table.shape[1]} rows, not a square and one")
    state["cls_pos"] = table[:, :1].contiguous()
    state["pos"] = table[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2).contiguous()
    for name in [n for n in state if n.endswith("norm1.weight")]:
        for k in "12":  # MAE's blocks have no LayerScale
            state.setdefault(name.replace("norm1.weight", f"scale{k}"), torch.ones_like(state[name]))
    return state


def _config(state: State, path: Path) -> ViTConfig:
    try:
        cfg = ViTConfig.of(state)
    except (KeyError, ValueError) as error:
        raise EncoderFileError(f"{path} holds no ViT that we know: {error!r}") from None
    if cfg.patch not in (VIT_PATCH, TOKEN):
        raise EncoderFileError(f"{path} has patches of {cfg.patch} pixels; 14 and 16 can be used")
    return cfg


def _load(module: M, state: State, path: Path) -> M:
    expected = {k: v.shape for k, v in module.state_dict().items()}
    missing, extra = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    wrong = sorted(k for k in expected.keys() & state.keys() if expected[k] != state[k].shape)
    if missing or extra or wrong:
        lists = {"lacks": missing, "has unknown": extra, "has in another shape": wrong}
        found = [f"{what} {', '.join(names[:4])}" for what, names in lists.items() if names]
        raise EncoderFileError(f"{path} {'; '.join(found)}")
    module.load_state_dict(state)
    return module.eval().requires_grad_(False)


def vit_picture(model_image: NDArray[np.uint8], cfg: ViTConfig) -> NDArray[np.float32]:
    """Padded model image, 16h x 16w x 3, as the ViT wants it: 3 x (patch * h) x (patch * w), normalised."""
    if cfg.patch == VIT_PATCH:
        return vit_input(model_image)
    return np.ascontiguousarray(((model_image.astype(np.float32) - VIT_MEAN) / VIT_STD).transpose(2, 0, 1))


def fingerprint(vit: ViT) -> str:
    """Eight letters that tell encoders apart."""
    digest = hashlib.sha256(repr(vit.cfg).encode())
    for _, weight in sorted(vit.state_dict().items()):
        digest.update(weight.detach().to("cpu", torch.float16).contiguous().numpy().tobytes())
    return digest.hexdigest()[:8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vit", type=Path, help="a published ViT: .pth or .safetensors")
    parser.add_argument("--stem", type=Path, default=Path("var/init/encoder.safetensors"), help="has the stem")
    parser.add_argument("--out", type=Path, required=True, help="folder to write encoder.safetensors to")
    args = parser.parse_args()
    vit, stem = read_encoder(args.vit, args.stem)
    args.out.mkdir(parents=True, exist_ok=True)
    state = {f"vit.{k}": v.contiguous() for k, v in vit.state_dict().items()}
    state |= {f"stem.{k}": v.contiguous() for k, v in stem.state_dict().items()}
    save_file(state, args.out / "encoder.safetensors")
    print(f"{args.out / 'encoder.safetensors'}: {vit.cfg}")


if __name__ == "__main__":
    main()
