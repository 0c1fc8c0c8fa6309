"""The evaluation command, end to end."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from inference import ClickPredictor, evaluate
from inference.core.features import WEIGHTS
from inference.data.coco import DataError
from inference.data.simulated_user import SimulatedClick
from inference.evaluation import clicks
from inference.evaluation.comparison import paired, read_record, write_record
from inference.evaluation.grabcut import GrabCut
from inference.measure.noc import Trial, figures, sample, true_box
from tests.inference.conftest import draw

KEYS = {
    *("objects", "noc80", "noc85", "noc90", "failures90", "iou_at_1", "iou_at_3", "iou_at_5"),
    *("iou_at_10", "iou_box", "worse_share", "ignored_share", "by_size", "seconds_per_click", "encoder_seconds"),
}


@pytest.mark.parametrize("baseline", [None, "grabcut"])
def test_the_last_line_is_the_result(coco_file: Callable[..., Path], baseline: str | None) -> None:
    file = coco_file(2)
    arguments = ["clicks", str(file), "--limit", "2", "--max-clicks", "3"]
    if baseline:
        arguments += ["--baseline", baseline]
    run = subprocess.run(
        [sys.executable, "-m", "inference.evaluate", *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "INTERLABEL_ENCODE_RUNTIME": "onnx"},
    )
    result = json.loads(run.stdout.splitlines()[-1])
    assert set(result) == KEYS
    assert result["objects"] == 2
    assert result["iou_at_1"] > 0.5
    assert result["iou_box"] > 0.7
    assert 1 <= result["noc80"] <= 3
    assert (result["encoder_seconds"] is None) == bool(baseline)
    assert "objects" in run.stderr


def test_the_sample_is_seeded_and_respects_area_and_crowds(coco_file: Callable[..., Path]) -> None:
    file = coco_file(6)
    data = json.loads(file.read_text())
    data["annotations"][0]["iscrowd"] = 1
    data["annotations"][1]["area"] = 10
    file.write_text(json.dumps(data))

    def ids(limit: int | None, seed: int) -> list[int]:
        return [a["id"] for _, objects in sample(file, limit, 100, seed) for a in objects]

    assert ids(None, 0) == [3, 4, 5, 6]
    assert ids(2, 1) == ids(2, 1)
    assert len({tuple(ids(2, seed)) for seed in range(12)}) > 1


def command(*arguments: str | Path) -> dict[str, Any]:
    """The result of `python -m inference.evaluate clicks`, in this process."""
    return clicks.clicks(evaluate.make_parser().parse_args(["clicks", *map(str, arguments)]))


def test_several_sets_pictures_and_the_table(
    coco_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = coco_file(1, name="one"), coco_file(2, name="two")
    data = json.loads(two.read_text())
    data["images"][0]["sequence"], data["images"][1]["sequence"] = "hare", "fox"
    two.write_text(json.dumps(data))
    record, before = tmp_path / "record.jsonl", tmp_path / "before.jsonl"
    few = ("--max-clicks", "3", "--baseline", "grabcut", "--set", f"first={one}", two)
    command(*few, "--record", before)
    result = command(
        *(*few, "--sequences", "fox", "--jitter", "3", "--record", record, "--worst", "2", tmp_path / "worst.png"),
        *("--compare", f"before={before}", "--table", tmp_path / "table.md"),
    )
    assert result["objects"] == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["set"] for line in lines[-2:]] == ["two/train", "first"]
    assert result["sets"]["first"]["objects"] == 1
    assert {key[0] for key in read_record(record)} == {"two/train", "first"}
    assert result["compare"]["before"]["objects"] == 2
    with PIL.Image.open(tmp_path / "worst.png") as sheet:
        assert sheet.size == (5 * 206, 220)
        assert len(sheet.getcolors() or []) > 20
    text = (tmp_path / "table.md").read_text()
    assert "| first | grabcut | 1 |" in text
    assert "| first | before | 1 |" in text
    assert "published, on other data" in text
    assert "| InterFormer-Light, ViT-B | 1.50 | 3.14 | 6.34 | 6.19 |" in text


def test_weights_compared_with_themselves_are_equal(
    coco_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERLABEL_ENCODE_RUNTIME", "onnx")
    result = command(coco_file(1, 64, 64), "--max-clicks", "2", "--compare", f"same={WEIGHTS}")
    assert result["compare"]["same"]["iou_at_1"] == {"difference": 0.0, "ci95": 0.0, "better": 0.0, "worse": 0.0}


def test_the_answer_to_the_true_box_is_that_of_a_session(
    coco_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERLABEL_ENCODE_RUNTIME", "onnx")
    file, record = coco_file(1), tmp_path / "record.jsonl"
    result = command(file, "--max-clicks", "1", "--record", record)
    image, truth = draw(96, 128, seed=1)
    ys, xs = np.nonzero(truth)
    predictor = ClickPredictor(encode_runtime="onnx")
    box = (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))
    mask = predictor.predict(predictor.encode(image), [], box=box)
    expected = (mask & truth).sum() / (mask | truth).sum()
    assert result["iou_box"] == pytest.approx(expected, abs=1e-4)
    assert read_record(record)["made/train", 1, 1].box == pytest.approx(expected, abs=1e-4)


def test_weights_of_one_features_version_share_the_features(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INTERLABEL_ENCODE_RUNTIME", "onnx")
    image, _ = draw(64, 64)
    other = shutil.copytree(WEIGHTS, tmp_path / "other", ignore=shutil.ignore_patterns("heads"))
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps(manifest | {"features_version": "another-1"}))
    mine = clicks.Clicker(None, 1)
    twin, stranger = (clicks.Clicker(path, 1, like=mine) for path in (WEIGHTS, other))
    for one in (mine, twin, stranger):
        one.look(image)
    assert mine.seen is not None
    assert stranger.seen is not None
    assert twin.seen is None
    assert stranger.seen[1].version == "another-1"
    twin.look(image.copy())  # a picture that the first one has not looked at
    assert twin.seen is not None


def test_boxes_are_compared_where_both_have_them() -> None:
    ours = {("s", 1, k): Trial((0.5,), (), box=value) for k, value in enumerate((0.8, 0.9, 0.6))}
    theirs = {("s", 1, k): Trial((0.5,), (), box=value) for k, value in enumerate((0.7, 0.9, None))}
    found = paired(ours, theirs, 20)
    assert found["iou_box"] == {"difference": 0.05, "ci95": 0.098, "better": 0.5, "worse": 0.0}
    assert "iou_box" not in paired(ours, {key: Trial((0.5,), ()) for key in ours}, 20)
    assert figures([ours["s", 1, 0], theirs["s", 1, 2]], 20)["iou_box"] == 0.8


def test_grabcut_with_a_box_keeps_to_it() -> None:
    image, truth = draw(96, 128, seed=1)
    mask = GrabCut(image).boxed(true_box(truth))
    assert (mask & truth).sum() / (mask | truth).sum() > 0.9
    x0, y0, x1, y1 = (int(v) for v in true_box(truth))
    mask[y0:y1, x0:x1] = False
    assert not mask.any()
    assert GrabCut(image).boxed((0.0, 0.0, 128.0, 96.0)).all()  # nothing is outside to learn the background from


def test_a_paired_comparison_by_hand(tmp_path: Path) -> None:
    ours = {("s", 1, 1): Trial((0.9,), ()), ("s", 1, 2): Trial((0.2, 0.85), ()), ("s", 2, 3): Trial((0.5,), ())}
    theirs = {("s", 1, 1): Trial((0.7, 0.95), ()), ("s", 1, 2): Trial((0.4, 0.6), ()), ("t", 2, 3): Trial((0.5,), ())}
    found = paired(ours, theirs, 20)
    assert found["objects"] == 2
    assert found["iou_at_1"]["difference"] == pytest.approx(0.0)
    assert found["iou_at_1"]["ci95"] == pytest.approx(1.96 * 0.2, abs=1e-3)  # differences .2 and -.2
    assert found["iou_at_1"]["better"] == found["iou_at_1"]["worse"] == 0.5
    assert found["noc85"]["difference"] == pytest.approx(((1 - 2) + (2 - 20)) / 2)
    assert found["noc85"]["better"] == 1.0
    kept = {("s", 1, 1): Trial((0.5, 0.75), (), 77, (SimulatedClick(3, 4, True), SimulatedClick(5, 6, False)))}
    kept["s", 1, 2] = replace(kept["s", 1, 1], box=0.25)
    write_record(tmp_path / "a.jsonl", kept)
    assert read_record(tmp_path / "a.jsonl") == kept
    with pytest.raises(ValueError, match="no object in common"):
        paired(ours, {("t", 9, 9): Trial((0.5,), ())}, 20)


def test_sequences_that_are_not_there_are_an_error(coco_file: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="hare"):
        list(sample(coco_file(1), None, 0, 0, ["hare"]))
    with pytest.raises(DataError, match="one name"):
        clicks.named_sets([Path("a/b.json")], ["a/b=c.json"])
