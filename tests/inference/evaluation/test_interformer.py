"""The reference decoder is what the paper describes."""

import pytest
import torch

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
