"""Heads that know four images by heart."""

from pathlib import Path

import pytest
import torch

from inference.heads.networks.config import Kind
from inference.heads.training.heads import train_head
from tests.inference.heads.tiny import CONFIG, FOUR, FP32, OPTIM, WORDS


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Path]:
    """Both heads, trained on four images until they know them by heart."""
    torch.set_num_threads(1)
    folders: dict[Kind, Path] = {}
    for kind, steps in (("instances", 70), ("panoptic", 70)):
        out = tmp_path_factory.mktemp(kind)
        run = train_head(
            kind,  # type: ignore[arg-type]
            FOUR,
            out,
            vocabulary=WORDS,
            steps=steps,
            held_out=FOUR,
            cfg=CONFIG,
            optim=OPTIM,
            compute=FP32,
            about={"name": "test"},
        )
        assert run.step == steps
        folders[kind] = out  # type: ignore[index]
    return folders
