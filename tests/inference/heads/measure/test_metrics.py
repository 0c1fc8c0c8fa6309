"""The measures on cases that can be counted by hand."""

from typing import Any

import numpy as np
import pytest

from inference.heads.measure.metrics import (
    Seen,
    average_precision,
    flat_truth,
    mean_iou,
    panoptic_quality,
    picture_quality,
    seen,
)
from inference.heads.proposals import Proposal, Rle, box_of, encode
from tests.inference.heads.tiny import WORDS, example

NAMES = ("cup", "plate", "sky")


def region(x0: int, y0: int, x1: int, y1: int) -> Rle:
    mask = np.zeros((100, 100), bool)
    mask[y0:y1, x0:x1] = True
    return encode(mask)


def said(rle: Rle, score: float, name: str) -> Proposal:
    return Proposal(rle, box_of(rle), score, name)


def truth(*objects: tuple[Rle, str], crowds: tuple[tuple[Rle, str], ...] = ()) -> Seen:
    return Seen(100, 100, objects, crowds, np.zeros((100, 100), bool))


CUP, PLATE = region(0, 0, 40, 40), region(50, 50, 90, 90)
BOTH = truth((CUP, "cup"), (PLATE, "plate"))


def test_perfect_answers_are_perfect() -> None:
    answers = [[said(CUP, 0.9, "cup"), said(PLATE, 0.8, "plate")]]
    found = average_precision([BOTH], answers, NAMES)
    assert found["ap"] == found["ap50"] == found["ap_medium"] == 1.0
    assert found["by_category"] == {"cup": 1.0, "plate": 1.0}
    assert panoptic_quality([BOTH], answers, NAMES)["pq"] == 1.0
    assert mean_iou([BOTH], answers, NAMES)["miou"] == 1.0
    assert picture_quality(BOTH, answers[0]) == 1.0


def test_no_answers_and_wrong_categories_are_worth_nothing() -> None:
    answers: list[Any]
    for answers in ([[]], [[said(CUP, 0.9, "plate"), said(PLATE, 0.9, "cup")]], [[said(CUP, 0.9, "fork")]]):
        assert average_precision([BOTH], answers, NAMES)["ap"] == 0.0
        assert panoptic_quality([BOTH], answers, NAMES)["pq"] == 0.0
        assert mean_iou([BOTH], answers, NAMES)["miou"] == 0.0


def test_a_looser_mask_passes_at_lower_overlaps_only() -> None:
    answers = [[said(region(0, 0, 40, 26), 0.9, "cup"), said(PLATE, 0.8, "plate")]]  # IoU .65
    found = average_precision([BOTH], answers, NAMES)
    assert found["ap50"] == 1.0
    assert found["ap75"] == 0.5
    assert found["by_category"]["cup"] == pytest.approx(0.4)  # at .5, .55, .6, .65


def test_a_better_ranked_mistake_costs_precision() -> None:
    wrong = said(region(50, 0, 90, 40), 0.95, "cup")
    found = average_precision([BOTH], [[wrong, said(CUP, 0.9, "cup"), said(PLATE, 0.8, "plate")]], NAMES)
    assert found["by_category"] == {"cup": 0.5, "plate": 1.0}


def test_answers_on_a_crowd_are_no_mistakes() -> None:
    crowd = truth((CUP, "cup"), crowds=((region(50, 0, 100, 40), "cup"),))
    answers = [[said(region(60, 0, 80, 40), 0.95, "cup"), said(CUP, 0.9, "cup")]]
    assert average_precision([crowd], answers, NAMES)["ap"] == 1.0


def test_panoptic_quality_counted_by_hand() -> None:
    """A cup at IoU .8; a plate missed; a wrong cup half on the plate; a wrong cup on void, which doesn't count."""
    answers = [
        [
            said(region(0, 0, 40, 32), 0.9, "cup"),
            said(region(50, 50, 90, 90), 0.8, "cup"),
            said(region(0, 60, 30, 100), 0.7, "cup"),
        ]
    ]
    found = panoptic_quality([BOTH], answers, NAMES)
    cup = 0.8 / (1 + 0.5)
    assert found["by_category"] == {"cup": pytest.approx(cup, abs=1e-3), "plate": 0.0}
    assert found["pq"] == pytest.approx(cup / 2, abs=1e-3)
    assert found["sq"] == pytest.approx(0.4)
    assert picture_quality(BOTH, answers[0]) == pytest.approx(0.8 / (1 + 0.5 * (1 + 1)), abs=1e-3)


def test_void_pixels_count_in_no_overlap() -> None:
    larger = [[said(region(0, 0, 50, 48), 0.9, "cup")]]  # the part beside the cup is void
    assert panoptic_quality([truth((CUP, "cup"))], larger, NAMES)["pq"] == 1.0
    assert mean_iou([truth((CUP, "cup"))], larger, NAMES)["miou"] == 1.0


def test_small_objects_lie_above_large_ones() -> None:
    inside = region(10, 10, 20, 20)
    picture = flat_truth(truth((CUP, "plate"), (inside, "cup")))
    assert picture.categories[picture.ids[15, 15]] == "cup"
    assert picture.categories[picture.ids[5, 5]] == "plate"


def test_stuff_of_one_category_is_one_segment() -> None:
    sky = truth((region(0, 0, 100, 20), "sky"), (region(0, 80, 100, 100), "sky"))
    answer = [[said(region(0, 0, 100, 20), 0.9, "sky"), said(region(0, 80, 100, 100), 0.8, "sky")]]
    assert panoptic_quality([sky], answer, NAMES, frozenset({"sky"}))["rq"] == 1.0
    assert panoptic_quality([sky], [answer[0][:1]], NAMES, frozenset({"sky"}))["pq"] == 0.0  # half of one: no match
    assert panoptic_quality([sky], [answer[0][:1]], NAMES)["rq"] == pytest.approx(2 / 3, abs=1e-3)  # one of two


def test_mean_iou_counted_by_hand() -> None:
    answers = [[said(region(0, 0, 40, 20), 0.9, "cup"), said(region(0, 20, 40, 40), 0.8, "plate")]]
    found = mean_iou([BOTH], answers, NAMES)
    assert found["by_category"] == {"cup": 0.5, "plate": 0.0}
    assert found["miou"] == 0.25


def test_the_truth_of_an_example() -> None:
    made = example(0, [((1, 1, 5, 5), "cup")], void=(region_of_256(),))
    shown = seen(made)
    assert shown.objects[0][1] in WORDS.names
    assert shown.void.sum() == 100
    assert (shown.height, shown.width) == (256, 256)


def region_of_256() -> Rle:
    mask = np.zeros((256, 256), bool)
    mask[:10, :10] = True
    return encode(mask)
