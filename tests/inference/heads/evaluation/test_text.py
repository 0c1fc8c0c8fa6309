"""Figures of segment by text."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from inference import ClickPredictor, Features
from inference.heads.evaluation.text import Overlaps, by_truth, sample
from tests.inference.conftest import Image, Mask


def test_intersections_and_unions_are_summed() -> None:
    some, truth = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    some[:2], truth[:3] = True, True
    overlaps = Overlaps()
    overlaps.add("class", some, truth)
    overlaps.add("side", truth, truth)
    overlaps.add("side", some[::-1], some)
    assert overlaps.figures() == {"oiou": round((8 + 12) / (12 + 12 + 16), 4), "p50": round(2 / 3, 4)}
    assert overlaps.figures("class") == {"oiou": round(8 / 12, 4), "p50": 1.0}


def test_the_same_phrases_are_drawn_again(coco_file: Callable[..., Path]) -> None:
    file = coco_file(count=4)
    first = [(image.id, [p.text for p in asked]) for image, asked in sample(file, 3, 0)]
    assert first == [(image.id, [p.text for p in asked]) for image, asked in sample(file, 3, 0)]
    assert sum(len(asked) for _, asked in first) == 3
    assert {text for _, asked in first for text in asked} == {"thing"}


def test_the_ceiling_is_told_everything(
    predictor: ClickPredictor, features: Features, picture: tuple[Image, Mask]
) -> None:
    truth = picture[1]
    mask = by_truth(predictor, features, truth)
    assert (mask & truth).sum() / (mask | truth).sum() > 0.8
