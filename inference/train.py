"""Training from the command line.

    python -m inference.train clicks --config small --sets voc/train.json coco/train.json --out runs/1 --hours 3

The encoder's tokens of all pictures are computed first and kept in --cache; then pyramid and decoder are trained.
A run that is asked to stop (SIGTERM) saves first; any run goes on with --resume. OUT holds checkpoint.pt,
model.safetensors (averaged weights) and log.jsonl; `python -m inference.export_weights OUT` makes the shipped files
of it.
"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

import torch


def main() -> None:
    from inference.train_clicks import CONFIGS, train

    parser = argparse.ArgumentParser(
        prog="python -m inference.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    clicks = commands.add_parser("clicks", help="the click model (pyramid and decoder)")
    clicks.add_argument("--config", choices=sorted(CONFIGS), default="small")
    clicks.add_argument("--sets", type=Path, nargs="+", required=True, help="COCO-format files to train on")
    clicks.add_argument("--out", type=Path, required=True, help="folder of the run")
    clicks.add_argument("--cache", type=Path, default=Path("var/cache"), help="folder of the token cache")
    clicks.add_argument(
        "--encoder",
        type=Path,
        default=Path("var/init/encoder.safetensors"),
        help="initial weights, made by inference.fetch_initial_weights",
    )
    length = clicks.add_mutually_exclusive_group(required=True)
    length.add_argument("--hours", type=float, help="train this long; the learning rate follows the clock")
    length.add_argument("--steps", type=int, help="train this many steps; exactly reproducible")
    clicks.add_argument("--resume", action="store_true", help="go on from OUT/checkpoint.pt if there is one")
    clicks.add_argument("--from", type=Path, dest="start", help="begin with the weights of this model.safetensors")
    clicks.add_argument("--exclude", nargs="*", default=[], help="image groups (video sequences) to leave out")
    clicks.add_argument("--seed", type=int, default=0)
    clicks.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    clicks.add_argument("--no-fill", action="store_true", help="train on what the cache holds already")
    clicks.add_argument("--fp32", action="store_true", help="no bfloat16, for processors that lack it")
    clicks.add_argument("--save-every", type=float, default=240.0, help="seconds between two checkpoints")
    args = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if args.threads:
        torch.set_num_threads(args.threads)
    train(
        args.sets,
        args.out,
        config=args.config,
        cache=args.cache,
        encoder=args.encoder,
        hours=args.hours,
        steps=args.steps,
        resume=args.resume,
        start=args.start,
        seed=args.seed,
        exclude=frozenset(args.exclude),
        fill=not args.no_fill,
        bf16=not args.fp32,
        save_every=args.save_every,
        stop=stop,
    )


if __name__ == "__main__":
    main()
