"""Cuts of pictures, and an object pasted onto another one."""

from dataclasses import replace

import cv2
import numpy as np

from inference.data.crops import Window, paste


def flat(colour: int, box: tuple[int, int, int, int] | None, side: int = 64) -> Window:
    """A window of one colour with one square object of another."""
    x0, y0, x1, y1 = box or (0, 0, 0, 0)
    mask = np.zeros((1, side, side), bool)
    mask[0, y0:y1, x0:x1] = True
    pixels = np.full((2 * side, 2 * side, 3), colour, np.uint8)
    pixels[np.repeat(np.repeat(mask[0], 2, 0), 2, 1)] = colour + 100
    none = np.zeros((side, side), bool)
    return Window(None, pixels, np.repeat(mask, 3, 0), none, ~none, 0)


def test_a_pasted_object_hides_what_is_behind_it() -> None:
    behind, front = flat(10, (20, 20, 44, 44)), flat(100, (20, 20, 44, 44))
    moved = 0
    for seed in range(8):
        made = paste(behind, front, np.random.default_rng(seed))
        pasted = made.masks[0]
        assert pasted.sum() == 24 * 24
        assert not (made.masks[1] & pasted).any() or np.array_equal(made.masks[1], pasted)
        big = np.repeat(np.repeat(pasted, 2, 0), 2, 1)
        core = cv2.erode(big.view(np.uint8), np.ones((7, 7), np.uint8)) > 0
        assert (made.pixels[core] == 200).all()
        ring = cv2.dilate(big.view(np.uint8), np.ones((7, 7), np.uint8)) == 0
        assert np.isin(made.pixels[ring], (10, 110)).all()
        moved += not np.array_equal(pasted, front.masks[0])
    assert moved > 4
    assert paste(behind, replace(front, min_clicks=2), np.random.default_rng(0)) is behind  # a part is no object
    half = replace(behind, inside=np.arange(64)[None].repeat(64, 0) < 40)
    assert not (paste(half, front, np.random.default_rng(1)).masks[0] & ~half.inside).any()
