"""Training of the detector."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.data.crops import Region
from inference.data.device import CPU
from inference.heads.networks.discoverer import Discovery, DiscoveryConfig
from inference.heads.training import everything as training
from inference.heads.training.simple import make_loop
from inference.training.loop import Length, Lines, Loop
from inference.training.optim import OptimConfig
from tests.inference.heads.tiny import CHANNELS, example

SMALL = DiscoveryConfig(dim=CHANNELS, channels=16)


def test_boxes_follow_their_window() -> None:
    boxes = np.array([[100, 100, 200, 180], [0, 0, 30, 30], [150, 150, 400, 400]], np.float32)
    found = training.boxes_in(boxes, Region(80.0, 80.0, 2.0, 16))
    assert found.tolist() == [[40, 40, 240, 200]]
    with_void = training.boxes_in(boxes, Region(0.0, 0.0, 1.0, 16))
    assert with_void.tolist() == [[100, 100, 200, 180], [0, 0, 30, 30]]


def learner(scenes: list[training.Scene]) -> Loop[training.Windows]:
    torch.manual_seed(0)
    sampler = training.WindowsOfScenes(scenes, windows=((16, 2, 1.0),))
    optim = OptimConfig(rate=4e-3, warmup=10, average=0.9)
    return make_loop(Discovery(SMALL), sampler.draw, training.loss, optim, compute=replace(CPU, half=None))


@pytest.fixture(scope="module")
def scenes() -> list[training.Scene]:
    return [training.scene(example(seed), training.Share(1.0, 1.0)) for seed in (0, 1)]


def test_a_few_pictures_learned_by_heart_give_their_objects(
    scenes: list[training.Scene], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "UNSCALED_SHARE", 1.0)  # at one scale, as there are only steps for that
    run = learner(scenes)
    before = training.box_recall(run.model.eval(), scenes, 10)
    assert run.run(tmp_path, Length(steps=160), watchers=(Lines(tmp_path),))
    after = training.box_recall(run.model.eval(), scenes, 10)
    assert before["box_recall_50"] < 1
    assert after["box_recall_50"] == 1
    assert (tmp_path / "log.jsonl").read_text().count("\n") == 3


def test_a_run_that_is_resumed_ends_with_the_same_bits(scenes: list[training.Scene], tmp_path: Path) -> None:
    straight, first, second = learner(scenes), learner(scenes), learner(scenes)
    straight.run(tmp_path / "a", Length(steps=5))
    for step in range(3):
        first.learn(first.draw(step), step / 5)
    (tmp_path / "b").mkdir()
    first.save(tmp_path / "b")
    assert second.resume(tmp_path / "b")
    second.run(tmp_path / "b", Length(steps=5))
    assert all(torch.equal(v, second.average[k]) for k, v in straight.average.items())
