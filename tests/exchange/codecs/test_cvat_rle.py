"""CVAT's runs go along rows inside a box."""

import numpy as np
import pytest
from hypothesis import given, settings

from labeling import masks
from labeling.exchange.codecs import CodecError, cvat_rle
from labeling.masks import Bits, Box
from tests.exchange.codecs.conftest import MASKS, at_most, large

pytestmark = pytest.mark.once


@given(MASKS)
@settings(max_examples=200, deadline=None)
def test_there_and_back(bits: Bits) -> None:
    counts = masks.encode(bits)
    box, rle = cvat_rle.of(counts, *bits.shape)
    assert box == masks.crop(bits)[0]
    assert cvat_rle.counts_of(rle, box, *bits.shape) == (counts, "")


def test_a_large_mask() -> None:
    counts = masks.encode(large())
    box, rle = cvat_rle.of(counts, 700, 900)
    assert cvat_rle.counts_of(rle, box, 700, 900) == (counts, "")


def test_runs_go_along_rows_of_the_box() -> None:
    bits = np.zeros((4, 6), bool)
    bits[1, 2:5] = True
    bits[2, 4] = True
    assert cvat_rle.of(masks.encode(bits), 4, 6) == (Box(2, 1, 3, 2), "0, 3, 2, 1")
    assert cvat_rle.counts_of("0, 3, 2, 1", Box(2, 1, 3, 2), 4, 6) == (masks.encode(bits), "")
    assert cvat_rle.counts_of([0, 3, 2, 1], Box(2, 1, 3, 2), 4, 6) == (masks.encode(bits), "")


def test_no_pixel_has_no_box() -> None:
    assert cvat_rle.of(masks.encode(np.zeros((3, 3), bool)), 3, 3) == (Box(0, 0, 0, 0), "")


def test_a_missing_last_run_and_what_is_outside_are_noted() -> None:
    counts, note = cvat_rle.counts_of("1,2", Box(3, 0, 2, 2), 2, 4)
    assert np.array_equal(masks.decode(counts, 2, 4), [[False] * 4, [False] * 3 + [True]])
    assert "cut off at 4 × 2" in note
    assert "last run of background was missing" in note


@pytest.mark.parametrize(
    ("rle", "box", "message"),
    [
        ("4000000000", Box(0, 0, 3, 3), "runs do not add up to 3 × 3: they are 4000000000"),
        ("9" * 18, Box(0, 0, 3, 3), "runs do not add up"),
        ("9" * 19, Box(0, 0, 3, 3), "not a run"),
        ("1, -2, 10", Box(0, 0, 3, 3), "'-2', which is not a run"),
        ("1, nan", Box(0, 0, 3, 3), "not a run"),
        ("", Box(0, 0, 3, 3), "not a run"),
        ("1,,8", Box(0, 0, 3, 3), "not a run"),
        ("1, 2, 3", Box(0, 0, 3, 3), "runs do not add up to 3 × 3: they are 6"),
        ("0, 1", Box(0, 0, 0, 3), "without any pixel"),
        ("0, 1", Box(0, 0, -1, 3), "without any pixel"),
        ("0, 1", Box(50, 0, 1, 1), "is not inside 10 × 8"),
        ("0, 1", Box(-5, 0, 5, 1), "is not inside"),
        ("0, 1000000000000", Box(0, 0, 1_000_000, 1_000_000), "is not inside"),
        (5, Box(0, 0, 3, 3), "is not a list"),
    ],
)
def test_what_is_no_mask_is_refused(rle: str, box: Box, message: str) -> None:
    with at_most(2), pytest.raises(CodecError, match=message):
        cvat_rle.counts_of(rle, box, 8, 10)
