"""Training of a head on cached tokens: one restartable loop for starter models and for projects.

    run = train_head("instances", examples, out, vocabulary=Vocabulary(("cup", "plate")), steps=600, start=starter)

OUT holds checkpoint.pt (to go on), log.jsonl, and at the end head/ (what `Head.load` reads), curves.png, worst.png and
report.json. Everything random in a step follows from (seed, step): a run that is killed and resumed ends with the same
bits.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from inference.data.device import CPU, Compute
from inference.heads.data.batches import Batch, Sampler
from inference.heads.data.examples import Example, Vocabulary
from inference.heads.graph import MANIFEST
from inference.heads.head import Head
from inference.heads.measure import report
from inference.heads.networks.config import HeadConfig, Kind, default_config
from inference.heads.training.head_files import Model, begin_with, make_model, write_head
from inference.heads.training.publish import write_manifest
from inference.training.loop import Length, Loop, Losses
from inference.training.optim import OptimConfig

__all__ = ["HEAD", "HeadRun", "State", "HeadOptim", "Watch", "train_head"]

HEAD = "head"  # folder of the result inside of the run's


@dataclass(frozen=True)
class HeadOptim(OptimConfig):
    """How a head learns. rate: its learning rate. batch: images of a step. crops: share of the batches that are windows
    of their images. The other fields are those of every training."""

    rate: float = 1.5e-3
    batch: int = 4
    crops: float = 0.5


@dataclass(frozen=True)
class State:
    """How far a run is: after `step` of `steps` (an estimate where it runs for some minutes), the mean loss since the
    last state, seconds so far and to come."""

    step: int
    steps: int
    loss: float
    seconds: float
    left: float


@dataclass(frozen=True)
class Watch:
    """Whoever wants to know how a run goes, or to stop it."""

    on_state: Callable[[State], None] | None = None
    stop: threading.Event | None = None
    every: int = 20  # steps between two states
    save_every: float = 120.0  # seconds between two checkpoints

    def tell(self, state: State, out: Path) -> None:
        """A line in OUT/log.jsonl, and the state for whoever watches."""
        with (out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(state)) + "\n")
        if self.on_state is not None:
            self.on_state(state)


Drawn = tuple[Batch, int]
"""A batch and the seed of the points at which its losses look."""


def head_loss(model: nn.Module, drawn: Drawn, compute: Compute) -> dict[str, Tensor]:
    """The losses of a head on a batch."""
    batch, seed = drawn
    tokens, targets = batch.on(compute)
    with compute.autocast():
        losses: dict[str, Tensor] = model.loss(tokens, targets, torch.Generator().manual_seed(seed))  # type: ignore[operator]
    return losses


class HeadRun(Loop[Drawn]):
    """A head that learns."""

    def __init__(
        self, kind: Kind, cfg: HeadConfig, sampler: Sampler, optim: HeadOptim, seed: int = 0, compute: Compute = CPU
    ) -> None:
        def draw(step: int) -> Drawn:
            rng = np.random.default_rng([self.seed, step])
            return sampler.draw(rng, optim.batch), int(rng.integers(2**60))

        def loss(model: nn.Module, drawn: Drawn) -> Losses:
            return head_loss(model, drawn, compute)

        torch.manual_seed(seed)
        super().__init__(make_model(kind, cfg), draw, loss, optim=optim, seed=seed, compute=compute)
        self.kind, self.cfg = kind, cfg

    def start_from(self, folder: Path, vocabulary: Vocabulary) -> int:
        """Begin with what fits of another head; how many weights that are."""
        copied = begin_with(self.model, vocabulary, folder)
        self.set_average(self.model.state_dict())
        return copied

    def averaged(self) -> Model:
        """A head of its own with the averaged weights, on the CPU."""
        model = make_model(self.kind, self.cfg)
        model.load_state_dict({k: v.cpu() for k, v in self.average.items()})
        return model.eval()


class States:
    """Tells a `Watch` how a run goes."""

    def __init__(self, out: Path, watch: Watch, loop: HeadRun, length: Length) -> None:
        self.out, self.watch = out, watch
        self.first, self.before = length.progress(loop.step, loop.seconds), loop.seconds
        self.recent: list[float] = []

    def step(self, loop: Loop[Any], losses: Losses, progress: float) -> None:
        self.recent.append(float(losses["loss"]))
        if loop.step % self.watch.every == 0 or progress >= 1:
            left = (1 - progress) * (loop.seconds - self.before) / max(progress - self.first, 1e-9)
            steps = loop.step if progress >= 1 else max(loop.step + 1, round(loop.step / progress))
            loss = round(float(np.mean(self.recent)), 4)
            self.watch.tell(State(loop.step, steps, loss, round(loop.seconds, 1), round(left, 1)), self.out)
            self.recent.clear()

    def end(self, loop: Loop[Any]) -> None:
        """Nothing: the last state was told."""


def train_head(
    kind: Kind,
    examples: Sequence[Example],
    out: Path,
    *,
    vocabulary: Vocabulary,
    steps: int | None = None,
    minutes: float | None = None,
    held_out: Sequence[Example] = (),
    start: Path | None = None,
    resume: bool = False,
    seed: int = 0,
    cfg: HeadConfig | None = None,
    optim: HeadOptim | None = None,
    compute: Compute = CPU,
    watch: Watch | None = None,
    about: dict[str, Any] | None = None,
) -> HeadRun:
    """Train a head for `steps` steps or for some `minutes`, or until it is told to stop; then, if it was not, write
    OUT/head and a report on `held_out`. Only with `steps` is a run exactly repeatable.

    start: a folder of a head to begin with. resume: go on from OUT/checkpoint.pt if there is one. about: more for the
    manifest. Instances are things only: FastInst never learns stuff.

    Raises DataError where there is nothing to learn, ValueError where the training diverges.
    """
    vocabulary = vocabulary.things if kind == "instances" else vocabulary
    optim, watch = optim or HeadOptim(), watch or Watch()
    sampler = Sampler(examples, vocabulary, optim.crops)
    run = HeadRun(kind, cfg or default_config(kind, len(vocabulary)), sampler, optim, seed, compute)
    length = Length(steps, minutes)
    out.mkdir(parents=True, exist_ok=True)
    if not (resume and run.resume(out)) and start is not None:
        run.start_from(start, vocabulary)
    done = length.progress(run.step, run.seconds) >= 1
    if not done:
        states = States(out, watch, run, length)
        done = run.run(out, length, stop=watch.stop, watchers=(states,), save_every=watch.save_every)
    if done:
        finish(run, vocabulary, examples, held_out, out, about or {})
    return run


def finish(
    run: HeadRun,
    vocabulary: Vocabulary,
    examples: Sequence[Example],
    held_out: Sequence[Example],
    out: Path,
    about: dict[str, Any],
) -> None:
    """Write the head, then measure it on what was held out."""
    facts = {"images": len(examples), "steps": run.step, "seed": run.seed, "plan": asdict(run.optim)} | about
    write_head(run.averaged(), run.kind, vocabulary, out / HEAD, facts)
    report.draw_curve(out / "log.jsonl", out / "curves.png")
    if held_out:
        found = report.write(Head.load(out / HEAD), held_out, out)
        manifest = json.loads((out / HEAD / MANIFEST).read_text(encoding="utf-8"))
        write_manifest(out / HEAD, manifest | {"held_out": {k: v for k, v in found.items() if k != "by_category"}})
