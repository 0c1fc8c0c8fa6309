"""Outlines along pixel edges give back exactly the mask, whatever it looks like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.exchange import polygons
from labeling.masks import Bits

pytestmark = pytest.mark.once

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))
MASKS = SHAPES.flatmap(lambda shape: arrays(np.bool_, shape)).filter(lambda bits: bool(bits.any()))


def has_hole(bits: Bits) -> bool:
    """By flooding: background that can't be reached from outside, also over corners."""
    outside = np.zeros((bits.shape[0] + 2, bits.shape[1] + 2), bool)
    outside[0, 0] = True
    free = np.pad(~bits, 1, constant_values=True)
    while True:
        grown = np.zeros_like(outside)
        padded = np.pad(outside, 1)
        for dy in (0, 1, 2):
            for dx in (0, 1, 2):
                grown |= padded[dy : dy + outside.shape[0], dx : dx + outside.shape[1]]
        grown &= free
        if np.array_equal(grown, outside):
            return bool((free & ~outside).any())
        outside = grown


@given(MASKS)
@settings(max_examples=300, deadline=None)
def test_a_polygon_is_the_mask_to_the_pixel_or_the_mask_has_a_hole(bits: Bits) -> None:
    found = polygons.of(bits)
    if found is None:
        assert has_hole(bits)
    else:
        assert not has_hole(bits)
        assert np.array_equal(polygons.draw(found, *bits.shape), bits)
        assert all(len(one) >= 8 and len(one) % 2 == 0 for one in found)


@given(MASKS)
@settings(max_examples=200, deadline=None)
def test_rings_enclose_as_many_pixels_as_the_mask_has(bits: Bits) -> None:
    assert sum(polygons._signed_area(ring) for ring in polygons.rings(bits)) == bits.sum()


def test_a_rectangle_has_four_corners_on_pixel_edges() -> None:
    bits = np.zeros((6, 8), bool)
    bits[1:3, 2:7] = True
    (found,) = polygons.of(bits) or []
    assert sorted(zip(found[::2], found[1::2], strict=True)) == [(2, 1), (2, 3), (7, 1), (7, 3)]


def test_a_mask_over_the_whole_view_touches_all_borders() -> None:
    (found,) = polygons.of(np.ones((5, 7), bool)) or []
    assert sorted(zip(found[::2], found[1::2], strict=True)) == [(0, 0), (0, 5), (7, 0), (7, 5)]


def test_a_ring_has_a_hole() -> None:
    bits = np.ones((5, 5), bool)
    bits[2, 2] = False
    assert polygons.of(bits) is None


def test_pixels_touching_at_a_corner_are_two_outlines() -> None:
    found = polygons.of(np.eye(2, dtype=bool))
    assert found is not None
    assert len(found) == 2


def test_a_large_wavy_outline_is_exact() -> None:
    """A real object's size: the intersection over union of polygon and mask is 1, not 0.99."""
    y, x = np.mgrid[:700, :900]
    angle = np.arctan2(y - 350, x - 450)
    bits = np.hypot(x - 450, y - 350) < 280 + 30 * np.sin(9 * angle) + 8 * np.sin(40 * angle)
    found = polygons.of(bits)
    assert found is not None
    assert np.array_equal(polygons.draw(found, *bits.shape), bits)
