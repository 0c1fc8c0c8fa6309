"""Heads that have a loss of their own: from batches and a loss to averaged weights, as a command asks for it."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from torch import nn

from inference.data.device import CPU, Compute
from inference.heads.measure.report import draw_curve
from inference.heads.training.options import length_of
from inference.training.loop import LOG, Lines, Loop, Losses
from inference.training.optim import OptimConfig

B = TypeVar("B")


def make_loop(
    model: nn.Module,
    draw: Callable[[np.random.Generator], B],
    loss: Callable[[nn.Module, B, Compute], Losses],
    optim: OptimConfig,
    seed: int = 0,
    compute: Compute = CPU,
) -> Loop[B]:
    """A loop whose batches are drawn with the randomness of their step."""
    return Loop(
        model,
        lambda step: draw(np.random.default_rng([seed, step])),
        lambda network, batch: loss(network, batch, compute),
        optim=optim,
        seed=seed,
        compute=compute,
    )


def learn(loop: Loop[B], args: argparse.Namespace, stop: threading.Event) -> bool:
    """Run a loop as the command says: resume, lines, checkpoints, OUT/curves.png. False if it was stopped."""
    args.out.mkdir(parents=True, exist_ok=True)
    if args.resume:
        loop.resume(args.out)
    done = loop.run(args.out, length_of(args), stop=stop, watchers=(Lines(args.out),))
    draw_curve(args.out / LOG, args.out / "curves.png")
    return done
