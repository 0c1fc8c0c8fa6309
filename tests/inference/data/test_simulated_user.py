"""The simulated user."""

import numpy as np

from inference.data.simulated_user import Hand, depth, next_click, perturb


def square(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    return mask


def test_the_first_click_is_the_middle_of_the_object() -> None:
    assert next_click(square(), square((10, 10, 31, 31))) == (20, 20, True)


def test_the_largest_region_is_clicked_not_the_deepest() -> None:
    truth = square((2, 2, 13, 13), (20, 40, 75, 45))  # 121 pixels, deep; 275 pixels, thin
    click = next_click(square(), truth)
    assert click is not None
    assert truth[click.y, click.x]
    assert click.y == 42


def test_too_much_gets_a_negative_click() -> None:
    click = next_click(square((0, 0, 40, 40)), square((0, 0, 10, 40)))
    assert click is not None
    assert not click.positive
    assert 10 <= click.x < 40


def test_void_pixels_are_no_errors() -> None:
    assert next_click(square(), square((5, 5, 9, 9)), ignore=square((0, 0, 20, 20))) is None
    assert next_click(square((5, 5, 9, 9)), square((5, 5, 9, 9))) is None


def test_the_picture_s_border_is_a_border() -> None:
    assert depth(np.ones((5, 5), bool)).max() == 3


def test_random_clicks_are_deep_and_repeatable() -> None:
    truth = square((10, 10, 50, 50))
    inside = depth(truth)
    clicks = [next_click(square(), truth, rng=np.random.default_rng(i)) for i in range(30)]
    again = [next_click(square(), truth, rng=np.random.default_rng(i)) for i in range(30)]
    assert clicks == again
    assert len(set(clicks)) > 10
    assert all(c is not None and inside[c.y, c.x] >= inside.max() / 1.8 for c in clicks)


def test_a_perturbed_mask_is_wrong_but_near() -> None:
    truth = square((20, 15, 60, 45))
    masks = [perturb(truth, np.random.default_rng(i)) for i in range(40)]
    ious = [(m & truth).sum() / (m | truth).sum() for m in masks]
    assert np.mean(ious) > 0.6
    assert np.mean(ious) < 0.98


def test_clicks_at_the_border_and_anywhere() -> None:
    truth = square((10, 10, 50, 50))
    inside = depth(truth)
    rng = np.random.default_rng(0)
    border = [next_click(square(), truth, rng=rng, where="border") for _ in range(60)]
    assert all(c is not None and 0 < inside[c.y, c.x] <= 0.25 * inside.max() for c in border)
    depths = [inside[c.y, c.x] for _ in range(60) if (c := next_click(square(), truth, rng=rng, where="anywhere"))]
    assert min(depths) < 0.2 * inside.max() < 0.6 * inside.max() < max(depths)
    single = next_click(square(), square((3, 3, 4, 4)), rng=rng, where="border")
    assert single == (3, 3, True)


def test_a_hand_misses_by_about_its_deviation_but_not_the_region() -> None:
    region = np.ones((200, 200), bool)
    hand = Hand(np.random.default_rng(0), 5.0)
    landed = np.array([hand.land(region, 100, 100) for _ in range(400)])
    assert np.abs(landed.mean(0) - 100).max() < 1
    assert np.abs(landed.std(0) - 5).max() < 0.6
    dot = np.zeros((9, 9), bool)
    dot[4, 4] = True
    assert Hand(np.random.default_rng(0), 50.0).land(dot, 4, 4) == (4, 4)
