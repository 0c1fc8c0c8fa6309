"""Mask pixels from logits at stride 2."""

import numpy as np

from inference.core.geometry import Frame
from inference.core.upsample import Upsampler


def test_a_part_of_the_mask_is_the_part_of_the_whole() -> None:
    rng = np.random.default_rng(3)
    for height, width in ((50, 71), (900, 1300), (6, 640), (640, 9)):
        frame = Frame.of(height, width)
        logits = rng.normal(-1, 1, (frame.padded_height // 2, frame.padded_width // 2)).astype(np.float32)
        up = Upsampler(frame)
        whole = up.region(logits, (0, 0, width, height))
        for _ in range(5):
            x0, y0 = int(rng.integers(width)), int(rng.integers(height))
            x1, y1 = int(rng.integers(x0, width)) + 1, int(rng.integers(y0, height)) + 1
            assert np.array_equal(up.region(logits, (x0, y0, x1, y1)), whole[y0:y1, x0:x1])
        x0, y0, x1, y1 = up.bounds(logits)
        assert whole[y0:y1, x0:x1].sum() == whole.sum()


def test_upsampling_keeps_places() -> None:
    frame = Frame.of(1280, 960)
    logits = np.full((frame.padded_height // 2, frame.padded_width // 2), -1.0, np.float32)
    logits[100:120, 50:80] = 1.0  # cells of 4 x 4 image pixels
    mask = Upsampler(frame).region(logits, (0, 0, 960, 1280))
    ys, xs = np.nonzero(mask)
    assert (xs.min(), xs.max() + 1, ys.min(), ys.max() + 1) == (200, 320, 400, 480)
