"""Outlines give back exactly the mask, whatever it looks like; others' polygons are drawn by the rule of their tool."""

import math
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from pycocotools import mask as coco

from labeling import masks
from labeling.exchange.codecs import CodecError, polygons
from labeling.masks import Bits
from tests.exchange.codecs.conftest import MASKS, at_most

pytestmark = pytest.mark.once


def drawn(found: list[list[int]], height: int, width: int) -> Bits:
    """What pycocotools makes of polygons."""
    return masks.decode(coco.merge(coco.frPyObjects(found, height, width))["counts"].decode(), height, width)


def walked(bits: Bits) -> list[polygons.Ring]:
    """The rings edge by edge, pixel by pixel: each edge of the border with the mask on its right."""
    padded = np.pad(bits, 1)
    leaving: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for right in (True, False):  # in the order in which edges of one corner are taken, the last one first
        for y, x in np.argwhere(
            padded[1:, 1:-1] & ~padded[:-1, 1:-1] if right else ~padded[1:, 1:-1] & padded[:-1, 1:-1]
        ):
            leaving.setdefault((int(x) + (not right), int(y)), []).append((1 if right else -1, 0))
    for up in (True, False):
        for y, x in np.argwhere(padded[1:-1, 1:] & ~padded[1:-1, :-1] if up else ~padded[1:-1, 1:] & padded[1:-1, :-1]):
            leaving.setdefault((int(x), int(y) + up), []).append((0, -1 if up else 1))
    found = []
    for start in sorted(leaving):
        while leaving[start]:
            corner, step = start, leaving[start].pop()
            ring, first = [start], step
            while True:
                corner = (corner[0] + step[0], corner[1] + step[1])
                turn = (-step[1], step[0])
                choices = leaving[corner]
                if corner == start and (turn == first or turn not in choices):
                    break
                following = turn if turn in choices else choices[0]
                choices.remove(following)
                if following != step:
                    ring.append(corner)
                step = following
            found.append(ring[1:] if step == first else ring)
    return found


def signed_area(ring: polygons.Ring) -> float:
    """The shoelace formula; positive for clockwise with y downwards."""
    x, y = np.asarray(ring, dtype=np.float64).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


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
        assert np.array_equal(drawn(found, *bits.shape), bits)
        assert all(len(one) >= 8 and len(one) % 2 == 0 for one in found)


@given(MASKS)
@settings(max_examples=300, deadline=None)
def test_rings_are_what_walking_along_the_border_gives(bits: Bits) -> None:
    """The same corners in the same order, so that exports stay the same byte for byte."""
    found = polygons.rings(bits)
    assert found == walked(bits)
    assert sum(signed_area(ring) for ring in found) == bits.sum()
    assert all(polygons._is_hole(ring) == (signed_area(ring) < 0) for ring in found)


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
    assert np.array_equal(drawn(found, *bits.shape), bits)


def drawn_by_opencv(found: list[list[int]], height: int, width: int) -> Bits:
    bits = np.zeros((height, width), np.uint8)
    for one in found:
        cv2.fillPoly(bits, [np.array(one, np.int32).reshape(-1, 2)], 1)
    return bits.astype(bool)


@given(MASKS)
@settings(max_examples=300, deadline=None)
def test_an_outline_for_opencv_is_the_mask_to_the_pixel_or_none(bits: Bits) -> None:
    found = polygons.of_opencv(bits, repeat=True)
    parts, _ = cv2.connectedComponents(bits.astype(np.uint8), connectivity=8)
    if found is None:
        assert cv2.connectedComponents((~np.pad(bits, 1)).astype(np.uint8), connectivity=4)[0] > 2  # a hole
    else:
        assert np.array_equal(drawn_by_opencv(found, *bits.shape), bits)
        assert len(found) == parts - 1
        assert all(len(one) >= 6 and len(one) % 2 == 0 for one in found)
        assert polygons.counts_of(found, bits.shape[0], bits.shape[1], "opencv")[0] == masks.encode(bits)


def test_one_pixel_is_no_outline_for_opencv_unless_points_are_repeated() -> None:
    bits = np.zeros((5, 5), bool)
    bits[3, 2] = True
    assert polygons.of_opencv(bits) is None
    assert polygons.of_opencv(bits, repeat=True) == [[2, 3, 2, 3, 2, 3]]


def test_a_ring_has_a_hole_for_opencv_too() -> None:
    bits = np.ones((5, 5), bool)
    bits[2, 2] = False
    assert polygons.of_opencv(bits, repeat=True) is None


SQUARE = [2, 1, 5, 1, 5, 3, 2, 3]


def test_the_same_numbers_are_other_pixels_to_other_tools() -> None:
    areas = {
        fill: masks.area_and_box(polygons.counts_of([SQUARE], 6, 8, fill)[0], 6, 8)
        for fill in ("coco", "opencv", "pil")
    }
    assert areas["coco"] == (3 * 2, masks.Box(2, 1, 3, 2))
    assert areas["opencv"] == areas["pil"] == (4 * 3, masks.Box(2, 1, 4, 3))


