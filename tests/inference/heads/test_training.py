"""Examples, the training loop, exported heads: overfitting, exact resumption, parity, beginning with another head."""

import dataclasses
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inference.core.features import FEATURES_VERSION, Features, FeaturesError
from inference.core.geometry import Frame
from inference.data.coco import DataError
from inference.data.device import Compute
from inference.heads.data.batches import Sampler
from inference.heads.data.examples import Labelled, Vocabulary, hold_out
from inference.heads.data.truth import covered, cut, rasterise
from inference.heads.head import Head, HeadError
from inference.heads.measure.metrics import average_precision, panoptic_quality, seen
from inference.heads.networks.config import HeadConfig, Kind, default_config
from inference.heads.training import head_files as models
from inference.heads.training.head_files import begin_with, load_model, make_model, write_head
from inference.heads.training.heads import HeadOptim, HeadRun, State, Watch, train_head
from inference.heads.training.publish import PARITY, TRIALS, parity
from tests.inference.heads.tiny import CHANNELS, CONFIG, WORDS, example

FP32 = Compute(torch.device("cpu"), None)
OPTIM = HeadOptim(batch=4, rate=4e-3, warmup=10, average=0.9)
FOUR = [example(k) for k in range(4)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Path]:
    """Both heads, trained on four images until they know them by heart."""
    torch.set_num_threads(1)
    folders: dict[Kind, Path] = {}
    for kind, steps in (("instances", 70), ("panoptic", 70)):
        out = tmp_path_factory.mktemp(kind)
        run = train_head(
            kind,  # type: ignore[arg-type]
            FOUR,
            out,
            vocabulary=WORDS,
            steps=steps,
            held_out=FOUR,
            cfg=CONFIG,
            optim=OPTIM,
            compute=FP32,
            about={"name": "test"},
        )
        assert run.step == steps
        folders[kind] = out  # type: ignore[index]
    return folders


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


def test_a_head_answers_to_features_of_its_encoder_only(trained: dict[Kind, Path]) -> None:
    head = Head.load(trained["instances"] / "head")
    made = example(0)
    features = Features(FEATURES_VERSION, 256, 256, {"tokens": made.tokens()})
    with pytest.raises(FeaturesError, match="vitb16"):
        head.suggest(dataclasses.replace(features, version="vitb16-pyr1-0"))
    # a frame of 640 model pixels has 40 x 40 tokens: the same picture, repeated
    tiled = np.tile(made.tokens(), (1, 3, 3))[:, :40, :40]
    found = head.suggest(Features(FEATURES_VERSION, 640, 640, {"tokens": np.ascontiguousarray(tiled)}), 0.3)
    assert found
    assert found[0].rle["size"] == [640, 640]
    assert {p.category for p in found} <= {"cup", "plate"}
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


def test_a_panoptic_head_answers_in_three_ways(trained: dict[Kind, Path]) -> None:
    head = Head.load(trained["panoptic"] / "head")
    answer, frame = head.answer(FOUR[0].tokens()), FOUR[0].frame
    assert len(head.propose(answer, frame, 0.0, "instances")) >= 2
    for mode in ("panoptic", "semantic"):
        proposals = head.propose(answer, frame, mode=mode)
        assert proposals
        assert sum(p.mask().astype(int) for p in proposals).max() == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["instances", "panoptic"])
def test_shipped_sizes_are_small_and_agree_with_onnx_runtime(kind: Kind, tmp_path: Path) -> None:
    cfg = default_config(kind, 80)
    words = Vocabulary(tuple(f"c{k}" for k in range(80)))
    torch.manual_seed(0)
    assert write_head(make_model(kind, cfg), kind, words, tmp_path) < 2e-3
    assert sum(f.stat().st_size for f in tmp_path.iterdir()) < 8e6
    assert len(Head.load(tmp_path).answer(np.zeros((384, 16, 14), np.float16)).classes) == cfg.queries


class Flipping(models.Exported):
    """Answers something else for its first inputs."""

    wrong = 0

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.wrong -= 1
        classes, masks = super().forward(tokens)
        return (2 * classes, masks) if self.wrong >= 0 else (classes, masks)


def test_a_tie_that_falls_the_other_way_is_no_wrong_graph(trained: dict[Kind, Path]) -> None:
    folder = trained["instances"] / "head"
    flipping = Flipping(load_model(folder)[0])
    draw, outputs = models.draw_tokens(CONFIG.tokens), ["classes", "masks"]
    flipping.wrong = TRIALS // 2
    assert parity(folder, flipping, draw, outputs) < PARITY
    flipping.wrong = TRIALS // 2 + 1
    with pytest.raises(ValueError, match="disagree"):
        parity(folder, flipping, draw, outputs)


def test_a_folder_without_a_head_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match=str(tmp_path)):
        Head.load(tmp_path)


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


