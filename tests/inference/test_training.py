"""A real, tiny training run: it learns, it survives being killed, and what it makes can be exported."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from inference import Click, ClickPredictor
from inference.core.features import WEIGHTS
from inference.data.crops import SetRule, WindowSampler
from inference.data.device import Compute
from inference.data.token_cache import TokenCache, load_vit
from inference.export_weights import export_run
from inference.training.clicks import CONFIGS, Run
from tests.inference.conftest import draw

ENCODER = WEIGHTS / "encoder.safetensors"
STEPS = 24


def command(file: Path, out: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "inference.train", "clicks", "--config", "tiny", "--sets", str(file)),
        *("--out", str(out), "--cache", str(file.parent / "cache"), "--encoder", str(ENCODER)),
        *("--steps", str(STEPS), "--threads", "1", "--fp32", "--save-every", "0", *more),
    ]


def test_killed_and_resumed_is_the_same_bit_for_bit(coco_file: Callable[..., Path], tmp_path: Path) -> None:
    file = coco_file(3)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run(command(file, whole), check=True, timeout=100)

    process = subprocess.Popen(command(file, broken))
    deadline = time.monotonic() + 60
    while not (broken / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = torch.load(broken / "checkpoint.pt", weights_only=True)["step"]
    assert 0 < reached < STEPS
    subprocess.run(command(file, broken, "--resume"), check=True, timeout=100)

    one = torch.load(whole / "checkpoint.pt", weights_only=True)
    two = torch.load(broken / "checkpoint.pt", weights_only=True)
    assert one["step"] == two["step"] == STEPS
    for part in ("model", "average"):
        assert all(torch.equal(one[part][name], two[part][name]) for name in one[part])
    first = load_file(whole / "model.safetensors")
    assert all(torch.isfinite(v).all() for v in first.values())

    figures = export_run(whole, tmp_path / "weights", ENCODER)
    assert set(figures) == {"encoder", "pyramid", "decoder"}
    made = ClickPredictor(tmp_path / "weights", encode_runtime="onnx")
    assert made.version != ClickPredictor().version
    features = made.encode(draw(64, 64)[0])
    assert made.predict(features, [Click(3, 3, True)])[3, 3]
    assert json.loads((tmp_path / "weights" / "manifest.json").read_text())["steps"] == STEPS


def test_a_run_can_begin_with_trained_weights(tmp_path: Path) -> None:
    first, second = Run(CONFIGS["tiny"], 0), Run(CONFIGS["tiny"], 1)
    first.save(tmp_path)
    name = "decoder.merge8.weight"
    assert not torch.equal(first.average[name], second.average[name])
    second.begin_with(load_file(tmp_path / "model.safetensors"))
    assert all(torch.equal(first.average[k], second.average[k]) for k in first.average)
    assert all(torch.equal(v, second.average[k]) for k, v in second.model.state_dict().items())
    assert second.step == 0


def test_windows_show_what_the_cache_holds(coco_file: Callable[..., Path], tmp_path: Path) -> None:
    file = coco_file(2, 128, 192, name="voc")
    cache = TokenCache(file, tmp_path / "cache")
    cache.fill(load_vit(ENCODER), Compute(torch.device("cpu"), None))
    assert TokenCache(file, tmp_path / "cache").done == {0, 1}
    sampler = WindowSampler([(cache, SetRule(1.0))], objects=2)
    for seed in range(12):
        window = sampler.draw(np.random.default_rng(seed), 6)
        again = sampler.draw(np.random.default_rng(seed), 6)
        assert window.tokens is not None
        assert again.tokens is not None
        assert np.array_equal(window.tokens, again.tokens)
        assert window.tokens is not None
        assert window.tokens.shape == (6, 6, 1152)
        assert window.pixels.shape == (96, 96, 3)
        assert window.masks.shape == (2, 48, 48)
        small = window.pixels[::2, ::2].astype(np.int32)
        bright = small[..., 0] - small[..., 2] > 90  # the drawn object is orange, the ground grey
        counted = window.inside & ~window.void
        truth = window.masks[0]
        overlap = (bright & truth & counted).sum() / ((bright | truth) & counted).sum()
        assert overlap > 0.75, seed
