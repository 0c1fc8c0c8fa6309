"""Points, and losses at them."""

import torch

from inference.heads.networks.point_losses import points_for, sample, uncertain_points
from tests.inference.heads.tiny import generator


def test_points_are_sampled_at_cell_centres() -> None:
    maps = torch.arange(12.0).reshape(1, 1, 3, 4)
    centres = torch.tensor([[[(x + 0.5) / 4, (y + 0.5) / 3] for y in range(3) for x in range(4)]])
    assert torch.allclose(sample(maps, centres)[0, 0], maps.flatten(), atol=1e-5)


def test_most_points_are_where_the_prediction_is_least_sure() -> None:
    logits = torch.linspace(-10, 10, 64).expand(2, 64, 64).contiguous()  # the border is the middle column
    points = uncertain_points(logits, 400, generator())
    assert points.shape == (2, 400, 2)
    assert ((points >= 0) & (points <= 1)).all()
    near = (points[..., 0] - 0.5).abs() < 0.15  # the best quarter of three times as many uniform ones
    assert (near[:, :300].float().mean(1) > 0.99).all()
    assert (near[:, 300:].float().mean(1) < 0.45).all()
    assert torch.equal(points, uncertain_points(logits, 400, generator()))


def test_the_number_of_points_follows_the_papers_share() -> None:
    assert points_for(256, 256) == 12_544
    assert points_for(80, 64) == 980
    assert points_for(8, 8) == 64
