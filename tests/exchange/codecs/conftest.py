"""Masks to try every codec on, and a limit for what bad input may cost."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.masks import Bits

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))
ANY_MASKS = SHAPES.flatmap(lambda shape: arrays(np.bool_, shape))
MASKS = ANY_MASKS.filter(lambda bits: bool(bits.any()))
"""With holes, single pixels, pixels that touch at corners and at borders, of 1×1 and more."""


@contextmanager
def at_most(megabytes: float) -> Iterator[None]:
    """Fail when Python and NumPy take more memory than this at once."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * 2**20


def large() -> Bits:
    """`700×900`: an object of a real one's size, wavy, with a hole, an island in it, and a pixel in a corner."""
    y, x = np.mgrid[:700, :900]
    angle, far = np.arctan2(y - 350, x - 450), np.hypot(x - 450, y - 350)
    bits = (far < 280 + 30 * np.sin(9 * angle) + 8 * np.sin(40 * angle)) & (far > 90) | (far < 20)
    bits[699, 899] = True
    return bits
