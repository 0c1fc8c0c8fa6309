"""Training of a head: overfitting, exact resumption."""

import dataclasses
import json
import threading
from pathlib import Path

import torch

from inference.core.features import FEATURES_VERSION
from inference.heads.data.examples import Vocabulary
from inference.heads.head import Head
from inference.heads.measure.metrics import average_precision, panoptic_quality, seen
from inference.heads.networks.config import Kind
from inference.heads.training.heads import HeadRun, State, Watch, train_head
from tests.inference.heads.tiny import CONFIG, FOUR, FP32, OPTIM, WORDS


def test_fastinst_overfits_four_images(trained: dict[Kind, Path]) -> None:
    head = Head.load(trained["instances"] / "head")
    answers = [head.propose(head.answer(e.tokens()), e.frame, 0.0) for e in FOUR]
    found = average_precision([seen(e) for e in FOUR], answers, head.categories)
    assert found["ap"] > 0.75


def test_mask2former_overfits_four_images(trained: dict[Kind, Path]) -> None:
    head = Head.load(trained["panoptic"] / "head")
    answers = [head.propose(head.answer(e.tokens()), e.frame) for e in FOUR]
    assert panoptic_quality([seen(e) for e in FOUR], answers, head.categories)["pq"] > 0.75


def test_a_run_leaves_a_head_a_report_and_its_curve(trained: dict[Kind, Path]) -> None:
    out = trained["instances"]
    manifest = json.loads((out / "head" / "manifest.json").read_text())
    assert manifest["categories"] == ["cup", "plate"]
    assert manifest["features_version"] == FEATURES_VERSION
    assert manifest["steps"] == 70
    assert manifest["name"] == "test"
    assert manifest["held_out"]["ap"] > 0.75
    report = json.loads((out / "report.json").read_text())
    assert report["by_category"]["cup"]["objects"] == 4
    assert (out / "curves.png").stat().st_size > 1000
    losses = [json.loads(line)["loss"] for line in (out / "log.jsonl").read_text().splitlines()]
    assert losses[-1] < 0.3 * losses[0]


def test_a_stopped_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    def train(out: Path, steps: int, resume: bool = False, watch: Watch | None = None) -> HeadRun:
        return train_head(
            "instances", FOUR, out, vocabulary=WORDS, steps=steps, cfg=CONFIG, optim=OPTIM, compute=FP32, resume=resume,
            watch=watch,
        )  # fmt: skip

    whole = train(tmp_path / "whole", 6)
    stop, states = threading.Event(), []

    def heard(state: State) -> None:
        states.append(state)
        if state.step == 3:
            stop.set()

    part = train(tmp_path / "part", 6, watch=Watch(heard, stop, every=1))
    assert part.step == 3
    assert [s.step for s in states] == [1, 2, 3]
    assert states[0].left > 0
    assert not (tmp_path / "part" / "head").exists()  # nothing half-trained is used
    resumed = train(tmp_path / "part", 6, resume=True)
    for name, value in whole.average.items():
        assert torch.equal(value, resumed.average[name]), name


def test_instances_never_learn_stuff(tmp_path: Path) -> None:
    words = Vocabulary(("cup", "plate"), frozenset({"plate"}))
    cfg = dataclasses.replace(CONFIG, classes=1)
    run = train_head("instances", FOUR, tmp_path, vocabulary=words, steps=1, cfg=cfg, optim=OPTIM, compute=FP32)
    assert run.cfg.classes == 1
    assert Head.load(tmp_path / "head").categories == ("cup",)
