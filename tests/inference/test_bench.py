"""The bench command."""

import json

import pytest
import torch

from inference.bench import BATCH, main


def test_the_bench_prints_a_table_and_its_json(capsys: pytest.CaptureFixture[str]) -> None:
    before = torch.get_num_threads()
    main(["--quick"])
    assert torch.get_num_threads() == before
    *table, last = capsys.readouterr().out.strip().splitlines()
    result = json.loads(last)
    found = result["threads"]["1"]
    names = {"reference", "first click", "later click", "later click, whole map", f"box, {BATCH} together"}
    assert names <= found["medians"].keys()
    assert sum(name.startswith("encode") for name in found["medians"]) == 3
    assert all(times["wall_ms"] > 0 for times in found["medians"].values())
    ratio, times = found["reference_to_ours"]["later click"], found["medians"]
    assert ratio["wall_ms"] == pytest.approx(
        times["reference"]["wall_ms"] / times["later click"]["wall_ms"], rel=0.05, abs=0.01
    )
    assert 0 < result["features_mib"] < 4
    assert all(any(name in line for line in table) for name in names)


@pytest.mark.parametrize("wrong", [["--size", "100"], ["--size", "64x64x64"], ["--threads", "0"], ["--rounds", "0"]])
def test_wrong_options_are_named(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(wrong)
    assert wrong[0].strip("-") in capsys.readouterr().err
