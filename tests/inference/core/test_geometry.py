"""Frames."""

import numpy as np
import pytest

from inference.core.geometry import Frame


@pytest.mark.parametrize("size", [(8, 8), (200, 3000), (4000, 6000), (427, 640), (1, 1)])
def test_frames(size: tuple[int, int]) -> None:
    frame = Frame.of(*size)
    assert max(frame.inner_height, frame.inner_width) == 640
    assert frame.padded_height % 64 == frame.padded_width % 64 == 0
    assert 0 <= frame.padded_height - frame.inner_height < 64
    image = np.zeros((*size, 3), np.uint8)
    if size != (4000, 6000):
        assert frame.resize(image).shape == (frame.padded_height, frame.padded_width, 3)
