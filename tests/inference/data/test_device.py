"""Which device is chosen, and in which precision it computes."""

from typing import Any

import pytest
import torch

from inference.data.device import CPU, Compute
from inference.training.clicks import CONFIGS, Run


def test_the_device_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert Compute.choose() == CPU
    assert Compute.choose(bf16=False).half is None
    chosen: list[Any] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setenv("LOCAL_RANK", "3")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert Compute.choose() == Compute(torch.device("cuda:3"), torch.bfloat16)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert Compute.choose().half is torch.float16
    assert chosen == [torch.device("cuda:3")] * 2
    meta = Compute(torch.device("meta"), None)
    run = Run(CONFIGS["base"], 0, meta)  # every tensor of a run is where it is told to be
    assert {p.device.type for p in (*run.model.parameters(), *run.average.values())} == {"meta"}
