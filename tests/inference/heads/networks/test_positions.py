"""Codes of positions."""

import torch

from inference.heads.networks.positions import LearnedGrid, sinusoidal


def test_sinusoidal_positions_differ_everywhere_and_stretch_with_the_map() -> None:
    small, large = sinusoidal(torch.zeros(1, 32, 3, 5)), sinusoidal(torch.zeros(1, 32, 9, 15))
    assert small.shape == (1, 32, 3, 5)
    assert torch.allclose(small, large[..., 1::3, 1::3], atol=1e-5)
    rows = small.flatten(2)[0].t()
    assert (torch.cdist(rows, rows) + torch.eye(15)).min() > 0.1


def test_the_learned_grid_is_interpolated() -> None:
    grid = LearnedGrid(4, 3)
    assert torch.allclose(grid(torch.zeros(1, 9, 3, 3)), grid.codes)
    assert torch.allclose(grid(torch.zeros(1, 9, 9, 9))[..., 1::3, 1::3], grid.codes, atol=1e-6)
