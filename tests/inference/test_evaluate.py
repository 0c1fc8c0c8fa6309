"""The evaluation command, end to end."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inference.coco import decode, read_set
from inference.protocol import sample

KEYS = {
    *("objects", "noc80", "noc85", "noc90", "failures90", "iou_at_1", "iou_at_3", "iou_at_5"),
    *("seconds_per_click", "encoder_seconds"),
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
        timeout=100,
        env={**os.environ, "INTERLABEL_ENCODE_RUNTIME": "onnx"},
    )
    result = json.loads(run.stdout.splitlines()[-1])
    assert set(result) == KEYS
    assert result["objects"] == 2
    assert result["iou_at_1"] > 0.5
    assert 1 <= result["noc80"] <= 3
    assert (result["encoder_seconds"] is None) == bool(baseline)
    assert "objects" in run.stderr


def test_the_sample_is_seeded_and_respects_area_and_crowds(coco_file: Callable[..., Path]) -> None:
    file = coco_file(6)
    data = json.loads(file.read_text())
    data["annotations"][0]["iscrowd"] = 1
    data["annotations"][1]["area"] = 10
    file.write_text(json.dumps(data))

    def ids(limit: int | None, seed: int) -> list[int]:
        return [a["id"] for _, objects in sample(file, limit, 100, seed) for a in objects]

    assert ids(None, 0) == [3, 4, 5, 6]
    assert ids(2, 1) == ids(2, 1)
    assert len({tuple(ids(2, seed)) for seed in range(12)}) > 1


def test_all_kinds_of_segmentations(tmp_path: Path) -> None:
    square = np.zeros((8, 10), bool)
    square[2:6, 3:7] = True
    counts: list[int] = []
    last, length = False, 0
    for value in square.T.reshape(-1):
        if value != last:
            counts.append(length)
            last, length = value, 0
        length += 1
    counts.append(length)
    assert np.array_equal(decode({"size": [8, 10], "counts": counts}, 8, 10), square)
    polygon = decode([[3, 2, 7, 2, 7, 6, 3, 6]], 8, 10)
    assert (polygon & square).sum() / (polygon | square).sum() > 0.7


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    file = tmp_path / "set.json"
    image = {"id": 1, "file_name": "gone.jpg", "height": 3, "width": 3}
    file.write_text(json.dumps({"images": [image], "annotations": []}))
    with pytest.raises(FileNotFoundError, match=r"gone\.jpg"):
        read_set(file)
