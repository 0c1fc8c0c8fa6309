"""Losses of a set of (class, mask) pairs."""

import pytest
import torch
import torch.nn.functional as F

from inference.heads.networks.config import WEIGHTS
from inference.heads.networks.criterion import Prediction, class_terms, match, set_loss, unmatched_weights
from inference.heads.networks.fastinst import FastInst
from inference.heads.networks.mask2former import Mask2Former
from tests.inference.heads.tiny import CONFIG, example, generator, learned


@pytest.mark.parametrize("make", [FastInst, Mask2Former])
def test_heads_have_no_dropout_and_learn_with_all_their_weights(make: type) -> None:
    model = make(CONFIG).train()
    assert not any(isinstance(m, torch.nn.Dropout) for m in model.modules())
    tokens, targets = learned([example(0), example(1)])
    loss = model.loss(tokens, targets, generator())["loss"]
    assert torch.equal(loss, model.loss(tokens, targets, generator())["loss"])
    loss.backward()
    unused = [name for name, p in model.named_parameters() if p.grad is None]
    assert not unused


@pytest.mark.parametrize("make", [FastInst, Mask2Former])
def test_an_image_without_objects_can_be_learned_from(make: type) -> None:
    model = make(CONFIG)
    tokens, targets = learned([example(0, [])])
    loss = model.loss(tokens, targets, generator())["loss"]
    loss.backward()
    assert torch.isfinite(loss)


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
