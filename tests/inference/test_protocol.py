"""The NoC protocol, on predictors whose answers are known."""

import numpy as np
import pytest

from inference.protocol import Trial, iou, summary, trial
from inference.simulate import Mask, SimulatedClick

TRUTH = np.zeros((40, 50), bool)
TRUTH[10:30, 10:40] = True  # 600 pixels


class Grower:
    """Gives the first 100 * k pixels of the object after k clicks."""

    def __init__(self) -> None:
        self.clicks: list[SimulatedClick] = []

    def __call__(self, click: SimulatedClick) -> Mask:
        self.clicks.append(click)
        mask = np.zeros_like(TRUTH)
        ys, xs = np.nonzero(TRUTH)
        mask[ys[: 100 * len(self.clicks)], xs[: 100 * len(self.clicks)]] = True
        return mask


def test_a_known_predictor_gets_known_figures() -> None:
    grower = Grower()
    result = trial(grower, TRUTH, None, 20)
    assert result.ious == pytest.approx([k / 6 for k in range(1, 7)])
    assert all(click.positive for click in grower.clicks)
    figures = summary([result], 20, [0.5, 0.7, 0.6])
    assert figures["objects"] == 1
    assert figures["noc80"] == 5
    assert figures["noc85"] == figures["noc90"] == 6
    assert figures["failures90"] == 0
    assert figures["iou_at_1"] == pytest.approx(1 / 6, abs=1e-4)
    assert figures["iou_at_5"] == pytest.approx(5 / 6, abs=1e-4)
    assert figures["encoder_seconds"] == 0.6


def test_never_good_enough_counts_as_the_limit() -> None:
    result = trial(lambda _: np.zeros_like(TRUTH), TRUTH, None, 7)
    assert len(result.ious) == 7
    figures = summary([result, Trial((0.95,), (0.1,))], 7, [])
    assert figures["noc90"] == 4
    assert figures["failures90"] == 1
    assert figures["encoder_seconds"] is None


def test_void_pixels_count_nowhere() -> None:
    void = np.zeros_like(TRUTH)
    void[:, 25:] = True
    assert iou(TRUTH & ~void, TRUTH, void) == 1.0
    result = trial(lambda _: TRUTH & ~void, TRUTH, void, 20)
    assert result.ious == (1.0,)


def test_a_user_who_is_content_keeps_the_mask() -> None:
    assert Trial((0.5, 1.0), (0.1, 0.1)).iou_at(5) == 1.0
    assert iou(np.zeros((2, 2), bool), np.zeros((2, 2), bool), None) == 1.0


def test_nothing_to_evaluate_is_an_error() -> None:
    with pytest.raises(ValueError, match="no object"):
        summary([], 20, [])
