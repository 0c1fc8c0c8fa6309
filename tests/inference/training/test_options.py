"""Options of the training commands."""

from pathlib import Path

from inference.training.clicks import CONFIGS, weighted
from inference.training.options import named_weights


def test_weights_of_sets_from_the_command_line() -> None:
    files, weights = named_weights(
        ["coco/annotations/panoptic_train2017.json=0.5", "lvis/train.json", "a=b/train.json"]
    )
    assert files[0] == Path("coco/annotations/panoptic_train2017.json")
    assert files[2] == Path("a=b/train.json")
    assert weights == {"coco": 0.5}
    cfg = weighted(CONFIGS["small"], {"bsds": 0.7, "mine": 0.2})
    assert cfg.rules["bsds"].weight == 0.7
    assert cfg.rules["bsds"].regions
    assert cfg.rules["mine"].weight == 0.2
    assert cfg.rules["voc"] == CONFIGS["small"].rules["voc"]
