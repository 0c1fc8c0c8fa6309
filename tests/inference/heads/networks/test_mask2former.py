"""Mask2Former: the mechanisms that define it."""

from typing import Any

import torch

from inference.heads.networks.mask2former import Mask2Former
from tests.inference.heads.tiny import CONFIG, example, learned


def test_mask2former_looks_at_one_map_a_layer_coarse_to_fine() -> None:
    model = Mask2Former(CONFIG)
    tokens, _ = learned([example(0)])
    sizes, masks = [], []

    def note(_: object, inputs: Any) -> None:
        sizes.append(inputs[2].shape[1])
        masks.append(inputs[4])

    for layer in model.layers:
        layer.register_forward_pre_hook(note)
    with torch.no_grad():
        found = model.predictions(tokens)
    assert sizes == [8 * 8, 16 * 16, 32 * 32]
    assert len(found) == 4
    inside = (found[2].masks > 0).flatten(2)
    empty = ~inside.any(-1)
    assert torch.equal(masks[2][~empty], inside[~empty])  # the last layer sees the mask that was said before
    assert masks[2][empty].all()


def test_mask2former_attends_across_before_among() -> None:
    """With cross-attention first, what one query sees reaches the others within a layer."""
    model = Mask2Former(CONFIG)
    order: list[str] = []
    layer: Any = model.layers[0]
    layer.cross.register_forward_hook(lambda *_: order.append("cross"))
    layer.among.register_forward_hook(lambda *_: order.append("among"))
    with torch.no_grad():
        model(torch.randn(1, CONFIG.tokens, 12, 12))
    assert order == ["cross", "among"]
