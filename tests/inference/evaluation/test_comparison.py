"""Paired comparisons, by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from inference.data.simulated_user import SimulatedClick
from inference.evaluation.comparison import paired, read_record, write_record
from inference.measure.noc import Trial, figures


def test_boxes_are_compared_where_both_have_them() -> None:
    ours = {("s", 1, k): Trial((0.5,), (), box=value) for k, value in enumerate((0.8, 0.9, 0.6))}
    theirs = {("s", 1, k): Trial((0.5,), (), box=value) for k, value in enumerate((0.7, 0.9, None))}
    found = paired(ours, theirs, 20)
    assert found["iou_box"] == {"difference": 0.05, "ci95": 0.098, "better": 0.5, "worse": 0.0}
    assert "iou_box" not in paired(ours, {key: Trial((0.5,), ()) for key in ours}, 20)
    assert figures([ours["s", 1, 0], theirs["s", 1, 2]], 20)["iou_box"] == 0.8


def test_a_paired_comparison_by_hand(tmp_path: Path) -> None:
    ours = {("s", 1, 1): Trial((0.9,), ()), ("s", 1, 2): Trial((0.2, 0.85), ()), ("s", 2, 3): Trial((0.5,), ())}
    theirs = {("s", 1, 1): Trial((0.7, 0.95), ()), ("s", 1, 2): Trial((0.4, 0.6), ()), ("t", 2, 3): Trial((0.5,), ())}
    found = paired(ours, theirs, 20)
    assert found["objects"] == 2
    assert found["iou_at_1"]["difference"] == pytest.approx(0.0)
    assert found["iou_at_1"]["ci95"] == pytest.approx(1.96 * 0.2, abs=1e-3)  # differences .2 and -.2
    assert found["iou_at_1"]["better"] == found["iou_at_1"]["worse"] == 0.5
    assert found["noc85"]["difference"] == pytest.approx(((1 - 2) + (2 - 20)) / 2)
    assert found["noc85"]["better"] == 1.0
    kept = {("s", 1, 1): Trial((0.5, 0.75), (), 77, (SimulatedClick(3, 4, True), SimulatedClick(5, 6, False)))}
    kept["s", 1, 2] = replace(kept["s", 1, 1], box=0.25)
    write_record(tmp_path / "a.jsonl", kept)
    assert read_record(tmp_path / "a.jsonl") == kept
    with pytest.raises(ValueError, match="no object in common"):
        paired(ours, {("t", 9, 9): Trial((0.5,), ())}, 20)
