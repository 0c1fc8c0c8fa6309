"""Options that the trainings of heads on data sets share. How a project's heads learn: `HeadOptim` in heads.py."""

from __future__ import annotations

import argparse
from pathlib import Path

from inference.core.features import WEIGHTS
from inference.training.loop import Length
from inference.training.optim import OptimConfig


def add_options(sub: argparse.ArgumentParser, steps: int) -> None:
    """What the trainings of this kind share."""
    add = sub.add_argument
    add("--sets", nargs="+", required=True, metavar="FILE[=WEIGHT]", help="COCO-format files to train on")
    add("--out", type=Path, required=True, help="folder of the run; the head is written to OUT/head")
    length = sub.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=steps, help=f"exactly reproducible; default {steps}")
    length.add_argument("--minutes", type=float, help="train this long; the learning rate follows the clock")
    add("--cache", type=Path, default=Path("var/cache"), help="folder of the token cache")
    add("--encoder", type=Path, default=WEIGHTS / "encoder.safetensors", help="computes tokens that the cache lacks")
    add("--no-fill", action="store_true", help="train on what the cache holds already")
    add("--resume", action="store_true", help="go on from OUT/checkpoint.pt if there is one")
    add("--hold-out", type=float, default=0.02, metavar="SHARE", help="pictures to measure by at the end")
    add("--rate", type=float, default=OptimConfig.rate)
    add("--seed", type=int, default=0)
    add("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    add("--device", default="auto", help="cpu, cuda or cuda:1 (default: a GPU if there is one)")
    add("--fp32", action="store_true", help="no bfloat16 or fp16, for processors that lack them")


def length_of(args: argparse.Namespace) -> Length:
    """How long the command says that the training goes on."""
    return Length(minutes=args.minutes) if args.minutes else Length(steps=args.steps)
