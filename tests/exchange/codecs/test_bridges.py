"""One outline draws a mask with holes exactly, and several parts but for the bridges between them."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings

from labeling.exchange.codecs import bridges
from labeling.masks import Bits
from tests.exchange.codecs.conftest import MASKS, large

pytestmark = pytest.mark.once


def parts(bits: Bits) -> int:
    return cv2.connectedComponents(bits.astype(np.uint8), connectivity=8)[0] - 1


@given(MASKS)
@settings(max_examples=500, deadline=None)
def test_each_part_is_drawn_exactly_holes_and_all(bits: Bits) -> None:
    found = bridges.outlines(bits, join=False)
    assert len(found) == parts(bits)
    assert np.array_equal(bridges.draw(found, *bits.shape), bits)
    assert all(len(ring) >= 3 for ring in found)


@given(MASKS)
@settings(max_examples=300, deadline=None)
def test_joined_parts_lose_no_pixel(bits: Bits) -> None:
    found = bridges.outlines(bits, join=True)
    assert len(found) == 1
    drawn = bridges.draw(found, *bits.shape)
    assert not (bits & ~drawn).any()
    if parts(bits) == 1:
        assert np.array_equal(drawn, bits)


def test_a_large_mask_with_a_hole_an_island_and_a_pixel_far_away() -> None:
    bits = large()
    assert np.array_equal(bridges.draw(bridges.outlines(bits, join=False), *bits.shape), bits)
    joined = bridges.draw(bridges.outlines(bits, join=True), *bits.shape)
    assert not (bits & ~joined).any()
    assert 0 < (joined & ~bits).sum() < 500  # two lines of one pixel


def test_straight_edges_have_no_points_between() -> None:
    bits = np.zeros((30, 40), bool)
    bits[5:25, 10:35] = True
    (found,) = bridges.outlines(bits, join=True)
    assert sorted(found.tolist()) == [[10, 5], [10, 24], [34, 5], [34, 24]]


def test_a_pixel_is_three_points() -> None:
    bits = np.zeros((3, 3), bool)
    bits[1, 2] = True
    (found,) = bridges.outlines(bits, join=False)
    assert found.tolist() == [[2, 1]] * 3


def test_of_very_many_holes_the_smallest_are_filled() -> None:
    bits = np.ones((90, 90), bool)
    bits[1:89:3, 1:89:3] = False
    bits[40:60, 40:60] = False
    (found,) = bridges.outlines(bits, join=False)
    drawn = bridges.draw([found], 90, 90)
    assert not drawn[45:55, 45:55].any()
    assert not (bits & ~drawn).any()
    assert (drawn & ~bits).sum() > 500


def test_no_pixel_has_no_outline() -> None:
    assert bridges.outlines(np.zeros((4, 4), bool), join=True) == []
