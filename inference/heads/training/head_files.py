"""A head as files and as a module: what a folder of a head holds, and how one head begins where another ended.

head.safetensors    the weights, fp16
head.onnx           the graph, its weights referring to head.safetensors
manifest.json       kind, sizes, vocabulary, encoder, and whatever was measured
"""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from inference.core.features import FEATURES_VERSION
from inference.heads.data.examples import Vocabulary
from inference.heads.head import GRAPH, MANIFEST, encoder_of
from inference.heads.networks.config import HeadConfig, Kind
from inference.heads.networks.fastinst import FastInst
from inference.heads.networks.mask2former import Mask2Former
from inference.onnx.files import export

WEIGHTS_FILE = "head.safetensors"
PARITY = 2e-3  # largest difference of ONNX Runtime and PyTorch, relative to the largest value
TRIALS = 9  # inputs that the exported graph is compared on
CLASS_ROWS = re.compile(r"(^|\.)classify\.(weight|bias)$")
Model = FastInst | Mask2Former


def make_model(kind: Kind, cfg: HeadConfig) -> Model:
    """A head with random weights."""
    return FastInst(cfg) if kind == "instances" else Mask2Former(cfg)


class Exported(nn.Module):
    """A head as exported: reads tokens in fp16, as they are kept."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        classes, masks = self.model(tokens.float())
        return classes.float(), masks.float()


def write_head(
    model: Model, kind: Kind, vocabulary: Vocabulary, folder: Path, about: dict[str, Any] | None = None
) -> float:
    """Write a folder of a head and compare ONNX Runtime with PyTorch: the largest relative difference. Raises
    ValueError where they disagree."""
    folder.mkdir(parents=True, exist_ok=True)
    model = model.to("cpu").eval()
    save_file(
        {f"model.{k}": v.to(torch.float16).contiguous() for k, v in model.state_dict().items()}, folder / WEIGHTS_FILE
    )
    (folder / WEIGHTS_FILE).chmod(0o644)
    write_manifest(
        folder,
        {
            "kind": kind,
            "categories": list(vocabulary.names),
            "stuff": sorted(vocabulary.stuff),
            "encoder": encoder_of(FEATURES_VERSION),
            "features_version": FEATURES_VERSION,
            "model": model.cfg.write(),
        }
        | (about or {}),
    )
    exported = Exported(load_model(folder)[0])
    example = torch.randn(1, model.cfg.tokens, 16, 12).half()
    outputs: dict[str, tuple[int, ...]] = {"classes": (), "masks": (2, 3)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the TorchScript exporter announces its successor, and that sizes are free
        export(exported, {"tokens": example}, outputs, {"tokens": (2, 3)}, folder / GRAPH, folder / WEIGHTS_FILE, "")
    return parity(folder, exported)


def parity(folder: Path, exported: Exported) -> float:
    """ONNX Runtime against PyTorch on random tokens of another size than the graph was traced with: the median of the
    largest relative differences.

    A head chooses pixels and thresholds masks. Once in some forty inputs a tie falls the other way for rounding alone,
    and that answer differs by much; a graph that is wrong differs on most.
    """
    session = onnxruntime.InferenceSession(str(folder / GRAPH), providers=["CPUExecutionProvider"])
    differences = []
    for seed in range(TRIALS):
        rng = torch.Generator().manual_seed(seed)
        tokens = torch.randn(1, exported.model.cfg.tokens, 18, 20, generator=rng).half()
        found = session.run(None, {"tokens": tokens.numpy()})
        with torch.inference_mode():
            expected = [part.numpy() for part in exported(tokens)]
        differences.append(
            max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(found, expected, strict=True))
        )
    typical = float(np.median(differences))
    if not typical < PARITY:
        raise ValueError(f"ONNX Runtime and PyTorch disagree by {typical}")
    return typical


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def load_model(folder: Path) -> tuple[Model, Vocabulary]:
    """A head of a folder in PyTorch, fp32 values of its fp16 weights."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    model = make_model(manifest["kind"], HeadConfig.read(manifest["model"])).eval()
    model.load_state_dict({k.removeprefix("model."): v.float() for k, v in load_file(folder / WEIGHTS_FILE).items()})
    return model, Vocabulary(tuple(manifest["categories"]), frozenset(manifest["stuff"]))


def begin_with(model: nn.Module, vocabulary: Vocabulary, folder: Path) -> int:
    """Copy what fits from another head, whatever its kind and vocabulary: rows of a class head by the category's name.
    Returns how many of the model's weights were set."""
    other, words = load_model(folder)
    source, state, copied = other.state_dict(), model.state_dict(), 0
    for name, target in state.items():
        values = source.get(name)
        if values is None or values.shape[1:] != target.shape[1:]:
            continue
        if CLASS_ROWS.search(name):
            rows = {what: k for k, what in enumerate(words.names)}
            shared = [(k, rows[what]) for k, what in enumerate(vocabulary.names) if what in rows]
            for mine, theirs in [*shared, (-1, -1)]:
                target[mine] = values[theirs]
            copied += (len(shared) + 1) * target[0].numel()
        elif values.shape == target.shape:
            target.copy_(values)
            copied += target.numel()
    return copied
