"""The commands from end to end on made-up pictures, with the shipped encoder and click model."""

import argparse
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference import ClickPredictor
from inference.core.features import FEATURES_VERSION, WEIGHTS
from inference.data.coco import DataError
from inference.heads.evaluation import heads as evaluation
from inference.heads.evaluation import team
from inference.heads.evaluation.heads import Encoded, pictures
from inference.heads.evaluation.team import opened
from inference.heads.proposals import Proposal, decode, encode, mask_iou
from inference.heads.refine import refine
from inference.heads.training import command

Make = Callable[..., Path]


def parse(add: Callable[[Any], None], *words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    return parser.parse_args([str(word) for word in words])


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


def test_refined_proposals_are_the_click_models(predictor: ClickPredictor, coco_file: Make, tmp_path: Path) -> None:
    (example,) = pictures(coco_file(1), None)
    features = Encoded(predictor, None).of(example)
    true = example.mask(example.objects[0].segmentation)
    coarse = true.copy()
    coarse[:, : true.nonzero()[1].min() + 6] = False  # a strip is missing
    rough = Proposal(encode(coarse), (0, 0, 1, 1), 0.7, "thing")
    for prompting in ("box", "mask", "click"):
        (better,) = refine([rough], features, predictor, prompting)
        assert len(better.clicks) == 1
        assert better.clicks[0].positive
        assert better.score == rough.score
        assert better.category == "thing"
        overlap = mask_iou([better.rle], [rough.rle])[0, 0]
        assert overlap >= 0.5
        x0, y0, x1, y1 = (int(v) for v in better.box)
        assert decode(better.rle)[y0:y1, x0:x1].sum() == better.area
        if prompting != "box":
            session = opened(better, features, predictor)
            assert np.array_equal(session.mask(), decode(better.rle)), "who goes on clicking starts from this mask"
            assert session.clicks == better.clicks
    assert np.array_equal(opened(rough, features, predictor).mask(), coarse)
    assert refine([], features, predictor) == []


def test_refined_some_at_a_time_is_the_same_and_can_be_interrupted(
    predictor: ClickPredictor, coco_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = pictures(coco_file(1), None)
    features = Encoded(predictor, None).of(example)
    rough = [
        Proposal(encode(example.mask(one.segmentation)), (0, 0, 1, 1), 0.7, str(place))
        for place, one in enumerate(list(example.objects) * 3)
    ]
    together = refine(rough, features, predictor)
    monkeypatch.setattr("inference.heads.refine.MASK_PIXELS", 1)
    calls: list[int] = []
    assert refine(rough, features, predictor, between=lambda: calls.append(1)) == together
    assert len(calls) == 2 * len(rough), "before each mask is read, and before each answer is"

    def stop() -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        refine(rough, features, predictor, between=stop)


def test_files_that_cannot_be_used_are_named(coco_file: Make, tmp_path: Path) -> None:
    file = coco_file(1)
    data = json.loads(file.read_text())
    del data["categories"]
    file.write_text(json.dumps(data))
    words = ("instances", "--sets", file, "--out", tmp_path / "run", "--cache", tmp_path, "--steps", 1)
    args = parse(command.add_commands, *words)
    assert args.encoder == WEIGHTS / "encoder.safetensors"
    with pytest.raises(DataError, match="categories"):
        args.run(args, threading.Event())
