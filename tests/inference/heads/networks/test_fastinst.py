"""FastInst: the mechanisms that define it."""

import torch

from inference.heads.networks.config import WEIGHTS
from inference.heads.networks.fastinst import FastInst, activation_loss, choose_pixels, log_odds, mostly
from tests.inference.heads.tiny import CONFIG, example, generator, learned


def test_queries_sit_on_local_maxima_of_their_own_class_first() -> None:
    logits = torch.zeros(1, 3, 8, 8)
    logits[:, 2] = 4.0  # nothing, nearly everywhere
    logits[0, 0, 2, 2] = 3.0  # a weak peak of class 0 …
    logits[0, 1, 2, 3] = 6.0  # … beside a strong one of class 1: a peak all the same
    logits[0, 1, 2, 4] = 5.9  # the second best pixel of all, but no peak
    chosen = choose_pixels(logits, 3)[0].tolist()
    assert chosen[:2] == [2 * 8 + 3, 2 * 8 + 2]
    assert 2 * 8 + 4 not in chosen[:2]


def test_after_the_peaks_pixels_come_by_probability() -> None:
    values = torch.arange(36.0).reshape(6, 6) / 36  # one slope: only the last pixel is a peak
    logits = torch.stack([values, torch.zeros(6, 6)])[None]
    assert choose_pixels(logits, 4)[0].tolist() == [35, 34, 33, 32]


def test_fastinst_queries_are_pixel_embeddings_and_its_pixels_learn_from_them() -> None:
    model = FastInst(CONFIG)
    tokens, _ = learned([example(0)])
    with torch.no_grad():
        trace = model.trace(tokens)
        maps = model.pixels(tokens)
    queries, pixels, seen = trace.inputs[0]
    chosen = choose_pixels(trace.activation, CONFIG.queries)[0]
    assert torch.equal(queries[0, : CONFIG.queries], maps.s16.flatten(2)[0].t()[chosen])
    assert torch.equal(queries[0, CONFIG.queries :], model.auxiliary[0])
    assert seen[0, CONFIG.queries :].all()  # these gather what no object has
    layer = model.layers[0]
    more = queries.clone()
    more[0, 0] += 1.0
    with torch.no_grad():
        _, before = layer(queries, trace.query_places, pixels, trace.pixel_places, seen)
        _, after = layer(more, trace.query_places, pixels, trace.pixel_places, seen)
    assert not torch.allclose(before, after)


def test_the_guided_pass_looks_through_the_true_masks() -> None:
    model = FastInst(CONFIG)
    tokens, targets = learned([example(0)])
    with torch.no_grad():
        trace = model.trace(tokens)
    seen_by_layer: list[torch.Tensor] = []
    model.layers[0].register_forward_pre_hook(lambda _, inputs: seen_by_layer.append(inputs[4].clone()))
    matching = [(torch.tensor([4, 7]), torch.tensor([1, 0]))]
    with torch.no_grad():
        model.guided(trace, targets, matching)
    true = mostly(targets[0].masks, torch.Size((32, 32))).flatten(1)
    assert torch.equal(seen_by_layer[0][0, 4], true[1])
    assert torch.equal(seen_by_layer[0][0, 7], true[0])
    assert torch.equal(seen_by_layer[0][0, 0], trace.inputs[0][2][0, 0])  # unmatched: as before


def test_objects_smaller_than_a_cell_have_one() -> None:
    masks = torch.zeros(2, 16, 16)
    masks[0, 4, 4] = 0.9  # a sixteenth of a cell of 4 x 4
    cells = mostly(masks, torch.Size((4, 4)))
    assert cells[0].nonzero().tolist() == [[1, 1]]
    assert not cells[1].any()


def test_pixels_are_matched_inside_of_their_objects() -> None:
    """The location cost: a pixel outside is never matched, however sure of the class it is."""
    _, targets = learned([example(0, [((2, 2, 5, 5), "cup")])])
    logits = torch.zeros(1, 3, 16, 16)
    logits[0, 0, 10, 10] = 9.0
    logits[0, 0, 3, 3] = 1.0
    logits.requires_grad_()
    activation_loss(logits, targets, WEIGHTS).backward()
    assert logits.grad is not None
    more = logits.grad[0, 0] < 0  # where learning makes cups likelier
    assert more.nonzero().tolist() == [[3, 3]]


def test_pixels_keep_their_order_where_every_probability_is_one() -> None:
    logits = torch.randn(1, 4, 5, 6, generator=generator())
    shares = logits.double().softmax(1)
    assert torch.allclose(log_odds(logits), (shares / (1 - shares)).log().float(), atol=1e-4)
    sure = torch.zeros(1, 2, 1, 7)
    sure[0, 0, 0, ::2] = torch.tensor([40.0, 43.0, 41.0, 42.0])
    assert sure.softmax(1)[0, 0, 0, ::2].unique().numel() == 1
    assert choose_pixels(sure, 4).tolist() == [[2, 6, 4, 0]]
