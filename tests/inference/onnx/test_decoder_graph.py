"""The decoder's graph."""

import numpy as np
import onnxruntime
import pytest
import torch

from inference.core.features import WEIGHTS
from inference.networks.loading import load_click


@pytest.mark.parametrize("shape", [(1, 4, 40), (3, 12, 4)])
def test_the_decoder_takes_any_shape_and_number(shape: tuple[int, int, int]) -> None:
    objects, h, w = shape
    decoder = load_click(WEIGHTS).decoder
    c4, c8, c16, c32 = decoder.cfg.channels
    torch.manual_seed(1)
    inputs = {
        "s4": torch.randn(objects, c4, 4 * h, 4 * w).half(),
        "s8": torch.randn(objects, c8, 2 * h, 2 * w).half(),
        "s16": torch.randn(objects, c16, h, w).half(),
        "s32": torch.randn(objects, c32, h // 2, w // 2).half(),
        "label": torch.full((objects, 1, 8 * h, 8 * w), 2, dtype=torch.uint8),
        "guide": torch.zeros(objects, 5 + 2 * decoder.cfg.sim_heads, 2 * h, 2 * w),
    }
    session = onnxruntime.InferenceSession(str(WEIGHTS / "decoder.onnx"), providers=["CPUExecutionProvider"])
    found = session.run(None, {k: v.numpy() for k, v in inputs.items()})[0]
    with torch.inference_mode():
        expected = decoder(*(tensor.float() for tensor in inputs.values())).numpy()
    assert found.shape == (objects, 1, 8 * h, 8 * w)
    assert np.abs(found - expected).max() < 1e-3
