"""Proposals: run-length code against pycocotools' own, suppression, and what is over a kept object."""

import numpy as np
import pytest
from pycocotools import mask as rle

from inference.core.masks import MaskPatch
from inference.heads.proposals import (
    Proposal,
    box_iou,
    box_of,
    decode,
    doubt,
    drop_covered,
    encode,
    encode_patch,
    inside_share,
    mask_iou,
    suppress,
)


def square(x0: int, y0: int, x1: int, y1: int, size: int = 40) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def proposal(mask: np.ndarray, score: float, category: str | None = None) -> Proposal:
    return Proposal(encode(mask), box_of(encode(mask)), score, category)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_code_is_pycocotools_own(share: float) -> None:
    rng = np.random.default_rng(7)
    for height, width in ((1, 1), (1, 9), (9, 1), (23, 31)):
        mask = rng.random((height, width)) < share
        expected = rle.encode(np.asfortranarray(mask.view(np.uint8)))["counts"].decode()
        assert encode(mask) == {"size": [height, width], "counts": expected}
        assert (decode(encode(mask)) == mask).all()


def test_patch_is_coded_as_the_whole_mask() -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        height, width = rng.integers(1, 30, 2)
        x0, y0 = rng.integers(0, width), rng.integers(0, height)
        w, h = rng.integers(0, width - x0 + 1), rng.integers(0, height - y0 + 1)
        bits = rng.random((h, w)) < 0.7
        whole = np.zeros((height, width), bool)
        whole[y0 : y0 + h, x0 : x0 + w] = bits
        patch = MaskPatch(int(x0), int(y0), int(w), int(h), bits)
        assert encode_patch(patch, int(height), int(width)) == encode(whole)


def test_of_patch_has_the_patchs_box_and_area() -> None:
    made = Proposal.of_patch(MaskPatch(3, 5, 4, 2, np.ones((2, 4), bool)), 20, 30, 0.5, "cat")
    assert made.box == (3.0, 5.0, 7.0, 7.0)
    assert made.area == 8
    assert made.mask().shape == (20, 30)
    assert box_of(made.rle) == made.box


def test_overlaps() -> None:
    a, b = encode(square(0, 0, 10, 10)), encode(square(0, 0, 10, 5))
    empty = encode(np.zeros((40, 40), bool))
    assert mask_iou([a], [b, empty]).tolist() == [[0.5, 0.0]]
    assert inside_share([a, b, empty], [a]).tolist() == [[1.0], [1.0], [0.0]]
    assert inside_share([a], [b])[0, 0] == 0.5
    assert box_iou([(0, 0, 10, 10)], [(0, 0, 10, 5), (20, 20, 30, 30)]).tolist() == [[0.5, 0.0]]
    assert mask_iou([], [a]).shape == (0, 1)


@pytest.mark.parametrize("by", ["mask", "box"])
def test_suppression_keeps_the_best_of_duplicates(by: str) -> None:
    worse, best = proposal(square(0, 0, 10, 10), 0.6, "cat"), proposal(square(0, 0, 10, 9), 0.9, "dog")
    apart = proposal(square(20, 20, 30, 30), 0.3, "cat")
    assert suppress([worse, apart, best], 0.5, by=by) == [best, apart]  # type: ignore[arg-type]
    assert suppress([worse, apart, best], 0.95, by=by) == [best, worse, apart]  # type: ignore[arg-type]
    assert suppress([worse, apart, best], 0.5, by=by, within_category=True) == [best, worse, apart]  # type: ignore[arg-type]
    assert suppress([], 0.5) == []


def test_suppressed_proposals_suppress_nothing() -> None:
    chain = [proposal(square(x, 0, x + 10, 10), 0.9 - x / 100) for x in (0, 3, 6)]
    assert suppress(chain, 0.5) == [chain[0], chain[2]]


def test_nothing_stays_over_a_kept_object() -> None:
    kept = encode(square(10, 10, 20, 20))
    same, part = proposal(square(10, 10, 20, 19), 0.9), proposal(square(11, 11, 14, 14), 0.8)
    around, beside = proposal(square(0, 0, 40, 40), 0.7), proposal(square(18, 10, 28, 20), 0.6)
    assert drop_covered([same, part, around, beside], [kept]) == [around, beside]
    assert drop_covered([same], []) == [same]


def test_doubt_counts_toss_ups() -> None:
    mask = square(0, 0, 2, 2)
    assert doubt([proposal(mask, 0.5), proposal(mask, 1.0), proposal(mask, 0.0)]) == 1.0
    assert doubt([proposal(mask, 0.9)]) == pytest.approx(0.36)
    assert doubt([]) == 0.0
