"""Matching against brute force, and its costs."""

import itertools

import numpy as np
import pytest
import torch

from inference.heads.networks.matching import assign, mask_costs
from inference.heads.networks.point_losses import point_bce, point_dice


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 6), (6, 2), (4, 5), (0, 4)])
def test_matching_equals_brute_force(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(shape[0] * 10 + shape[1])
    for _ in range(20):
        cost = rng.normal(0, 1, shape).round(1)  # with ties
        rows, columns = assign(cost)
        few, many = min(shape), max(shape)
        table = cost if shape[0] <= shape[1] else cost.T
        best = min(sum(table[k, p[k]] for k in range(few)) for p in itertools.permutations(range(many), few))
        assert len(rows) == len(set(rows)) == len(set(columns)) == few
        assert list(rows) == sorted(rows)
        assert cost[rows, columns].sum() == pytest.approx(best)


def test_matching_refuses_costs_that_are_no_numbers() -> None:
    with pytest.raises(ValueError, match="finite"):
        assign(np.array([[1.0, np.nan]]))


def test_pairwise_costs_are_the_losses_of_the_pairs() -> None:
    torch.manual_seed(0)
    logits, truth, counted = torch.randn(3, 50), (torch.rand(2, 50) < 0.4).float(), (torch.rand(50) < 0.8).float()
    entropy, dice = mask_costs(logits, truth, counted, 1.0, 0.0), mask_costs(logits, truth, counted, 0.0, 1.0)
    for q, m in itertools.product(range(3), range(2)):
        one = (logits[q : q + 1], truth[m : m + 1], counted[None])
        assert entropy[q, m] == pytest.approx(float(point_bce(*one)), rel=1e-4)
        assert dice[q, m] == pytest.approx(float(point_dice(*one)), rel=0.02)  # smoothed by other sizes
