"""A real, tiny training run: it survives being killed, and what it makes can be exported."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file

from inference import Click, ClickPredictor
from inference.core.features import WEIGHTS
from inference.export_weights import export_run
from tests.inference.conftest import draw
from tests.patience import PATIENCE

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
    subprocess.run(command(file, whole), check=True, timeout=PATIENCE)

    process = subprocess.Popen(command(file, broken))
    deadline = time.monotonic() + 60
    while not (broken / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = torch.load(broken / "checkpoint.pt", weights_only=True)["step"]
    assert 0 < reached < STEPS
    subprocess.run(command(file, broken, "--resume"), check=True, timeout=PATIENCE)

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
