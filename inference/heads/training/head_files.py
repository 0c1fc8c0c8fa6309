"""A head as files and as a module: what a folder of a head holds, and how one head begins where another ended.

head.safetensors    the weights, fp16
head.onnx           the graph, its weights referring to head.safetensors
manifest.json       kind, sizes, vocabulary, encoder, and whatever was measured
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from inference.heads.data.examples import Vocabulary
from inference.heads.graph import MANIFEST, WEIGHTS_FILE
from inference.heads.networks.config import HeadConfig, Kind
from inference.heads.networks.fastinst import FastInst
from inference.heads.networks.mask2former import Mask2Former
from inference.heads.training.publish import Draw, publish

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


def draw_tokens(channels: int) -> Draw:
    """Random tokens of a head that reads nothing else."""
    return lambda rng, height, width: {"tokens": torch.randn(1, channels, height, width, generator=rng).half()}


def write_head(
    model: Model, kind: Kind, vocabulary: Vocabulary, folder: Path, about: dict[str, Any] | None = None
) -> float:
    """Write a folder of a head; see `publish`."""
    facts = {
        "kind": kind,
        "categories": list(vocabulary.names),
        "stuff": sorted(vocabulary.stuff),
        "model": model.cfg.write(),
    }
    outputs: dict[str, tuple[int, ...]] = {"classes": (), "masks": (2, 3)}
    free: dict[str, tuple[int, ...]] = {"tokens": (2, 3)}
    return publish(Exported(model), folder, draw_tokens(model.cfg.tokens), outputs, free, facts | (about or {}))


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
