"""The optimiser that makes its updates orthogonal."""

import numpy as np
import pytest
import torch
from torch import nn

from inference.training.clicks import CONFIGS, Run
from inference.training.muon import Muon, acts_as_matrix, orthogonal
from inference.training.optim import make_optimisers


@pytest.mark.parametrize("shape", [(24, 60), (60, 24), (32, 32)])
def test_an_update_is_nearly_orthogonal_and_keeps_the_singular_directions(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    gradients = torch.randn(3, *shape)
    made = orthogonal(gradients)
    assert made.shape == gradients.shape
    values = torch.linalg.svdvals(made)
    assert values.min() > 0.3
    assert values.max() < 1.3
    for before, after in zip(gradients, made, strict=True):
        u, _, v = torch.linalg.svd(before, full_matrices=False)
        cosine = (after * (u @ v)).sum() / (after.norm() * (u @ v).norm())
        assert cosine > 0.95


def test_a_step_has_the_size_that_adamw_s_rates_are_made_for() -> None:
    torch.manual_seed(0)
    weight = nn.Parameter(torch.zeros(16, 4, 3, 3))
    optimiser = Muon([weight], lr=0.1)
    weight.grad = 1e-4 * torch.randn_like(weight)  # the size of a gradient does not matter
    optimiser.step()
    moved = weight.detach().reshape(16, 36)
    assert torch.linalg.svdvals(moved).mean() == pytest.approx(0.1 * 0.2 * 36**0.5, rel=0.2)


def test_weight_decay_shrinks_what_gets_no_gradient_of_its_own() -> None:
    weight = nn.Parameter(torch.ones(4, 4))
    weight.grad = torch.zeros_like(weight)
    Muon([weight], lr=0.5, weight_decay=0.1).step()
    assert torch.allclose(weight, torch.full((4, 4), 0.95))


def test_depth_wise_weights_norms_and_biases_belong_to_adamw() -> None:
    assert acts_as_matrix(nn.Linear(3, 5).weight)
    assert acts_as_matrix(nn.Conv2d(3, 5, 2).weight)
    assert not acts_as_matrix(nn.Conv2d(8, 8, 3, groups=8).weight)
    assert not acts_as_matrix(nn.LayerNorm(8).weight)
    model = Run(CONFIGS["tiny"], 0).model
    names = {id(p): name for name, p in model.named_parameters()}
    adamw, muon = make_optimisers(model, CONFIGS["small"].optim)
    given = [names[id(p)] for o in (adamw, muon) for group in o.param_groups for p in group["params"]]
    assert sorted(given) == sorted(names.values())  # each weight has exactly one optimiser
    matrices = {names[id(p)] for group in muon.param_groups for p in group["params"]}
    assert "pyramid.project.weight" in matrices
    assert not [name for name in matrices if ".local." in name or name.endswith("bias")]
    assert len(make_optimisers(model, CONFIGS["small-adamw"].optim)) == 1


def test_it_descends() -> None:
    torch.manual_seed(0)
    target = torch.randn(12, 20)
    weight = nn.Parameter(torch.zeros(12, 20))
    optimiser = Muon([weight], lr=0.2)
    losses = []
    for _ in range(80):
        optimiser.zero_grad()
        loss = (weight - target).pow(2).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.2 * losses[0]
