"""A training run to the files that the product ships.

    python -m inference.export_weights RUN_DIR --out inference/weights

Writes `encoder.safetensors` (ViT and stem, fp16; left alone when it is there with the same content),
`click.safetensors` (pyramid and decoder, fp16), the graphs `encoder.onnx`, `pyramid.onnx`, `decoder.onnx`, and
`manifest.json`. Then compares ONNX Runtime with PyTorch on random input and fails if they differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from inference.networks.loading import PyramidOut, load_click, load_encoder
from inference.networks.pyramid import ModelConfig
from inference.onnx.decoder_graph import DecoderGraph
from inference.onnx.files import export

ENCODERS = {"70c16bcd8dbe4ead29e3c1bfd8f58b49bcfdfad759313089387072b2f63d4376": "vits14"}
"""SHA-256 of `encoder.safetensors` to a name that people know (docs/decisions/0005-encoder.md); others go by theirs."""


def half(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: v.to(torch.float16).contiguous() for k, v in state.items()}


def write_encoder(initial: Path, out: Path) -> None:
    """fp16 of the initial weights, unless the very same are there."""
    target = out / "encoder.safetensors"
    state = half(load_file(initial))
    if target.exists():
        present = load_file(target)
        if present.keys() == state.keys() and all(torch.equal(present[k], v) for k, v in state.items()):
            return
    save_file(state, target)


def features_version(encoder: Path, click: dict[str, Tensor]) -> str:
    """Changes with whatever changes the features: the encoder's file, what is kept (the number after `pyr`), and the
    pyramid's weights."""
    file = hashlib.sha256(encoder.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for name in sorted(k for k in click if k.startswith("pyramid.")):
        digest.update(name.encode() + click[name].numpy().tobytes())
    return f"{ENCODERS.get(file, f'vit{file[:8]}')}-pyr2-{digest.hexdigest()[:8]}"


def example(cfg: ModelConfig, h: int = 12, w: int = 16, objects: int = 1) -> dict[str, dict[str, Tensor]]:
    """Random inputs of the three graphs for h x w tokens; the decoder's for several objects."""
    torch.manual_seed(0)
    c4, c8, c16, c32 = cfg.channels
    stem = {"d2": (16, 8), "d4": (24, 4), "d8": (40, 2)}
    maps = {"s4": (c4, 4), "s8": (c8, 2), "s16": (c16, 1), "s32": (c32, 0.5)}
    decoder = {k: torch.randn(objects, c, int(h * f), int(w * f)).half() for k, (c, f) in maps.items()}
    decoder["label"] = torch.randint(0, 5, (objects, 1, h * 8, w * 8), dtype=torch.uint8)
    decoder["guide"] = torch.rand(objects, 5 + 2 * cfg.sim_heads, h * 2, w * 2)
    return {
        "encoder": {"vit_image": torch.randn(1, 3, h * 14, w * 14), "stem_image": torch.randn(1, 3, h * 16, w * 16)},
        "pyramid": {"tokens": torch.randn(1, h, w, cfg.tokens)}
        | {k: 5 * torch.randn(1, c, h * f, w * f) for k, (c, f) in stem.items()},
        "decoder": decoder,
    }


def write_graphs(out: Path, cfg: ModelConfig) -> None:
    """The three ONNX graphs."""
    encoder, click = load_encoder(out), load_click(out)
    inputs = example(cfg)
    free: dict[str, dict[str, tuple[int, ...]]] = {name: dict.fromkeys(group, (2, 3)) for name, group in inputs.items()}
    free["pyramid"]["tokens"] = (1, 2)
    free["decoder"] = dict.fromkeys(inputs["decoder"], (0, 2, 3))
    maps: dict[str, tuple[int, ...]] = {"s4": (2, 3), "s8": (2, 3), "s16": (2, 3), "s32": (2, 3), "sim": (3, 4)}
    jobs: list[tuple[str, nn.Module, dict[str, tuple[int, ...]], str, str]] = [
        ("encoder", encoder, {"tokens": (1, 2), "d2": (2, 3), "d4": (2, 3), "d8": (2, 3)}, "encoder", ""),
        ("pyramid", PyramidOut(click.pyramid), maps, "click", ""),
        ("decoder", DecoderGraph(click.decoder), {"logits": (0, 2, 3)}, "click", ""),
    ]
    for name, module, outputs, weights, prefix in jobs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the TorchScript exporter announces its successor
            file = out / f"{weights}.safetensors"
            export(module, inputs[name], outputs, free[name], out / f"{name}.onnx", file, prefix)


def parity(out: Path, cfg: ModelConfig) -> dict[str, float]:
    """Largest difference between ONNX Runtime and PyTorch, relative to the largest value, for each graph."""
    encoder, click = load_encoder(out), load_click(out)
    modules: dict[str, nn.Module] = {
        "encoder": encoder,
        "pyramid": PyramidOut(click.pyramid),
        "decoder": click.decoder,
    }
    result = {}
    for name, inputs in example(cfg, 8, 20, 3).items():  # another shape than the graphs were traced with
        session = onnxruntime.InferenceSession(str(out / f"{name}.onnx"), providers=["CPUExecutionProvider"])
        found = session.run(None, {k: v.numpy() for k, v in inputs.items()})
        with torch.inference_mode():
            expected = modules[name](*(tensor.float() for tensor in inputs.values()))
        expected = expected if isinstance(expected, tuple) else (expected,)
        pairs = zip(found, expected, strict=True)
        result[name] = max(float(np.abs(a - b.numpy()).max() / np.abs(b.numpy()).max()) for a, b in pairs)
    return result


def export_run(run: Path, out: Path, initial: Path, last: bool = False) -> dict[str, float]:
    """Write everything and return the parity figures. `last`: the run's last weights, not their moving average."""
    out.mkdir(parents=True, exist_ok=True)
    source = run / "model.safetensors"
    with safe_open(source, framework="pt") as file:
        meta = file.metadata() or {}
    cfg = ModelConfig.read(json.loads(meta["config"])["model"])
    trained = load_file(source)
    if last:
        trained = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)["model"]
    click = half(trained)
    write_encoder(initial, out)
    save_file(click, out / "click.safetensors")
    version = features_version(out / "encoder.safetensors", click)
    manifest = {"features_version": version, "model": asdict(cfg), "steps": int(meta["step"])}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    write_graphs(out, cfg)
    for file in out.glob("*.safetensors"):
        file.chmod(0o644)
    figures = parity(out, cfg)
    worst = max(figures.values())
    if not worst < 1e-3:
        raise ValueError(f"ONNX Runtime and PyTorch disagree: {figures}")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a training run (holds model.safetensors)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "weights")
    parser.add_argument("--encoder", type=Path, default=Path("var/init/encoder.safetensors"))
    parser.add_argument(
        "--last", action="store_true", help="the last weights instead of their average (better after a short decay)"
    )
    args = parser.parse_args()
    print(json.dumps(export_run(args.run, args.out, args.encoder, args.last)))


if __name__ == "__main__":
    main()
