"""COCO RLE as other tools leave it in files."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from labeling import masks
from labeling.exchange.codecs import CodecError, coco_rle
from labeling.masks import Bits
from tests.exchange.codecs.conftest import ANY_MASKS, at_most

pytestmark = pytest.mark.once

# From files of other people's tools: a truck's mask of 320 × 240 as the text of Python bytes (COCO results).
BYTES_TEXT = (
    "b'[QW14Z76`I:k4NeJ=Y5n0N2M3N3M2M3N2N2N2O1O2N100O1O1O100O1OfN`KG^46mKCR4;XL^Og3`0cLYO\\\\3d0nLVOQ3h0TMVOl2g0XMXOh2f0"
    "\\\\MYOc2g0^MXOb28cK0a6NbI0^6OfIOZ6OiIOX6OkIOW6OkIOV6OkZk0'"
)


def runs(bits: Bits) -> list[int]:
    """By walking: column by column, zeros first."""
    found, value = [0], False
    for cell in bits.T.ravel().tolist():
        if cell != value:
            found.append(0)
            value = cell
        found[-1] += 1
    return found


@given(ANY_MASKS)
@settings(max_examples=200, deadline=None)
def test_every_spelling_is_the_same_mask(bits: Bits) -> None:
    height, width = bits.shape
    counts = masks.encode(bits)
    spelt: list[object] = [counts, counts.encode(), str(counts.encode()), runs(bits)]
    for one in spelt:
        assert coco_rle.counts_of(one, height, width)[0] == counts
        assert coco_rle.counts_of({"size": [height, width], "counts": one}, height, width)[0] == counts
    assert coco_rle.counts_of(runs(bits), height, width)[1] == ""


@given(ANY_MASKS, st.data())
@settings(max_examples=100, deadline=None)
def test_empty_runs_are_merged(bits: Bits, data: st.DataObject) -> None:
    found = runs(bits)
    place = data.draw(st.integers(0, len(found) - 1))
    cut = data.draw(st.integers(0, found[place]))
    found[place : place + 1] = [cut, 0, found[place] - cut]
    assert coco_rle.counts_of(found, *bits.shape) == (masks.encode(bits), "")


def test_the_text_of_python_bytes_is_unpacked_with_a_note() -> None:
    counts, note = coco_rle.counts_of({"size": [240, 320], "counts": BYTES_TEXT}, 240, 320)
    assert masks.area_and_box(counts, 240, 320)[0] == 2058
    assert "b'…'" in note
    assert coco_rle.counts_of(counts, 240, 320) == (counts, "")


def test_a_missing_last_run_is_background_with_a_note() -> None:
    bits = np.zeros((4, 5), bool)
    bits[1:3, 1:3] = True
    counts, note = coco_rle.counts_of(runs(bits)[:-1], 4, 5)
    assert (counts, note) == (masks.encode(bits), "the last run of background was missing")


def test_a_full_frame_lacks_nothing() -> None:
    assert coco_rle.counts_of([0, 20], 4, 5) == (masks.encode(np.ones((4, 5), bool)), "")


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([23421, 4_000_000_000, 7], "runs do not add up to 320 × 240: they are 4000023428 pixels"),
        ([10**400], "more than 20 digits"),
        ([100, -5, 76705], "negative"),
        ([1.5, 3], "1.5, which is not a whole number"),
        ([float("nan"), 3], "nan, which is not a whole number"),
        ([True, 76799], "True, which is not a whole number"),
        ([None], "None, which is not a whole number"),
        (["5"], "not a whole number"),
        ([100, 5, 20], "runs do not add up to 320 × 240: they are 125 pixels"),  # of a smaller picture
        ([], "runs do not add up"),
        ("ThisIsNotAnRLE~~~", "the character"),
        ("]3`0o6101O1OO101N2O001O1O1O_", "ends inside a number"),
        ("]3`0o6101O1OO101N2O001O1O1O", "runs do not add up to 320 × 240"),
        ("oooooooooooooooo0", "too long"),
        ("b'[QW1", "the character"),
        ("", "runs do not add up"),
        (None, "no counts"),
        (5, "counts are a int"),
        ({"a": 1}, "counts are a dict"),
    ],
)
def test_what_is_no_mask_of_this_picture_is_refused(counts: object, message: str) -> None:
    with at_most(4), pytest.raises(CodecError, match=message):
        coco_rle.counts_of({"size": [240, 320], "counts": counts}, 240, 320)


def test_a_text_or_list_longer_than_any_mask_costs_nothing() -> None:
    with pytest.raises(CodecError, match="characters, more than 8 × 8 can need"), at_most(1):
        coco_rle.counts_of("0" * 5_000_000, 8, 8)
    with pytest.raises(CodecError, match="5000000 runs"), at_most(1):
        coco_rle.counts_of([0] * 5_000_000, 8, 8)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ([320, 240], "the RLE is for 240 × 320; the picture is 320 × 240"),
        ([240], "not \\[height, width\\]"),
        ("240", "not \\[height, width\\]"),
        (240, "not \\[height, width\\]"),
        ([240, float("nan")], "the RLE is for nan × 240"),
        ([10**500, 1], "more than 20 digits"),
    ],
)
def test_a_size_that_is_not_the_pictures_is_refused(size: object, message: str) -> None:
    with pytest.raises(CodecError, match=message):
        coco_rle.counts_of({"size": size, "counts": [76800]}, 240, 320)


def test_a_size_that_is_missing_is_noted() -> None:
    assert coco_rle.counts_of({"counts": [76800]}, 240, 320)[1] == "the RLE states no size"


def test_pycocotools_reads_the_same() -> None:
    counts, _ = coco_rle.counts_of([3, 4, 5], 3, 4)
    assert coco.decode({"size": [3, 4], "counts": counts.encode()}).T.ravel().tolist() == [0] * 3 + [1] * 4 + [0] * 5
