"""The evaluation of the click model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from inference import ClickPredictor, evaluate
from inference.core.features import WEIGHTS
from inference.data.coco import DataError
from inference.evaluation import clicks
from inference.evaluation.comparison import read_record
from inference.measure.noc import sample
from tests.inference.conftest import draw


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


def test_sequences_that_are_not_there_are_an_error(coco_file: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="hare"):
        list(sample(coco_file(1), None, 0, 0, ["hare"]))
    with pytest.raises(DataError, match="one name"):
        clicks.named_sets([Path("a/b.json")], ["a/b=c.json"])
