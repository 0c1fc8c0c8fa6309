"""The training loop, as the click model runs in it."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from inference.data.device import CPU, Compute
from inference.training.clicks import CONFIGS, Run


def test_fp16_scales_its_gradients_and_a_step_that_overflows_is_left_out() -> None:
    compute = Compute(torch.device("cpu"), torch.float16)
    run = Run(CONFIGS["tiny"], 0, compute)
    assert run.scaler.is_enabled()
    assert not Run(CONFIGS["tiny"], 0, CPU).scaler.is_enabled()
    scale = run.scaler.get_scale()
    before = run.model.decoder.merge8.weight.detach().clone()

    def loss(factor: float) -> torch.Tensor:
        return sum((p.sum() for p in run.model.parameters()), torch.zeros(())) + (
            factor * run.model.decoder.merge16.weight.sum()
        )

    run.update(loss(float("nan")), 0.5)
    assert torch.equal(run.model.decoder.merge8.weight, before)
    assert run.scaler.get_scale() < scale
    run.update(loss(1.0), 0.5)
    assert not torch.equal(run.model.decoder.merge8.weight, before)


def test_a_run_can_begin_with_trained_weights(tmp_path: Path) -> None:
    first, second = Run(CONFIGS["tiny"], 0), Run(CONFIGS["tiny"], 1)
    first.save(tmp_path)
    name = "decoder.merge8.weight"
    assert not torch.equal(first.average[name], second.average[name])
    second.begin_with(load_file(tmp_path / "model.safetensors"))
    assert all(torch.equal(first.average[k], second.average[k]) for k in first.average)
    assert all(torch.equal(v, second.average[k]) for k, v in second.model.state_dict().items())
    assert second.step == 0
