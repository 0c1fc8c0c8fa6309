"""Training and evaluation of a head, from end to end on made-up pictures."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.core.features import FEATURES_VERSION
from inference.heads.evaluation import heads as evaluation
from inference.heads.training import command
from tests.inference.heads.commands import parse

Make = Callable[..., Path]


def test_train_and_evaluate_a_head_and_the_baseline(
    coco_file: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, cache, out = coco_file(3, 192, 256), tmp_path / "cache", tmp_path / "run"
    args = parse(
        command.add_commands,
        *("instances", "--sets", f"{file}=2", "--out", out, "--cache", cache, "--hold-out", 0.4),
        *("--steps", 2, "--batch", 2, "--device", "cpu", "--fp32"),
    )
    args.run(args, threading.Event())
    manifest = json.loads((out / "head" / "manifest.json").read_text())
    assert manifest["categories"] == ["thing"]
    assert manifest["sets"] == ["made/train"]
    assert manifest["features_version"] == FEATURES_VERSION
    assert "step 2 loss" in capsys.readouterr().out

    kept = tmp_path / "features"
    shared = ("--features", kept, "--limit", 2)
    args = parse(evaluation.add_command, "instances", file, "--head", out / "head", *shared)
    found = args.run(args)
    assert found["images"] == found["objects"] == 2
    assert found["proposals"] > 0
    assert 0 <= found["ap"] <= 1
    assert found["head_ms"] > 0
    written = {f: f.stat().st_mtime_ns for f in kept.iterdir()}
    assert len(written) == 2

    args = parse(
        evaluation.add_command,
        *("panoptic", file, "--baseline", file, "--cache", cache, "--worst", tmp_path / "worst.png", *shared),
    )
    baseline = args.run(args)
    assert baseline["of"] == "baseline"
    assert baseline["pq"] > 0.5  # one bright object on dark ground, known from the same pictures
    assert (tmp_path / "worst.png").exists()
    assert {f: f.stat().st_mtime_ns for f in kept.iterdir()} == written  # features were used again
