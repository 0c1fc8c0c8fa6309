"""Batches."""

import dataclasses

import numpy as np
import pytest

from inference.core.geometry import Frame
from inference.data.coco import DataError
from inference.heads.data.batches import Sampler
from tests.inference.heads.tiny import CHANNELS, WORDS, example


def test_batches_have_one_size_and_follow_from_the_seed() -> None:
    mixed = [example(k, side=256) for k in range(3)] + [example(9, side=192)]
    sampler = Sampler(mixed, WORDS)
    shapes = set()
    for step in range(30):
        batch = sampler.draw(np.random.default_rng([1, step]), 3)
        again = sampler.draw(np.random.default_rng([1, step]), 3)
        assert np.array_equal(batch.tokens, again.tokens)
        rows, columns = batch.tokens.shape[2:]
        assert rows % 2 == columns % 2 == 0
        assert 12 <= rows <= 16
        assert all(t.masks.shape[1:] == (4 * rows, 4 * columns) for t in batch.truths)
        shapes.add((len(batch.truths), rows, columns))
    assert {count for count, _, _ in shapes} == {1, 3}
    with pytest.raises(DataError):
        Sampler([], WORDS)


def test_windows_of_a_panorama_hold_all_queries() -> None:
    wide = dataclasses.replace(example(0, []), frame=Frame.of(60, 640))
    wide = dataclasses.replace(wide, tokens=lambda: np.zeros((CHANNELS, *wide.frame.tokens), np.float16))
    sampler = Sampler([wide], WORDS, crops=1.0)
    sizes = {sampler.draw(np.random.default_rng(k), 1).tokens.shape[2:] for k in range(20)}
    assert len(sizes) > 1
    assert min(rows * columns for rows, columns in sizes) >= 100
