"""A trained head as the folder that the product reads, and the one rule by which its graph is held against PyTorch."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from inference.core.features import FEATURES_VERSION
from inference.heads.graph import GRAPH, MANIFEST, WEIGHTS_FILE, encoder_of
from inference.onnx.files import export
from inference.onnx.runtime import session

PARITY = 2e-3  # largest difference of ONNX Runtime and PyTorch, relative to the largest value
TRIALS = 9  # inputs that an exported graph is compared on
Inputs = dict[str, Tensor]
Draw = Callable[[torch.Generator, int, int], Inputs]
"""Random inputs of a graph for h x w tokens; both are multiples of 4, as pictures are padded to 64 pixels."""


def publish(
    module: nn.Module,
    folder: Path,
    draw: Draw,
    outputs: Mapping[str, tuple[int, ...]],
    free: Mapping[str, tuple[int, ...]],
    about: Mapping[str, Any],
) -> float:
    """Write a folder of a head: head.safetensors (fp16), head.onnx, manifest.json.

    outputs, free: axes of the outputs and of the inputs whose size is free. about: more for the manifest.
    Returns what `parity` found. Raises ValueError where ONNX Runtime and PyTorch disagree.
    """
    folder.mkdir(parents=True, exist_ok=True)
    module = module.to("cpu").eval()
    save_file({k: v.to(torch.float16).contiguous() for k, v in module.state_dict().items()}, folder / WEIGHTS_FILE)
    module.load_state_dict({k: v.float() for k, v in load_file(folder / WEIGHTS_FILE).items()})
    traced = draw(torch.Generator().manual_seed(0), 16, 12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the TorchScript exporter announces its successor, and that sizes are free
        export(module, traced, dict(outputs), dict(free), folder / GRAPH, folder / WEIGHTS_FILE, "")
    found = parity(folder, module, draw, list(outputs))
    facts = {"encoder": encoder_of(FEATURES_VERSION), "features_version": FEATURES_VERSION} | dict(about)
    write_manifest(folder, facts | {"parity": found})
    for file in folder.iterdir():
        file.chmod(0o644)
    return found


def parity(folder: Path, module: nn.Module, draw: Draw, outputs: list[str]) -> float:
    """ONNX Runtime against PyTorch on random inputs of another size than the graph was traced with: the median of the
    largest relative differences.

    A head chooses pixels and thresholds masks. Once in some forty inputs a tie falls the other way for rounding alone,
    and that answer differs by much; a graph that is wrong differs on most. Raises ValueError for such a graph.
    """
    graph = session(folder / GRAPH, 1)
    differences = []
    for seed in range(TRIALS):
        inputs = draw(torch.Generator().manual_seed(seed), 20, 24)
        found = graph.run(outputs, {name: value.numpy() for name, value in inputs.items()})
        with torch.inference_mode():
            expected = [part.numpy() for part in module(*inputs.values())]
        differences.append(max(_difference(a, b) for a, b in zip(found, expected, strict=True)))
    typical = float(np.median(differences))
    if not typical < PARITY:
        raise ValueError(f"ONNX Runtime and PyTorch disagree by {typical}")
    return typical


def _difference(found: Any, expected: Any) -> float:
    return float(np.abs(found - expected).max() / max(float(np.abs(expected).max()), 1e-9))


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write what a folder says of its head."""
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
