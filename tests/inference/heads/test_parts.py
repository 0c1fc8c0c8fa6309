"""The shared parts: attention that is masked exactly, positions, matching against brute force, points."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from inference.heads.networks.attention import Attend, Attention, foreground
from inference.heads.networks.config import WEIGHTS
from inference.heads.networks.criterion import Prediction, class_terms, match, set_loss, unmatched_weights
from inference.heads.networks.matching import assign, mask_costs
from inference.heads.networks.pixel_decoder import PixelDecoder, pooled
from inference.heads.networks.point_losses import point_bce, point_dice, points_for, sample, uncertain_points
from inference.heads.networks.positions import LearnedGrid, sinusoidal
from tests.inference.heads.tiny import example, generator, learned


def test_masked_attention_gives_exactly_nothing_outside_of_the_mask() -> None:
    torch.manual_seed(0)
    attention = Attention(16, 4)
    query, source = torch.randn(2, 5, 16), torch.randn(2, 30, 16)
    seen = torch.rand(2, 5, 30) < 0.3
    seen[..., 0] = True
    weights = attention.weights(query, source, seen)
    assert weights[~seen[:, None].expand_as(weights)].abs().max() == 0
    assert torch.allclose(weights.sum(-1), torch.ones(2, 4, 5))
    moved = source.clone()
    moved[0, ~seen[0, 2]] += 100.0  # what the third query may not see
    assert torch.equal(attention(query, source, source, seen)[0, 2], attention(query, moved, moved, seen)[0, 2])


def test_a_query_with_an_empty_mask_sees_everything() -> None:
    logits = torch.full((1, 3, 4, 4), -1.0)
    logits[0, 1, 2, 3] = 1.0
    seen = foreground(logits)
    assert seen[0, 0].all()
    assert seen[0, 1].nonzero().flatten().tolist() == [11]
    assert seen[0, 2].all()


def test_a_mask_is_resized_before_it_is_looked_through() -> None:
    logits = torch.full((1, 1, 8, 8), -1.0)
    logits[..., :4, :4] = 1.0
    assert foreground(logits, 0.5)[0, 0].reshape(4, 4).nonzero().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert foreground(logits, 0.25)[0, 0].tolist() == [True, False, False, False]


def test_positions_are_added_to_keys_and_queries_but_not_to_values() -> None:
    torch.manual_seed(0)
    block = Attend(8, 2)
    rows, source = torch.randn(1, 3, 8), torch.randn(1, 1, 8)
    zero = torch.zeros(1, 1, 8)
    assert torch.allclose(block(rows, zero, source, zero), block(rows, zero + 5, source, zero + 7), atol=1e-6)


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


def test_pooling_by_products_is_adaptive_pooling() -> None:
    maps = torch.randn(2, 3, 10, 14)
    for bins in (1, 2, 3, 6):
        assert torch.allclose(pooled(maps, bins), F.adaptive_avg_pool2d(maps, bins), atol=1e-5)


def test_the_pixel_decoder_gives_three_strides() -> None:
    maps = PixelDecoder(12, 32)(torch.randn(2, 12, 10, 14))
    assert [tuple(m.shape) for m in maps] == [(2, 32, 20, 28), (2, 32, 10, 14), (2, 32, 5, 7)]


def test_a_class_that_is_not_labelled_here_is_no_mistake() -> None:
    logits, none = torch.tensor([[0.0, 8.0, 0.0]]), torch.tensor([2])  # surely a plate, but nothing is there
    one = torch.ones(1)
    all_known = class_terms(logits, none, one, torch.tensor([True, True]))
    plates_unknown = class_terms(logits, none, one, torch.tensor([True, False]))
    cups_unknown = class_terms(logits, none, one, torch.tensor([False, True]))
    assert all_known[0] > 7
    assert plates_unknown[0] < 0.01
    assert cups_unknown[0] > 7
    assert torch.allclose(all_known[0], F.cross_entropy(logits, none))


def test_unmatched_queries_count_nothing_on_void_and_more_on_what_was_rejected() -> None:
    made = example(0, [((1, 1, 5, 5), "cup")])
    nothing = example(1, [])
    _, (target,) = learned([nothing])
    coded = made.objects[0].segmentation
    _, (void,) = learned([example(1, [], void=(coded,))])
    _, (refused,) = learned([example(1, [], rejected=made.objects)])
    masks = torch.full((2, 32, 32), -1.0)
    masks[0, 2:10, 2:10] = 1.0  # just that region
    masks[1, 20:, 20:] = 1.0
    assert unmatched_weights(masks, target, WEIGHTS).tolist() == pytest.approx([0.1, 0.1])
    assert unmatched_weights(masks, void, WEIGHTS).tolist() == pytest.approx([0.0, 0.1])
    assert unmatched_weights(masks, refused, WEIGHTS).tolist() == pytest.approx([1.0, 0.1])


def test_a_perfect_prediction_is_matched_and_costs_little() -> None:
    _, targets = learned([example(2)])
    masks = torch.full((1, 4, 32, 32), -9.0)
    classes = torch.tensor([0.0, 0.0, 9.0]).repeat(1, 4, 1)
    for query, thing in ((3, 0), (1, 1)):
        masks[0, query] = F.adaptive_avg_pool2d(targets[0].masks[thing][None], 32)[0] * 18 - 9
        classes[0, query] = 0
        classes[0, query, targets[0].labels[thing]] = 9.0
    right = Prediction(classes, masks)
    ((queries, objects),) = match(right, targets, WEIGHTS, generator())
    assert dict(zip(objects.tolist(), queries.tolist(), strict=True)) == {0: 3, 1: 1}
    wrong = Prediction(classes.flip(-1), -masks)
    good, bad = (
        set_loss(p, targets, match(p, targets, WEIGHTS, generator()), WEIGHTS, generator()) for p in (right, wrong)
    )
    assert good < 1.0 < 10.0 < bad
    empty = learned([example(3, [])])[1]
    alone = set_loss(right, empty, match(right, empty, WEIGHTS, generator()), WEIGHTS, generator())
    assert torch.isfinite(alone)
