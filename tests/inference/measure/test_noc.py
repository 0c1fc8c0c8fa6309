"""The NoC protocol: on predictors whose answers are known, and the sample of objects."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inference.core.arrays import Mask
from inference.data.simulated_user import Hand, SimulatedClick
from inference.measure.noc import Trial, figures, iou, sample, summary, trial


def test_the_sample_is_seeded_and_respects_area_and_crowds(coco_file: Callable[..., Path]) -> None:
    file = coco_file(6)
    data = json.loads(file.read_text())
    data["annotations"][0]["iscrowd"] = 1
    data["annotations"][1]["area"] = 10
    file.write_text(json.dumps(data))

    def ids(limit: int | None, seed: int) -> list[int]:
        return [a["id"] for _, objects in sample(file, limit, 100, seed) for a in objects]

    assert ids(None, 0) == [3, 4, 5, 6]
    assert ids(2, 1) == ids(2, 1)
    assert len({tuple(ids(2, seed)) for seed in range(12)}) > 1


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


def test_the_share_of_clicks_that_make_it_worse() -> None:
    trials = [
        Trial((0.50, 0.60, 0.57, 0.55, 0.70), ()),  # one of four: .60 -> .57; .57 -> .55 is no more than .02
        Trial((0.90, 0.40), ()),  # its only later click
        Trial((0.95,), ()),  # no later click
    ]
    assert trials[0].falls() == [False, True, False, False]
    assert figures(trials, 20)["worse_share"] == pytest.approx(2 / 5)
    assert figures(trials[2:], 20)["worse_share"] is None


def test_a_clicked_pixel_on_the_wrong_side_is_counted() -> None:
    """An answer that forgets a pixel for some time; the other clicks are where they should be."""
    first: list[SimulatedClick] = []

    def answer(click: SimulatedClick) -> Mask:
        first.append(click)
        mask = TRUTH.copy()
        mask[:, 30:] = False  # something stays to be clicked
        mask[click.y, click.x] = click.positive
        if len(first) in (3, 4):
            mask[first[0].y, first[0].x] = not first[0].positive
        else:
            for one in first:
                mask[one.y, one.x] = one.positive
        return mask

    result = trial(answer, TRUTH, None, 6)
    assert len(result.ignored) == 6
    assert result.ignored[2:4] == (True, True)
    assert not any(result.ignored[k] for k in (0, 1, 4, 5))
    assert figures([result], 6)["ignored_share"] == pytest.approx(2 / 6, abs=1e-4)
    assert figures([Trial((0.5,), ())], 6)["ignored_share"] is None


def test_later_clicks_are_made_until_the_tenth() -> None:
    answers = iter([TRUTH & False, *([TRUTH ^ (np.arange(50) == 20)] * 30)])
    result = trial(lambda _: next(answers), TRUTH, None, 20)
    assert len(result.ious) == 10  # good enough after the second, but IoU@10 is asked for
    assert result.clicks_to(0.9, 20) == 2
    assert figures([result], 20)["iou_at_10"] == pytest.approx(580 / 620, abs=1e-4)


def test_figures_by_size() -> None:
    trials = [Trial((0.9,), (), 2999), Trial((0.5,), (), 3000), Trial((0.7,), (), 9999), Trial((0.95,), (), 10**6)]
    by_size = summary([*trials, Trial((0.1,), (), 999)], 20, [])["by_size"]
    assert {name: f["objects"] for name, f in by_size.items()} == {"1000-3000": 1, "3000-10000": 2, "10000-": 1}
    assert by_size["3000-10000"]["iou_at_1"] == pytest.approx(0.6)
    assert by_size["3000-10000"]["noc85"] == 20
    assert by_size["10000-"]["noc90"] == 1


def test_a_jittered_click_stays_in_the_error_and_is_seeded() -> None:
    def clicks(deviation: float, seed: int) -> tuple[SimulatedClick, ...]:
        hand = Hand(np.random.default_rng(seed), deviation)
        return trial(Grower(), TRUTH, None, 20, hand=hand).clicks

    steady = trial(Grower(), TRUTH, None, 20).clicks
    assert clicks(4.0, 1) == clicks(4.0, 1) != clicks(4.0, 2)
    assert steady != clicks(4.0, 1)
    grower = Grower()
    shown = np.zeros_like(TRUTH)
    for click in trial(grower, TRUTH, None, 20, hand=Hand(np.random.default_rng(3), 30.0)).clicks:
        assert (TRUTH & ~shown)[click.y, click.x]
        ys, xs = np.nonzero(TRUTH)
        shown[ys[: int(shown.sum()) + 100], xs[: int(shown.sum()) + 100]] = True
