"""`python -m inference.train instances|panoptic`: starter models from COCO-format files."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from typing import Any

from inference.core.features import WEIGHTS
from inference.data.device import Compute
from inference.heads.data.coco_examples import category_names, read_examples, stuff_names
from inference.heads.data.examples import Example, Vocabulary, hold_out
from inference.heads.data.variants import with_mirrored
from inference.heads.networks.config import Kind
from inference.heads.training.heads import HEAD, HeadOptim, State, Watch, train_head
from inference.training.options import named_weights
from inference.training.progress import Progress, clock

COMMANDS: dict[Kind, str] = {
    "instances": "FastInst on cached tokens",
    "panoptic": "Mask2Former on cached tokens: panoptic, semantic, instances",
}


def add_commands(commands: Any) -> None:
    """The two sub-commands of `inference.train`."""
    for kind, words in COMMANDS.items():
        sub = commands.add_parser(kind, help=words)
        add = sub.add_argument
        add(
            "--sets",
            nargs="+",
            required=True,
            metavar="FILE[=WEIGHT]",
            help="COCO-format files to train on; WEIGHT is a set's share, 1 if not given",
        )
        add("--out", type=Path, required=True, help="folder of the run; the head is written to OUT/head")
        length = sub.add_mutually_exclusive_group(required=True)
        length.add_argument("--minutes", type=float, help="train this long; the learning rate follows the clock")
        length.add_argument("--steps", type=int, help="train this many steps; exactly reproducible")
        add("--batch", type=int, default=HeadOptim.batch, help="images a step")
        add("--cache", type=Path, default=Path("var/cache"), help="folder of the token cache")
        add(
            "--encoder",
            type=Path,
            default=WEIGHTS / "encoder.safetensors",
            help="computes the tokens that the cache lacks",
        )
        add("--no-fill", action="store_true", help="train on what the cache holds already")
        add("--mirrored", action="store_true", help="learn from mirrored pictures, too; each is encoded once")
        add("--from", type=Path, dest="start", help="begin with what fits of another head, of either kind")
        add("--resume", action="store_true", help="go on from OUT/checkpoint.pt if there is one")
        add("--hold-out", type=float, default=0.1, metavar="SHARE", help="images to measure by at the end")
        add("--seed", type=int, default=0)
        add("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
        add("--device", default="auto", help="cpu, cuda or cuda:1 (default: a GPU if there is one)")
        add("--fp32", action="store_true", help="no bfloat16 or fp16, for processors that lack them")
        sub.set_defaults(run=run, kind=kind)


def run(args: argparse.Namespace, stop: threading.Event) -> None:
    """One of the two commands. Raises DataError and the like for files that cannot be used."""
    from inference.data.coco import set_name

    files, weights = named_weights(args.sets)
    examples: list[Example] = []
    names: dict[str, None] = {}
    stuff: set[str] = set()
    for file in files:
        encoder = None if args.no_fill else args.encoder
        examples += read_examples(file, args.cache, encoder, weights.get(set_name(file), 1.0))
        names |= dict.fromkeys(category_names(file).values())
        stuff |= stuff_names(file)
    vocabulary = Vocabulary(tuple(names), frozenset(stuff) if args.kind == "panoptic" else frozenset())
    kept, held_out = hold_out(examples, args.hold_out)
    compute = Compute.choose(not args.fp32, args.device)
    if args.mirrored:
        kept = with_mirrored(kept, args.cache, args.encoder, compute)
    progress = Progress()
    progress.say(f"{len(kept)} images to learn from, {len(held_out)} held out, {len(vocabulary)} categories")

    def show(state: State) -> None:
        progress.update(state.step / state.steps, state.seconds)
        progress.say(f"step {state.step} loss {state.loss} seconds {state.seconds} left {clock(state.left)}")

    train_head(
        args.kind,
        kept,
        args.out,
        vocabulary=vocabulary,
        steps=args.steps,
        minutes=args.minutes,
        held_out=held_out,
        start=args.start,
        resume=args.resume,
        seed=args.seed,
        optim=HeadOptim(batch=args.batch),
        compute=compute,
        watch=Watch(show, stop, every=50),
        about={"sets": sorted(f"{file.parent.name}/{file.stem}" for file in files)},
    )
    progress.close()
    report = args.out / "report.json"
    if report.exists() and not stop.is_set():
        print(f"{args.out / HEAD}: {report.read_text(encoding='utf-8')}")
