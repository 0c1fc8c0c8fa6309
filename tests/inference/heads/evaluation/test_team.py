"""The simulated team."""

from collections.abc import Callable
from pathlib import Path

from inference.heads.evaluation import team
from tests.inference.heads.commands import parse

Make = Callable[..., Path]


def test_learning_counts_clicks(coco_file: Make, tmp_path: Path) -> None:
    file, out = coco_file(2), tmp_path / "team"
    words = ("learning", file, "--out", out, "--after", 1, "--steps", 1, "--threshold", 0.99)
    args = parse(team.add_command, *words)
    found = args.run(args)
    assert found["images"] == found["objects"] == 1
    result = found["learning"][0]
    assert result["after"] == 1
    assert result["accepted"] == 0  # a head of one step is never as sure
    assert result["clicks"] == found["clicks_alone"] > 0
    assert result["saved"] == 0
    assert (out / "learning.png").exists()
    assert args.run(args) == found  # from what was kept
