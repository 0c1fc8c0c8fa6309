"""Training of LTS."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from inference.data.device import CPU
from inference.heads.networks.text import Lts
from inference.heads.training import text as training
from inference.heads.training.simple import make_loop
from inference.training.loop import Length, Loop
from inference.training.optim import OptimConfig
from tests.inference.heads.tiny import example
from tests.inference.heads.tiny_text import TINY, Words


def spoken(seed: int) -> training.Spoken:
    return training.spoken(example(seed))


def learner(pictures: list[training.Spoken]) -> Loop[training.Said]:
    torch.manual_seed(0)
    sampler = training.PhraseSampler(pictures, Words(TINY.words))
    optim = OptimConfig(rate=4e-3, warmup=10, average=0.9)
    return make_loop(Lts(TINY), sampler.draw, training.loss, optim, compute=replace(CPU, half=None))


def test_a_few_pictures_learned_by_heart_are_pointed_at(tmp_path: Path) -> None:
    pictures = [spoken(0), spoken(1)]
    assert {p.text for p in pictures[0].phrases} == {"cup", "the cup", "plate", "the plate"}
    run = learner(pictures)
    assert run.run(tmp_path, Length(steps=60))
    assert training.hits(run.model.eval(), pictures, Words(TINY.words)) == {"pointing": 1.0}


def test_shares_are_of_the_object() -> None:
    picture = example(0, [((2, 3, 6, 5), "cup")])
    coarse, fine = training.shares(picture, 0)
    assert coarse.shape == (16, 16)
    assert coarse.sum() == pytest.approx(8)
    assert (coarse[3:5, 2:6] == 1).all()
    assert (fine[6:10, 4:12] == 1).all()
    assert not training.shares(picture, None)[0].any()