NUMBERS = st.floats(-3, 15, allow_nan=False).map(lambda value: round(value, 2))
TRIANGLES = st.lists(
    st.lists(NUMBERS, min_size=6, max_size=16).map(lambda flat: flat[: len(flat) // 2 * 2]), max_size=4, min_size=1
)


@given(TRIANGLES)
@settings(max_examples=200, deadline=None)
def test_pycocotools_draws_the_same(found: list[list[float]]) -> None:
    expected = coco.decode(coco.merge(coco.frPyObjects(found, 10, 12))).astype(bool)
    assert polygons.counts_of(found, 10, 12)[0] == masks.encode(expected)


@given(TRIANGLES)
@settings(max_examples=200, deadline=None)
def test_opencv_and_pillow_draw_the_same(found: list[list[float]]) -> None:
    rounded = [[int(np.rint(value)) for value in one] for one in found]
    assert polygons.counts_of(found, 10, 12, "opencv")[0] == masks.encode(drawn_by_opencv(rounded, 10, 12))
    picture = Image.new("1", (12, 10), 0)
    for one in found:
        ImageDraw.Draw(picture).polygon(one, fill=1, outline=1)
    assert polygons.counts_of(found, 10, 12, "pil")[0] == masks.encode(np.array(picture))


def test_many_parts_are_united() -> None:
    found = [[x, y, x + 1, y, x + 1, y + 1, x, y + 1] for y in range(0, 40, 2) for x in range(0, 40, 2)]
    counts, note = polygons.counts_of(found, 40, 40)
    bits = np.zeros((40, 40), bool)
    bits[::2, ::2] = True
    assert (counts, note) == (masks.encode(bits), "")


def test_what_is_outside_is_cut_off_with_a_note() -> None:
    counts, note = polygons.counts_of([[-20.0, 116.0, 60.0, 100.0, 60.0, 400.0]], 192, 288)
    assert masks.area_and_box(counts, 192, 288)[0] == 5158  # what pycocotools makes of a file that users have
    assert note == "points outside 288 × 192 were cut off"


@pytest.mark.parametrize("fill", ["coco", "opencv", "pil"])
def test_what_is_far_outside_costs_nothing_and_changes_nothing(fill: Any) -> None:
    far = [[-1e9, 2, 1e9, 2, 1e9, 1e9, -1e9, 1e9]]
    expected = np.zeros((6, 8), bool)
    expected[2:] = True
    with at_most(4):
        counts, _ = polygons.counts_of(far, 6, 8, fill)
    assert counts == masks.encode(expected)
    beside = [[1e8, 1e8, 2e8, 1e8, 2e8, 2e8]]
    assert polygons.counts_of(beside, 6, 8, fill)[0] == masks.encode(np.zeros((6, 8), bool))


def test_a_slope_that_begins_far_outside_stays_where_it_is() -> None:
    near = masks.decode(polygons.counts_of([[-10, 60, 110, 0, 110, 60]], 50, 100)[0], 50, 100)
    far = masks.decode(polygons.counts_of([[-1000, 555, 1100, -495, 1100, 555]], 50, 100)[0], 50, 100)
    assert np.array_equal(near, far)


def test_an_outline_longer_than_any_picture_needs_is_refused() -> None:
    zigzag = [value for at in range(200_000) for value in (0 if at % 2 else 100, at % 50)]
    with pytest.raises(CodecError, match="pixels long, too long to draw"):
        polygons.counts_of([zigzag], 50, 100)


def test_one_polygon_without_a_list_is_taken_with_a_note() -> None:
    counts, note = polygons.counts_of(SQUARE, 6, 8)
    assert counts == polygons.counts_of([SQUARE], 6, 8)[0]
    assert note == "a list of numbers was taken as one polygon"


def test_a_good_part_is_kept_and_the_bad_one_noted() -> None:
    counts, note = polygons.counts_of([SQUARE, [130, 125], [1, 2, math.inf, 3, 4, 5]], 6, 8)
    assert counts == polygons.counts_of([SQUARE], 6, 8)[0]
    assert note == "2 of 3 parts left out: a polygon has 1 point and needs 3; a coordinate is not a finite number"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([[10, 50, 60, 90]], "2 points and needs 3"),
        ([[150.0, 5.0, math.nan, 20.0, 170.0, 60.0]], "not a finite number"),
        ([[0, 0, -math.inf, 20.0, 170.0, 60.0]], "not a finite number"),
        ([[0, 0, 10**400, 20.0, 170.0, 60.0]], "not a number|not a finite number"),
        ([[0, 0, 1e300, 20.0, 170.0, 60.0]], "too large"),
        ([], "there is no polygon"),
        ([[]], "0 points"),
        ([[112, 120, 150, 120, 150, 145, 112, 145, 112]], r"odd number of values \(9\)"),
        ([[[1, 2], [3, 4], [5, 6]]], "not a number"),
        ([["1", "2", "3", "4", "5", "6"]], "not a number"),
        ([[None] * 6], "not a number"),
        ([[True] * 6], "not a number"),
        (["123456"], "not a number|not a list"),
        ("123456", "not a list"),
        ({"a": 1}, "not a list"),
        (None, "not a list"),
    ],
)
def test_what_is_no_polygon_is_refused(given: object, message: str) -> None:
    for fill in ("coco", "opencv", "pil"):
        with at_most(4), pytest.raises(CodecError, match=message):
            polygons.counts_of(given, 192, 288, fill)
