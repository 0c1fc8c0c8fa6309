"""What an example teaches, as arrays."""

import dataclasses

import numpy as np
import pytest

from inference.heads.data.examples import Labelled, Vocabulary
from inference.heads.data.truth import covered, cut, rasterise
from inference.heads.networks.config import HeadConfig
from tests.inference.heads.tiny import CHANNELS, CONFIG, WORDS, example


def test_the_truth_as_arrays() -> None:
    made = example(0, [((1, 2, 5, 4), "cup"), ((8, 8, 10, 10), "plate"), ((12, 8, 14, 10), "plate")])
    truth = rasterise(made, WORDS)
    assert truth.labels.tolist() == [0, 1, 1]
    assert truth.masks.shape == (3, 64, 64)
    assert truth.masks[0, 8:16, 4:20].min() == 255
    assert truth.masks[0].sum() == 255 * 8 * 16
    merged = rasterise(made, Vocabulary(WORDS.names, frozenset({"plate"})))
    assert merged.labels.tolist() == [0, 1]
    assert merged.masks[1].sum() == 255 * 2 * 64
    only_cups = rasterise(made, Vocabulary(("cup",)))
    assert only_cups.labels.tolist() == [0]
    assert not only_cups.counted[34, 34]  # a plate is neither a cup nor known to be none
    assert only_cups.counted.mean() == pytest.approx(1 - 2 * 64 / 4096)


def test_covered_shares_are_exact_and_stay_in_the_picture() -> None:
    frame = example(0).frame
    mask = np.zeros((256, 256), bool)
    mask[3:9, 2:7] = True
    assert covered(mask, frame).sum() / 255 * 16 == pytest.approx(30, abs=0.5)


def test_a_window_keeps_what_is_mostly_in_it() -> None:
    made = example(0, [((0, 0, 10, 2), "cup"), ((2, 8, 6, 12), "plate")])
    window = cut(rasterise(made, WORDS), y=0, x=9, rows=12, columns=7)
    assert window.labels.tolist() == []  # a tenth of the cup is in it, nothing of the plate
    assert not window.counted[:8, :4].any()
    assert window.counted[8:].all()
    assert cut(rasterise(made, WORDS), 0, 0, 12, 12).labels.tolist() == [0, 1]


def test_weights_of_objects_reach_the_loss() -> None:
    heavy = example(0)
    heavy = dataclasses.replace(heavy, objects=tuple(dataclasses.replace(o, weight=3.0) for o in heavy.objects))
    assert rasterise(heavy, WORDS).weights.tolist() == [3.0, 3.0]
    assert isinstance(heavy.objects[0], Labelled)
    assert HeadConfig.read(CONFIG.write()) == CONFIG
    assert CONFIG.tokens == CHANNELS
