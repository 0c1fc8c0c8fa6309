"""The evaluation command as a process."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.patience import PATIENCE

KEYS = {
    *("objects", "noc80", "noc85", "noc90", "failures90", "iou_at_1", "iou_at_3", "iou_at_5"),
    *("iou_at_10", "iou_box", "worse_share", "ignored_share", "by_size", "seconds_per_click", "encoder_seconds"),
}


@pytest.mark.parametrize("baseline", [None, "grabcut"])
def test_the_last_line_is_the_result(coco_file: Callable[..., Path], baseline: str | None) -> None:
    file = coco_file(2)
    arguments = ["clicks", str(file), "--limit", "2", "--max-clicks", "3"]
    if baseline:
        arguments += ["--baseline", baseline]
    run = subprocess.run(
        [sys.executable, "-m", "inference.evaluate", *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "INTERLABEL_ENCODE_RUNTIME": "onnx"},
    )
    result = json.loads(run.stdout.splitlines()[-1])
    assert set(result) == KEYS
    assert result["objects"] == 2
    assert result["iou_at_1"] > 0.5
    assert result["iou_box"] > 0.7
    assert 1 <= result["noc80"] <= 3
    assert (result["encoder_seconds"] is None) == bool(baseline)
    assert "objects" in run.stderr
