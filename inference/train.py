"""Training from the command line.

    python -m inference.train clicks --config small --sets voc/train.json coco/train.json --out runs/1 --hours 3

The encoder's tokens of all pictures are computed first and kept in --cache (`base` and `large` encode windows as they
are drawn); then pyramid and decoder are trained, on the GPU if there is one, on several with torchrun. A run that is
asked to stop (SIGTERM) saves first; any run goes on with --resume. OUT holds checkpoint.pt, model.safetensors
(averaged weights), log.jsonl, and with --evaluate curves.png and sheet.png; `python -m inference.export_weights OUT`
makes the shipped files of it. docs/internals/click-model.md explains the options.

    python -m inference.train instances|panoptic --sets coco/train.json coco128/train.json --out var/heads/instances
    python -m inference.train everything|text --sets voc/train.json coco/train.json --out var/heads/everything

Heads on the cached tokens: docs/internals/heads.md.
"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

import torch

from inference.data.coco import DataError
from inference.data.encoder_files import EncoderFileError


def add_options(parser: argparse.ArgumentParser, configs: list[str]) -> None:
    parser.set_defaults(run=clicks)
    add = parser.add_argument
    add("--config", choices=configs, default="small")
    add("--sets", nargs="+", required=True, metavar="FILE[=WEIGHT]", help="COCO, LVIS or panoptic files to train on")
    add("--out", type=Path, required=True, help="folder of the run")
    add("--cache", type=Path, default=Path("var/cache"), help="folder of the token cache")
    initial = Path("var/init/encoder.safetensors")
    add(
        "--encoder", type=Path, default=initial, help="fetch_initial_weights' file, or a ViT that MAE or DINOv2 publish"
    )
    add("--stem", type=Path, default=initial, help="a file that has the stem, where --encoder is a published ViT")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--hours", type=float, help="train this long; the learning rate follows the clock")
    length.add_argument("--steps", type=int, help="train this many steps; exactly reproducible")
    add("--resume", action="store_true", help="go on from OUT/checkpoint.pt if there is one")
    add("--from", type=Path, dest="start", help="begin with the weights of this model.safetensors")
    add("--exclude", nargs="*", default=[], help="image groups (video sequences) to leave out")
    add("--evaluate", type=Path, metavar="VAL.json", help="look at a sample of this file now and then")
    add("--evaluate-every", type=float, default=30.0, metavar="MINUTES")
    add("--evaluate-objects", type=int, default=40, metavar="N", help="how many of its objects")
    add("--seed", type=int, default=0)
    add("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    add("--device", default="auto", help="cpu, cuda or cuda:1 (default: a GPU if there is one)")
    add("--no-fill", action="store_true", help="train on what the cache holds already")
    add("--fp32", action="store_true", help="no bfloat16 or fp16, for processors that lack them")
    add("--save-every", type=float, default=240.0, metavar="SECONDS", help="between two checkpoints")


def clicks(args: argparse.Namespace, stop: threading.Event) -> None:
    """`python -m inference.train clicks`."""
    from inference.data.device import Compute
    from inference.training.clicks import Checks, train
    from inference.training.options import named_weights

    files, weights = named_weights(args.sets)
    train(
        files,
        args.out,
        config=args.config,
        cache=args.cache,
        encoder=args.encoder,
        stem=args.stem,
        hours=args.hours,
        steps=args.steps,
        resume=args.resume,
        start=args.start,
        seed=args.seed,
        exclude=frozenset(args.exclude),
        weights=weights,
        fill=not args.no_fill,
        compute=Compute.choose(not args.fp32, args.device),
        checks=Checks(args.evaluate, args.evaluate_every, args.evaluate_objects),
        save_every=args.save_every,
        stop=stop,
    )


def main() -> None:
    from inference.heads.training import command as heads
    from inference.heads.training import everything as discovery_training
    from inference.heads.training import text as lts_training
    from inference.training.clicks import CONFIGS

    parser = argparse.ArgumentParser(
        prog="python -m inference.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add_options(commands.add_parser("clicks", help="the click model (pyramid and decoder)"), sorted(CONFIGS))
    heads.add_commands(commands)
    discovery_training.add_command(commands)
    lts_training.add_command(commands)
    args = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        args.run(args, stop)
    except (DataError, EncoderFileError, FileNotFoundError) as error:
        raise SystemExit(f"train: {error}") from None


if __name__ == "__main__":
    main()
