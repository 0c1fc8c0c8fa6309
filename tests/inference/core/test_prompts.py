"""The reference label and the distance guide."""

import numpy as np
import pytest

from inference.core.prompts import (
    BACKGROUND,
    FOREGROUND,
    MAYBE_BACKGROUND,
    MAYBE_FOREGROUND,
    UNKNOWN,
    DistanceGuide,
    Prompt,
    base_label,
    box_label,
    paint,
)


def test_the_label_has_five_states() -> None:
    valid = np.ones((32, 40), bool)
    valid[:, 36:] = False
    assert set(np.unique(base_label(valid, None))) == {BACKGROUND, UNKNOWN}
    previous = np.zeros((32, 40), bool)
    assert np.array_equal(base_label(valid, previous), base_label(valid, None))
    previous[5:10, 5:10] = True
    label = base_label(valid, previous)
    assert (label[5:10, 5:10] == MAYBE_FOREGROUND).all()
    assert label[20, 20] == MAYBE_BACKGROUND
    assert (label[:, 36:] == BACKGROUND).all()


def test_a_click_paints_a_disc_of_five_pixels() -> None:
    label = np.full((40, 40), UNKNOWN, np.uint8)
    paint(label, Prompt(40.0, 20.0, True))
    ys, xs = np.nonzero(label == FOREGROUND)
    assert len(ys) == pytest.approx(np.pi * 2.5**2, abs=4)  # stride 2: radius 2.5 cells
    assert np.hypot((xs + 0.5) * 2 - 40, (ys + 0.5) * 2 - 20).max() <= 5
    paint(label, Prompt(40.0, 20.0, False))
    assert (label[ys, xs] == BACKGROUND).all()


def test_a_disc_at_the_corner_stays_inside() -> None:
    label = np.full((10, 10), UNKNOWN, np.uint8)
    paint(label, Prompt(0.5, 19.5, True))
    assert label[9, 0] == FOREGROUND


def test_a_box_says_outside_is_background() -> None:
    valid = np.ones((50, 50), bool)
    label = box_label(valid, (20, 20, 60, 80))
    assert label[0, 0] == BACKGROUND
    assert label[20, 20] == MAYBE_FOREGROUND
    assert label[20, 31] == MAYBE_BACKGROUND  # the margin
    assert label[20, 34] == BACKGROUND


def test_the_guide_keeps_the_nearest_click_and_the_newest() -> None:
    guide = DistanceGuide(8, 10)
    guide.add(Prompt(20.0, 20.0, True))
    assert guide.maps[0, 2, 2] == pytest.approx(1.0)
    assert guide.maps[0].max() == guide.maps[0, 2, 2]
    assert (guide.maps[2:4] == 0).all()
    before = guide.copy()
    guide.add(Prompt(60.0, 44.0, False))
    assert np.array_equal(before.maps[:2], guide.maps[:2])
    assert guide.maps[2, 5, 7] == pytest.approx(1.0)
    assert guide.maps[4, 5, 7] == pytest.approx(-1.0)
    guide.add(Prompt(28.0, 20.0, True))
    assert (guide.maps[:2] >= before.maps[:2]).all()
