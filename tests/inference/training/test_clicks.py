"""Training of the click model."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from safetensors.torch import load_file

from inference.core.features import FEATURES_VERSION, WEIGHTS
from inference.data.coco import DataError
from inference.data.device import CPU
from inference.data.encoder_files import EncoderFileError, read_encoder
from inference.data.window_sampler import SetRule
from inference.export_weights import features_version, half
from inference.networks.pyramid import SMALL
from inference.networks.vit import ViTConfig
from inference.training import clicks as train_clicks
from inference.training import curves
from inference.training.clicks import CONFIGS, Checks, Run, TrainConfig, check_encoder, train
from inference.training.distributed import Processes
from inference.training.interaction import UserRules, interact
from tests.inference.mini import MINI, encoder, mini_file, window


def test_a_frozen_pyramid_keeps_features_valid(tmp_path: Path) -> None:
    cfg = replace(CONFIGS["small-boxes"], users=UserRules(rounds_cap=1), warmup=1)
    run = Run(cfg, 0)
    run.begin_with({k: v.float() for k, v in load_file(WEIGHTS / "click.safetensors").items()})
    before = {k: v.clone() for k, v in run.model.state_dict().items()}
    for step in range(2):
        batch = [window(4, cfg.model.tokens)]
        result = interact(run.model, encoder(), batch, np.random.default_rng(step), cfg.users, CPU)
        run.update(result["loss"], 0.5)
    for state in (run.model.state_dict(), run.average):
        changed = {k for k, v in state.items() if not torch.equal(v, before[k])}
        assert changed
        assert all(k.startswith("decoder.") for k in changed)
    run.save(tmp_path)
    click = half(load_file(tmp_path / "model.safetensors"))
    assert features_version(WEIGHTS / "encoder.safetensors", click) == FEATURES_VERSION


def test_a_frozen_part_has_to_come_from_somewhere(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="small-boxes leaves the pyramid as it is: give --from"):
        train([], tmp_path, config="small-boxes", steps=1)


def test_a_live_run_evaluates_draws_and_resumes(
    coco_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(SMALL, tokens=MINI.channels)
    live = TrainConfig(small, ((4, 2, 1.0),), objects=2, live=True, copy_paste=0.5, workers=2, warmup=2)
    monkeypatch.setitem(CONFIGS, "live", live)
    file = coco_file(2)
    common = {"config": "live", "encoder": mini_file(tmp_path), "log_every": 2, "cache": tmp_path / "cache"}
    checks = Checks(file, objects=1)  # seldom, and at the end
    train_clicks.train([file], tmp_path / "one", steps=4, checks=checks, **common)  # type: ignore[arg-type]
    lines = curves.read_log(tmp_path / "one" / "log.jsonl")
    assert [(line["step"], "loss" in line) for line in lines] == [(2, True), (4, False), (4, True)]
    assert lines[-2]["val_objects"] == 1
    assert 0 <= lines[-2]["val_iou1"] <= 1
    for name in ("curves.png", "sheet.png"):
        with PIL.Image.open(tmp_path / "one" / name) as picture:
            assert min(picture.size) > 100
    assert not (tmp_path / "cache").exists()

    train_clicks.train([file], tmp_path / "two", steps=4, **common)  # type: ignore[arg-type]
    one, two = (torch.load(tmp_path / n / "checkpoint.pt", weights_only=True)["model"] for n in ("one", "two"))
    assert all(torch.equal(one[k], two[k]) for k in one)  # looking at a run does not change it
    with pytest.raises(EncoderFileError, match="64 x 3"):
        train_clicks.train([file], tmp_path / "three", steps=4, **(common | {"config": "small"}))  # type: ignore[arg-type]


def test_cached_runs_learn_from_composites_in_their_share(coco_file: Callable[..., Path], tmp_path: Path) -> None:
    small = replace(SMALL, tokens=MINI.channels)
    cfg = TrainConfig(small, ((4, 2, 1.0),), copy_paste=0.25, composites=3, rules={"made": SetRule(0.6)})
    encoder = read_encoder(mini_file(tmp_path))
    file = coco_file(2, 160, 200)
    sampler = train_clicks.open_sets([file], tmp_path, cfg, encoder, frozenset(), Processes(), CPU, fill=True)
    assert [pictures.name for pictures, _ in sampler.sets] == ["made-train", "composites-train"]
    assert sampler.set_weights.tolist() == pytest.approx([0.75, 0.25])
    assert sampler.sets[1][0].done == {0, 1, 2}
    drawn = sampler.draw(np.random.default_rng(0), 4)
    assert drawn.tokens is not None
    assert drawn.tokens.shape == (4, 4, MINI.channels)


def test_a_wrong_encoder_is_told_which_config_it_is_for() -> None:
    with pytest.raises(EncoderFileError, match="--config base"):
        check_encoder(CONFIGS["small"], ViTConfig(dim=768, heads=12, mlp=3072), Path("vit.pth"))
