"""Attention that is masked exactly."""

import torch

from inference.heads.networks.attention import Attend, Attention, foreground


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