def test_a_head_begins_with_another_ones_knowledge(trained: dict[Kind, Path]) -> None:
    words = Vocabulary(("fork", "plate"))
    old: Any = load_model(trained["instances"] / "head")[0]
    torch.manual_seed(3)
    same_kind: Any = make_model("instances", CONFIG)
    other_kind = make_model("panoptic", CONFIG)
    fresh = same_kind.answers[1].classify.weight[0].clone()
    copied = begin_with(same_kind, words, trained["instances"] / "head")
    assert copied > 0.98 * sum(v.numel() for v in same_kind.state_dict().values())
    classify = same_kind.answers[1].classify
    theirs = old.answers[1].classify
    assert torch.equal(classify.weight[1:], theirs.weight[1:])  # plate, and no object
    assert torch.equal(classify.weight[0], fresh)  # forks are new
    begin_with(other_kind, words, trained["instances"] / "head")
    assert torch.equal(other_kind.pixels.up8.weight, old.pixels.up8.weight)


def test_instances_never_learn_stuff(tmp_path: Path) -> None:
    words = Vocabulary(("cup", "plate"), frozenset({"plate"}))
    cfg = dataclasses.replace(CONFIG, classes=1)
    run = train_head("instances", FOUR, tmp_path, vocabulary=words, steps=1, cfg=cfg, optim=OPTIM, compute=FP32)
    assert run.cfg.classes == 1
    assert Head.load(tmp_path / "head").categories == ("cup",)


def test_the_truth_as_arrays() -> None:
    made = example(0, [((1, 2, 5, 4), "cup"), ((8, 8, 10, 10), "plate"), ((12, 8, 14, 10), "plate")])
    truth = rasterise(made, WORDS)
    assert truth.labels.tolist() == [0, 1, 1]
    assert truth.masks.shape == (3, 64, 64)
    assert truth.masks[0, 8:16, 4:20].min() == 255
    assert truth.masks[0].sum() == 255 * 8 * 16
    merged = rasterise(made, Vocabulary(WORDS.names, frozenset({"plate"})))
    assert merged.labels.tolist() == [0, 1]
    assert merged.masks[1].sum() == 255 * 2 * 64
    only_cups = rasterise(made, Vocabulary(("cup",)))
    assert only_cups.labels.tolist() == [0]
    assert not only_cups.counted[34, 34]  # a plate is neither a cup nor known to be none
    assert only_cups.counted.mean() == pytest.approx(1 - 2 * 64 / 4096)


def test_covered_shares_are_exact_and_stay_in_the_picture() -> None:
    frame = example(0).frame
    mask = np.zeros((256, 256), bool)
    mask[3:9, 2:7] = True
    assert covered(mask, frame).sum() / 255 * 16 == pytest.approx(30, abs=0.5)


def test_a_window_keeps_what_is_mostly_in_it() -> None:
    made = example(0, [((0, 0, 10, 2), "cup"), ((2, 8, 6, 12), "plate")])
    window = cut(rasterise(made, WORDS), y=0, x=9, rows=12, columns=7)
    assert window.labels.tolist() == []  # a tenth of the cup is in it, nothing of the plate
    assert not window.counted[:8, :4].any()
    assert window.counted[8:].all()
    assert cut(rasterise(made, WORDS), 0, 0, 12, 12).labels.tolist() == [0, 1]


def test_batches_have_one_size_and_follow_from_the_seed() -> None:
    mixed = [example(k, side=256) for k in range(3)] + [example(9, side=192)]
    sampler = Sampler(mixed, WORDS)
    shapes = set()
    for step in range(30):
        batch = sampler.draw(np.random.default_rng([1, step]), 3)
        again = sampler.draw(np.random.default_rng([1, step]), 3)
        assert np.array_equal(batch.tokens, again.tokens)
        rows, columns = batch.tokens.shape[2:]
        assert rows % 2 == columns % 2 == 0
        assert 12 <= rows <= 16
        assert all(t.masks.shape[1:] == (4 * rows, 4 * columns) for t in batch.truths)
        shapes.add((len(batch.truths), rows, columns))
    assert {count for count, _, _ in shapes} == {1, 3}
    with pytest.raises(DataError):
        Sampler([], WORDS)


def test_windows_of_a_panorama_hold_all_queries() -> None:
    wide = dataclasses.replace(example(0, []), frame=Frame.of(60, 640))
    wide = dataclasses.replace(wide, tokens=lambda: np.zeros((CHANNELS, *wide.frame.tokens), np.float16))
    sampler = Sampler([wide], WORDS, crops=1.0)
    sizes = {sampler.draw(np.random.default_rng(k), 1).tokens.shape[2:] for k in range(20)}
    assert len(sizes) > 1
    assert min(rows * columns for rows, columns in sizes) >= 100


def test_what_is_held_out_stays_held_out() -> None:
    many = [dataclasses.replace(example(0), name=str(k), group=f"video {k // 2}") for k in range(200)]
    learned, held = hold_out(many, 0.3)
    assert len(held) == pytest.approx(60, abs=20)
    assert not {e.group for e in learned} & {e.group for e in held}
    _, before = hold_out(many[:100], 0.3)
    assert {e.name for e in before} <= {e.name for e in held}


def test_weights_of_objects_reach_the_loss() -> None:
    heavy = example(0)
    heavy = dataclasses.replace(heavy, objects=tuple(dataclasses.replace(o, weight=3.0) for o in heavy.objects))
    assert rasterise(heavy, WORDS).weights.tolist() == [3.0, 3.0]
    assert isinstance(heavy.objects[0], Labelled)
    assert HeadConfig.read(CONFIG.write()) == CONFIG
    assert CONFIG.tokens == CHANNELS
