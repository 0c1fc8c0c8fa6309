"""Parts of the training that need no killed process: users, precision, large models, evaluation, curves, teams."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from safetensors.torch import load_file, save_file

from inference import Click, ClickPredictor
from inference.core.features import FEATURES_VERSION, WEIGHTS, read_manifest
from inference.data.coco import DataError
from inference.data.crops import SetRule, Window
from inference.data.device import CPU, Compute
from inference.data.encoder_files import Encoder, EncoderFileError, read_encoder
from inference.export_weights import export_run, features_version, half
from inference.heads.graph import encoder_of
from inference.networks.pyramid import BASE, SMALL
from inference.networks.stem import Stem
from inference.networks.vit import ViT, ViTConfig
from inference.training import clicks as train_clicks
from inference.training import curves
from inference.training.clicks import CONFIGS, Checks, Run, TrainConfig, check_encoder, train, weighted
from inference.training.distributed import Processes
from inference.training.interaction import User, UserRules, begin_with_own, encode_windows, interact, make_user, sloppy
from inference.training.muon import Muon
from inference.training.options import named_weights
from inference.training.progress import Progress, clock
from tests.inference.conftest import draw

MINI = ViTConfig(dim=64, depth=3, heads=1, mlp=64, patch=16, table=5, taps=(1, 2, 3))


def window(side: int, channels: int) -> Window:
    """Random tokens and pixels with two squares, `side` tokens wide."""
    rng = np.random.default_rng(0)
    masks = np.zeros((2, 8 * side, 8 * side), bool)
    masks[0, 4:20, 4:20] = True
    masks[1, 10:30, 6:22] = True
    none = np.zeros(masks.shape[1:], bool)
    tokens = rng.normal(size=(side, side, channels)).astype(np.float16)
    return Window(tokens, rng.integers(0, 255, (16 * side, 16 * side, 3), np.uint8), masks, none, ~none, 0)


def encoder() -> Encoder:
    return Encoder(ViT(MINI).eval(), Stem().eval().requires_grad_(False))


def mini_file(folder: Path) -> Path:
    """An encoder.safetensors with a small random ViT and the shipped stem."""
    torch.manual_seed(0)
    stem = read_encoder(WEIGHTS / "encoder.safetensors").stem
    state = {f"vit.{k}": v for k, v in ViT(MINI).state_dict().items()}
    state |= {f"stem.{k}": v.contiguous() for k, v in stem.state_dict().items()}
    save_file(state, folder / "mini.safetensors")
    return folder / "mini.safetensors"


def test_users_begin_and_click_in_the_shares_of_the_rules() -> None:
    rules = UserRules(corrections=0.3, boxes=0.2)
    rng = np.random.default_rng(0)
    users = [make_user(window(4, 4), 0, rng, rules) for _ in range(400)]
    assert np.mean([u.previous is not None for u in users]) == pytest.approx(0.3, abs=0.07)
    assert np.mean([u.box is not None for u in users]) == pytest.approx(0.2, abs=0.07)
    assert np.mean([u.rounds > 0 for u in users]) == pytest.approx(0.5, abs=0.08)


def test_some_begin_with_the_model_s_own_mask_and_no_prompt_of_it_stays() -> None:
    rules = UserRules(corrections=0.1, boxes=0.2, own=0.3)
    rng = np.random.default_rng(0)
    users = [make_user(window(4, 4), 0, rng, rules) for _ in range(400)]
    assert np.mean([u.own for u in users]) == pytest.approx(0.3, abs=0.07)
    assert not any(u.own and (u.box or u.previous is not None) for u in users)
    parts = [make_user(replace(window(4, 4), min_clicks=2), 0, rng, rules) for _ in range(400)]
    assert np.mean([u.own for u in parts]) == pytest.approx(0.3, abs=0.07)

    cfg = CONFIGS["tiny"]
    model, chosen = Run(cfg, 0).model, users[:12]
    with torch.no_grad(), CPU.autocast():
        model.decoder.head[-1].get_parameter("bias").fill_(50.0)  # everything is the object
        maps = encode_windows(model, encoder(), [window(4, cfg.model.tokens)], CPU)
        begin_with_own(model, maps, torch.zeros(12, dtype=torch.long), chosen, rng)
    assert [u.previous is not None and bool(u.previous.all()) for u in chosen] == [u.own for u in chosen]
    assert any(u.own for u in chosen)
    assert not any(u.clicks or (u.own and u.box) for u in chosen)


def test_a_careless_user_gives_a_loose_box_or_clicks_anywhere() -> None:
    rng = np.random.default_rng(0)
    user = make_user(window(4, 4), 0, rng, UserRules(boxes=0.0, corrections=0.0))
    others = [sloppy(user, rng) for _ in range(300)]
    boxes = np.array([u.box for u in others if u.box])
    assert len(boxes) / 300 == pytest.approx(0.5, abs=0.1)
    assert (boxes - [8, 8, 40, 40]).std() / 32 == pytest.approx(0.1, abs=0.02)
    clicks = [u.clicks for u in others if not u.box]
    assert {len(c) for c in clicks} == {1}
    depths = np.array([min(c[0].x - 8, 40 - c[0].x, c[0].y - 8, 40 - c[0].y) for c in clicks])
    assert depths.min() < 3
    assert depths.max() > 11


def test_boxes_are_off_by_what_the_rules_say() -> None:
    rng = np.random.default_rng(0)
    for noise in (0.0, 0.05):
        users = [
            make_user(window(4, 4), 0, rng, UserRules(corrections=0, boxes=1.0, box_noise=noise)) for _ in range(200)
        ]
        assert (np.array([u.box for u in users]) - [8, 8, 40, 40]).std() / 32 == pytest.approx(noise, abs=0.006)


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


def later_clicks(rules: UserRules) -> np.ndarray:
    """Where 160 second clicks go on a square of 40 cells: distance to its border in cells."""
    truth = np.zeros((64, 64), bool)
    truth[12:52, 12:52] = True
    depths = []
    for seed in range(160):
        user = User(truth, truth & False, truth | True, rules, 0)
        rng = np.random.default_rng(seed)
        user.click(rng)
        user.click(rng)
        x, y = user.clicks[1].x / 2, user.clicks[1].y / 2
        depths.append(min(x - 12, 52 - x, y - 12, 52 - y))
    return np.array(depths)


def test_clicks_near_the_border_are_as_many_as_asked_for() -> None:
    deep = later_clicks(UserRules())
    assert deep.min() > 20 / 1.7 - 1
    mixed = later_clicks(UserRules(border=0.4))
    assert (mixed < 6).mean() == pytest.approx(0.4, abs=0.12)
    anywhere = later_clicks(UserRules(anywhere=1.0))
    assert (anywhere < 6).mean() == pytest.approx(1 - (28 / 40) ** 2, abs=0.12)
    moved = later_clicks(UserRules(jitter=12.0))
    assert moved.min() < 20 / 1.7 - 1
    assert (moved > 0).all()


@pytest.mark.parametrize("name", ["base", "large"])
def test_one_step_of_the_larger_models(name: str) -> None:
    cfg = replace(CONFIGS[name], users=UserRules(rounds_cap=1))
    run = Run(cfg, 0)
    before = {k: v.clone() for k, v in run.model.state_dict().items()}
    batch = [window(4, cfg.model.tokens)]
    result = interact(run.model, encoder(), batch, np.random.default_rng(0), cfg.users, CPU)
    assert torch.isfinite(result["loss"])
    run.update(result["loss"], 0.5)
    after = run.model.state_dict()
    still = [k for k, v in before.items() if torch.equal(v, after[k])]
    assert not [k for k in still if k.endswith("weight")]
    assert all(torch.isfinite(v).all() for v in after.values())


def test_fp16_scales_its_gradients_and_a_step_that_overflows_is_left_out() -> None:
    compute = Compute(torch.device("cpu"), torch.float16)
    run = Run(CONFIGS["tiny"], 0, compute)
    assert run.scaler.is_enabled()
    assert not Run(CONFIGS["tiny"], 0, CPU).scaler.is_enabled()
    scale = run.scaler.get_scale()
    before = run.model.decoder.merge8.weight.detach().clone()

    def loss(factor: float) -> torch.Tensor:
        return sum((p.sum() for p in run.model.parameters()), torch.zeros(())) + (
            factor * run.model.decoder.merge16.weight.sum()
        )

    run.update(loss(float("nan")), 0.5)
    assert torch.equal(run.model.decoder.merge8.weight, before)
    assert run.scaler.get_scale() < scale
    run.update(loss(1.0), 0.5)
    assert not torch.equal(run.model.decoder.merge8.weight, before)


def test_the_device_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert Compute.choose() == CPU
    assert Compute.choose(bf16=False).half is None
    chosen: list[Any] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setenv("LOCAL_RANK", "3")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert Compute.choose() == Compute(torch.device("cuda:3"), torch.bfloat16)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert Compute.choose().half is torch.float16
    assert chosen == [torch.device("cuda:3")] * 2
    meta = Compute(torch.device("meta"), None)
    run = Run(CONFIGS["base"], 0, meta)  # every tensor of a run is where it is told to be
    assert {p.device.type for p in (*run.model.parameters(), *run.average.values())} == {"meta"}


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


def test_a_wrong_encoder_is_told_which_config_it_is_for() -> None:
    with pytest.raises(EncoderFileError, match="--config base"):
        check_encoder(CONFIGS["small"], ViTConfig(dim=768, heads=12, mlp=3072), Path("vit.pth"))


def test_a_log_written_twice_counts_once(tmp_path: Path) -> None:
    lines = [{"step": 50, "seconds": 1, "loss": 3.0}, {"step": 50, "seconds": 2, "val_iou1": 0.5}]
    lines += [{"step": 100, "seconds": 3, "loss": 2.0}, {"step": 50, "seconds": 4, "loss": 1.0}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [line.get("loss") for line in curves.read_log(tmp_path / "log.jsonl")] == [None, 1.0, 2.0]


def test_the_time_that_is_left() -> None:
    progress = Progress(shown=False)
    assert progress.left(0.5, 10) == "?"
    progress.update(0.5, 100)  # resumed half-way, after 100 seconds
    assert progress.left(0.6, 120) == clock(80)
    assert clock(3723) == "1:02:03"


def test_weights_of_sets_from_the_command_line() -> None:
    files, weights = named_weights(
        ["coco/annotations/panoptic_train2017.json=0.5", "lvis/train.json", "a=b/train.json"]
    )
    assert files[0] == Path("coco/annotations/panoptic_train2017.json")
    assert files[2] == Path("a=b/train.json")
    assert weights == {"coco": 0.5}
    cfg = weighted(CONFIGS["small"], {"bsds": 0.7, "mine": 0.2})
    assert cfg.rules["bsds"].weight == 0.7
    assert cfg.rules["bsds"].regions
    assert cfg.rules["mine"].weight == 0.2
    assert cfg.rules["voc"] == CONFIGS["small"].rules["voc"]


MEMBER = """
import sys, torch
from torch import nn
from inference.training.distributed import Processes
team = Processes()
model = nn.Linear(2, 1, bias=False)
model.weight.grad = torch.full((1, 2), float(team.rank))
team.average_gradients(model)
assert model.weight.grad.tolist() == [[0.5, 0.5]], model.weight.grad
assert team.agree(float(team.rank), team.rank == 1) == (0.5, True)
team.wait()
team.leave()
"""


def test_two_processes_average_their_gradients() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    team = [subprocess.Popen([sys.executable, "-c", MEMBER], env=shared | {"RANK": str(r)}) for r in range(2)]
    assert [member.wait(timeout=100) for member in team] == [0, 0]


def test_named_configurations_differ_only_where_they_say() -> None:
    assert CONFIGS["small"].users == UserRules(6, 0.5, 0.10, 0.08)
    assert not CONFIGS["small"].copy_paste
    assert not CONFIGS["small"].border
    assert isinstance(Run(CONFIGS["tiny"], 0).optimisers[1], Muon)
    augmented = CONFIGS["small-augmented"]
    assert replace(augmented, users=UserRules(), copy_paste=0.0, composites=0) == CONFIGS["small"]
