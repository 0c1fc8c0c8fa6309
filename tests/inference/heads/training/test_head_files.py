"""A head's folder: written, read, begun with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inference.heads.data.examples import Vocabulary
from inference.heads.head import Head
from inference.heads.networks.config import Kind, default_config
from inference.heads.training.head_files import begin_with, load_model, make_model, write_head
from tests.inference.heads.tiny import CONFIG


@pytest.mark.parametrize("kind", ["instances", "panoptic"])
def test_shipped_sizes_are_small_and_agree_with_onnx_runtime(kind: Kind, tmp_path: Path) -> None:
    cfg = default_config(kind, 80)
    words = Vocabulary(tuple(f"c{k}" for k in range(80)))
    torch.manual_seed(0)
    assert write_head(make_model(kind, cfg), kind, words, tmp_path) < 2e-3
    assert sum(f.stat().st_size for f in tmp_path.iterdir()) < 8e6
    assert len(Head.load(tmp_path).answer(np.zeros((384, 16, 14), np.float16)).classes) == cfg.queries


def test_a_head_begins_with_another_ones_knowledge(trained: dict[Kind, Path]) -> None:
    words = Vocabulary(("fork", "plate"))
    old: Any = load_model(trained["instances"] / "head")[0]
    torch.manual_seed(3)
    same_kind: Any = make_model("instances", CONFIG)
    other_kind = make_model("panoptic", CONFIG)
    fresh = same_kind.answers[1].classify.weight[0].clone()
    copied = begin_with(same_kind, words, trained["instances"] / "head")
    assert copied > 0.98 * sum(v.numel() for v in same_kind.state_dict().values())
    classify = same_kind.answers[1].classify
    theirs = old.answers[1].classify
    assert torch.equal(classify.weight[1:], theirs.weight[1:])  # plate, and no object
    assert torch.equal(classify.weight[0], fresh)  # forks are new
    begin_with(other_kind, words, trained["instances"] / "head")
    assert torch.equal(other_kind.pixels.up8.weight, old.pixels.up8.weight)
