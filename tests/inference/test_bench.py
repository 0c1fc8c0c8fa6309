"""The bench, and that its reference is what the paper describes."""

import json

import pytest
import torch

from inference.bench import BATCH, main
from inference.evaluation.interformer import (
    CHANNELS,
    DEPTHS,
    FFN_RATIOS,
    POOL_RATIOS,
    ReferenceDecoder,
    make_pyramid,
    pooled_size,
)


def expected_parameters() -> int:
    """Counted from the paper's description, layer by layer."""
    total = 5 * CHANNELS[0]  # reference label
    for c, depth, ffn, ratios in zip(CHANNELS, DEPTHS, FFN_RATIOS, POOL_RATIOS, strict=True):
        wide = ffn * c
        attention = 2 * (c * c + c) + (c * 2 * c + 2 * c) + 2 * c + len(ratios) * (9 * c + c)
        bottleneck = (c * wide + wide) + (9 * wide + wide) + (wide * c + c)
        total += depth * (attention + bottleneck + 3 * 2 * c) + 2 * c
    for c, out in zip(CHANNELS, CHANNELS[1:], strict=False):
        total += 9 * c * out + 2 * 9 * c  # 3 x 3 patch merging and its norm
    head = 64
    total += 4 * (256 * head + 2 * head)  # pooled to 1, 2, 3 and 6
    total += 9 * (256 + 4 * head) * head + 2 * head
    total += sum(c * head + 2 * head for c in CHANNELS[:3]) + 3 * (9 * head * head + 2 * head)
    return total + 9 * 4 * head * head + 2 * head + head * 2 + 2


def test_the_reference_has_the_papers_parameters() -> None:
    decoder = ReferenceDecoder()
    assert sum(p.numel() for p in decoder.parameters()) == expected_parameters()
    assert [len(stage) for stage in decoder.attention.stages] == [1, 1, 2, 1]  # type: ignore[arg-type]


def test_the_reference_has_the_papers_maps() -> None:
    decoder = ReferenceDecoder().eval()
    pyramid = make_pyramid(128, 192)
    assert [tuple(m.shape[1:]) for m in pyramid] == [(32, 32, 48), (64, 16, 24), (128, 8, 12), (256, 4, 6)]
    seen: list[tuple[int, ...]] = []
    decoder.head.register_forward_pre_hook(lambda _, given: seen.extend(tuple(m.shape[1:]) for m in given[0]))
    with torch.inference_mode():
        mask = decoder(pyramid, torch.full((1, 128, 192), 2))
        other = decoder(pyramid, torch.full((1, 128, 192), 4))
    assert seen[:4] == [tuple(m.shape[1:]) for m in pyramid]
    assert mask.shape == (1, 128, 192)
    assert mask.dtype == torch.bool
    assert other.shape == mask.shape
    assert sum(m[0].numel() for m in make_pyramid(512, 512)) == 983_040  # 1.9 MiB in fp16


@pytest.mark.parametrize(
    ("stage", "sizes"), [(0, (11, 8, 6, 5)), (1, (11, 8, 6, 5)), (2, (11, 8, 6, 5)), (3, (16, 8, 5, 4))]
)
def test_keys_are_pooled_alike_at_all_stages(stage: int, sizes: tuple[int, ...]) -> None:
    """At 512 px a stage's map of 128 >> stage cells is pooled to about 128 / 12 … 128 / 24 cells a side."""
    side = 128 >> stage
    found = tuple(pooled_size(side, side, ratio) for ratio in POOL_RATIOS[stage])
    assert all(abs(a - b) <= 1 for a, b in zip(found, sizes, strict=True))


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
