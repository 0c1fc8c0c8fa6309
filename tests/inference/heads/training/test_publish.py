"""When a graph counts as wrong."""

from pathlib import Path

import pytest
import torch

from inference.heads.networks.config import Kind
from inference.heads.training import head_files as models
from inference.heads.training.head_files import load_model
from inference.heads.training.publish import PARITY, TRIALS, parity
from tests.inference.heads.tiny import CONFIG


class Flipping(models.Exported):
    """Answers something else for its first inputs."""

    wrong = 0

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.wrong -= 1
        classes, masks = super().forward(tokens)
        return (2 * classes, masks) if self.wrong >= 0 else (classes, masks)


def test_a_tie_that_falls_the_other_way_is_no_wrong_graph(trained: dict[Kind, Path]) -> None:
    folder = trained["instances"] / "head"
    flipping = Flipping(load_model(folder)[0])
    draw, outputs = models.draw_tokens(CONFIG.tokens), ["classes", "masks"]
    flipping.wrong = TRIALS // 2
    assert parity(folder, flipping, draw, outputs) < PARITY
    flipping.wrong = TRIALS // 2 + 1
    with pytest.raises(ValueError, match="disagree"):
        parity(folder, flipping, draw, outputs)
