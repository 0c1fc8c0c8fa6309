"""The detector: overlaps, assignment, loss."""

import numpy as np
import pytest
import torch

from inference.heads.everything import (
    Anchors,
    anchors,
)
from inference.heads.networks.discoverer import assign, discovery_loss, giou, pairwise_iou
from inference.heads.proposals import box_iou
from tests.inference.heads.tiny import random_boxes


def tensors(where: Anchors) -> Anchors:
    return Anchors(torch.from_numpy(where.points), torch.from_numpy(where.steps))


def test_overlaps_are_those_of_the_definition() -> None:
    a, b = (torch.from_numpy(random_boxes(20, s, 60)) for s in (1, 2))
    expected = box_iou([tuple(v) for v in a.tolist()], [tuple(v) for v in b.tolist()])
    assert np.abs(pairwise_iou(a, b).numpy() - expected).max() < 1e-5
    iou, general = giou(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([[3.0, 0, 4, 1]]))
    assert iou.item() == 0
    assert general.item() == pytest.approx(-0.5)


def test_positions_are_assigned_near_the_middle_of_their_object() -> None:
    where = tensors(anchors(16, 16))
    count = len(where.points)
    truths = torch.tensor([[40.0, 40, 120, 100], [0.0, 0, 256, 256]])
    boxes = where.points + where.steps * 4
    which = assign(torch.zeros(count), boxes, where, truths)
    for j, truth in enumerate(truths):
        points = where.points[which == j][:, :2]
        assert 1 <= len(points) <= 10
        assert ((points > truth[:2]) & (points < truth[2:])).all()
    assert (assign(torch.zeros(count), boxes, where, truths[:0]) == -1).all()


def test_background_counts_as_much_as_the_set_says() -> None:
    logits, distances = torch.zeros(1, 84), torch.ones(1, 84, 4)
    nothing = [torch.zeros(0, 4)]
    full = discovery_loss(logits, distances, nothing, [1.0], (4, 4))["loss"]
    quarter = discovery_loss(logits, distances, nothing, [0.25], (4, 4))["loss"]
    assert quarter.item() == pytest.approx(full.item() / 4)
    assert full.item() > 0
