"""Tight boxes, and clicked pixels."""

import numpy as np

from inference.core.masks import Click, put_clicked, tight, with_clicked


def test_an_empty_mask_has_an_empty_patch() -> None:
    patch = tight(np.zeros((4, 5), bool), 7, 8)
    assert (patch.width, patch.height, patch.bits.shape) == (0, 0, (0, 0))


def test_a_clicked_pixel_is_what_its_newest_click_says() -> None:
    part = np.zeros((3, 4), bool)  # pixels 10..13 x 20..22
    clicks = [Click(10.9, 20.0, True), Click(13.0, 22.5, True), Click(13.4, 22.1, False), Click(14.0, 22.0, True)]
    put_clicked(part, (10, 20, 14, 23), clicks)
    assert part.sum() == 1
    assert part[0, 0]


def test_a_box_grows_to_the_pixels_of_positive_clicks_alone() -> None:
    clicks = [Click(4.9, 30.2, True), Click(90.0, 90.0, False)]
    assert with_clicked((10, 20, 14, 23), clicks) == (4, 20, 14, 31)
    assert with_clicked((0, 0, 0, 0), clicks) == (4, 30, 5, 31)
    assert with_clicked((0, 0, 0, 0), clicks[1:]) == (0, 0, 0, 0)
