"""Holes, parts and shared pixels, found from runs, against OpenCV on pixels."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from labeling import masks
from labeling.exchange import facts

pytestmark = pytest.mark.once

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def by_opencv(bits: masks.Bits) -> tuple[int, int]:
    """Parts that touch at corners are one; a hole is background that does not reach the outside by edges."""
    padded = np.pad(bits, 1).astype(np.uint8)
    parts = cv2.connectedComponents(padded, connectivity=8)[0] - 1
    return parts, cv2.connectedComponents(1 - padded, connectivity=4)[0] - 2


@settings(max_examples=300, deadline=None)
@given(bits=SHAPES.flatmap(lambda shape: arrays.arrays(bool, shape)))
def test_parts_and_holes_are_those_of_opencv(bits: masks.Bits) -> None:
    height, width = bits.shape
    assert facts.parts_and_holes(masks.encode(bits), height, width) == by_opencv(bits)


def test_empty_runs_cut_nothing() -> None:
    """Another spelling of one object: four pixels as two runs without background between them."""
    assert facts.parts_and_holes(masks.encode_runs(np.array([1, 2, 0, 2, 4]), 3, 3), 3, 3) == (1, 0)
