"""LTS: the parts of the network."""

import numpy as np
import pytest
import torch

from inference.data.device import CPU
from inference.heads.networks.text import Lts, balanced, locate, lts_loss
from tests.inference.heads.tiny import CHANNELS
from tests.inference.heads.tiny_text import TINY


def test_the_response_is_the_convolution_with_the_sentences_kernel() -> None:
    torch.manual_seed(0)
    fused, kernels = torch.randn(2, 4, 5, 6), torch.randn(2, 4 * 9 + 1)
    found = locate(fused, kernels, 3).numpy()
    for b in range(2):
        weight = kernels[b, :-1].reshape(4, 3, 3).numpy() / np.sqrt(36)
        padded = np.pad(fused[b].numpy(), ((0, 0), (1, 1), (1, 1)))
        for y in range(5):
            for x in range(6):
                value = (padded[:, y : y + 3, x : x + 3] * weight).sum() + kernels[b, -1].item()
                assert found[b, y, x] == pytest.approx(value, abs=1e-4)


def test_another_sentence_gives_another_kernel_and_response() -> None:
    torch.manual_seed(0)
    model = Lts(TINY).eval()
    tokens, place = torch.randn(1, CHANNELS, 8, 8).expand(2, -1, -1, -1), torch.rand(1, 3, 8, 8).expand(2, -1, -1, -1)
    words = torch.nn.functional.normalize(torch.randn(2, TINY.words))
    with torch.inference_mode():
        response, mask = model(tokens, words, place)
        kernels = model.kernel(words * TINY.words**0.5)
        again = locate(model.fuse(tokens, words * TINY.words**0.5, place), kernels, 3)
    assert response.shape == (2, 8, 8)
    assert mask.shape == (2, 16, 16)
    assert torch.equal(response, again)
    assert (response[0] - response[1]).abs().max() > 1e-3
    assert (kernels[0] - kernels[1]).abs().max() > 1e-3


def test_gradients_are_finite_in_bfloat16() -> None:
    """PyTorch 2.13's bfloat16 gradients of widely dilated convolutions are NaN on CPUs: LTS computes those in fp32."""
    torch.manual_seed(0)
    model = CPU.place(Lts(TINY))
    words, share = torch.nn.functional.normalize(torch.randn(2, TINY.words)), torch.zeros(2, 16, 40)
    share[0, 2:5, 3:9] = 1
    with CPU.autocast():
        response, mask = model(torch.randn(2, CHANNELS, 16, 40), words, torch.ones(2, 3, 16, 40))
    fine = share.repeat_interleave(2, 1).repeat_interleave(2, 2)
    lts_loss(response, mask, share, fine, torch.ones(2, 16, 40))["loss"].backward()
    assert all(bool(p.grad.isfinite().all()) for p in model.parameters() if p.grad is not None)
    assert sum(p.grad is None for p in model.parameters()) == 0


def test_padding_does_not_count_in_the_loss() -> None:
    logits, share, valid = torch.randn(1, 6, 6), torch.zeros(1, 6, 6), torch.ones(1, 6, 6)
    share[:, 1:3, 1:3], valid[:, :, 4:] = 1, 0
    other = logits.clone()
    other[:, :, 4:] += 5
    assert torch.allclose(balanced(logits, share, valid), balanced(other, share, valid))
    assert balanced(20 * (2 * share - 1), share, valid).item() < 1e-6
