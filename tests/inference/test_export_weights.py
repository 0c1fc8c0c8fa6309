"""Exported weights: ONNX Runtime and PyTorch agree, from the same bytes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from inference import Click, ClickPredictor
from inference.core.features import FEATURES_VERSION, WEIGHTS, read_manifest, tensor_offsets
from inference.export_weights import export_run, parity
from inference.heads.graph import encoder_of
from inference.networks.loading import load_click
from inference.networks.pyramid import BASE, ModelConfig
from inference.training.clicks import Run, TrainConfig
from tests.inference.conftest import draw
from tests.inference.mini import MINI, mini_file


def test_all_graphs_agree_with_pytorch() -> None:
    cfg = ModelConfig.read(json.loads((WEIGHTS / "manifest.json").read_text())["model"])
    figures = parity(WEIGHTS, cfg)
    assert set(figures) == {"encoder", "pyramid", "decoder"}
    assert max(figures.values()) < 1e-4


def test_every_weight_is_stored_once_and_in_half_precision() -> None:
    size = sum(file.stat().st_size for file in WEIGHTS.iterdir())
    assert size < 60e6
    for name in ("encoder", "pyramid", "decoder"):
        assert (WEIGHTS / f"{name}.onnx").stat().st_size < 400_000
    places = tensor_offsets(WEIGHTS / "click.safetensors")
    parameters = sum(p.numel() for p in load_click(WEIGHTS).parameters())
    assert sum(length for _, length in places.values()) == 2 * parameters


def test_a_model_on_patches_of_16_is_exported_and_answers(tmp_path: Path) -> None:
    cfg = TrainConfig(replace(BASE, tokens=MINI.channels), ((4, 2, 1.0),))
    Run(cfg, 0).save(tmp_path)
    export_run(tmp_path, tmp_path / "weights", mini_file(tmp_path))  # compares ONNX Runtime with PyTorch
    version = read_manifest(tmp_path / "weights")["features_version"]
    assert version.split("-")[0] not in ("", encoder_of(FEATURES_VERSION)), "another encoder has another name"
    image, _ = draw(64, 96)
    one, two = (ClickPredictor(tmp_path / "weights", encode_runtime=kind) for kind in ("onnx", "torch"))
    found, expected = one.encode(image), two.encode(image)
    for name, values in found.maps.items():
        assert np.abs(values.astype(np.float32) - expected.maps[name].astype(np.float32)).max() < 0.1, name
    assert one.predict(found, [Click(20, 20, True)])[20, 20]
