"""The study of regions of interest, on generated pictures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inference.evaluation.zoom_study import COUNTS, difference, study


def test_both_sides_answer_every_object(coco_file: Callable[..., Path]) -> None:
    found = study(coco_file(2), None, 0, 2, 0)
    assert found["objects"] == 2
    for side in ("zoom", "whole"):
        assert all(0 < found[side][f"iou_at_{k}"] <= 1 for k in COUNTS)
        assert found[side]["later_click_ms"] > 0
    gain = found["difference"]["iou_at_2"]["mean"]
    assert gain == pytest.approx(found["zoom"]["iou_at_2"] - found["whole"]["iou_at_2"], abs=2e-4)


def test_differences_are_paired() -> None:
    assert difference([0.5, 0.9], [0.4, 0.6]) == {"mean": 0.2, "error": 0.0707}
