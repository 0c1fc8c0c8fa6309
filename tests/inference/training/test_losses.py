"""Losses against figures computed by hand."""

import math

import numpy as np
import pytest
import torch

from inference.training.losses import near_border, normalized_focal, soft_iou


def test_soft_iou_by_hand() -> None:
    logits = torch.tensor([[[0.0, 0.0], [math.log(3), -math.log(3)]]])  # p = .5 .5 .75 .25
    target = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    loss = soft_iou(logits, target, torch.ones(1, 2, 2))
    assert loss.item() == pytest.approx(1 - 1.25 / 2.75, abs=1e-5)


def test_normalized_focal_by_hand() -> None:
    logits = torch.tensor([[[0.0, math.log(3)]]])  # p(right) = .5 and .75
    target = torch.ones(1, 1, 2)
    focal = [0.25, 0.0625]
    scale = 2 / sum(focal)
    expected = -0.5 * scale * (focal[0] * math.log(0.5) + focal[1] * math.log(0.75)) / 2
    assert normalized_focal(logits, target, torch.ones(1, 1, 2)).item() == pytest.approx(expected, abs=1e-5)


def test_void_pixels_do_not_count() -> None:
    logits = torch.randn(2, 4, 4)
    target = (torch.rand(2, 4, 4) > 0.5).float()
    weight = torch.ones(2, 4, 4)
    weight[:, :, 2:] = 0
    changed = logits.clone()
    changed[:, :, 2:] = 100.0
    for loss in (normalized_focal, soft_iou):
        assert torch.allclose(loss(logits, target, weight), loss(changed, target, weight))


def test_nothing_counted_is_no_division_by_zero() -> None:
    zero = torch.zeros(1, 2, 2)
    assert torch.isfinite(normalized_focal(zero, zero, zero)).all()
    assert torch.isfinite(soft_iou(zero, zero, zero)).all()


def test_cells_near_a_border_are_those_of_both_sides() -> None:
    masks = np.zeros((2, 30, 30), bool)
    masks[0, :, 15:] = True
    near = near_border(masks)
    assert near.shape == masks.shape
    assert near[0, :, 12:18].all()
    assert near[0].sum() == 6 * 30
    assert not near[1].any()


def test_stress_draws_the_gradient_to_the_border() -> None:
    truth = np.zeros((1, 40, 40), bool)
    truth[0, 10:30, 10:30] = True
    near, target = torch.from_numpy(near_border(truth)), torch.from_numpy(truth).float()

    def share(border: float) -> float:
        logits = torch.zeros(1, 40, 40, requires_grad=True)
        normalized_focal(logits, target, 1 + border * near).sum().backward()
        assert logits.grad is not None
        return (logits.grad.abs() * near).sum().item() / logits.grad.abs().sum().item()

    cells = near.float().mean().item()
    assert share(0.0) == pytest.approx(cells, abs=1e-4)
    assert share(3.0) == pytest.approx(4 * cells / (1 + 3 * cells), abs=1e-4)
