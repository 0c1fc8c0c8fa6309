"""Logs of runs."""

import json
from pathlib import Path

from inference.training import curves


def test_a_log_written_twice_counts_once(tmp_path: Path) -> None:
    lines = [{"step": 50, "seconds": 1, "loss": 3.0}, {"step": 50, "seconds": 2, "val_iou1": 0.5}]
    lines += [{"step": 100, "seconds": 3, "loss": 2.0}, {"step": 50, "seconds": 4, "loss": 1.0}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [line.get("loss") for line in curves.read_log(tmp_path / "log.jsonl")] == [None, 1.0, 2.0]
