"""The training loop, of the click model and of every head.

Everything random in a step follows from (seed, step). With a number of steps, a run that is killed and resumed ends
with the same bits; with minutes the learning rate follows the clock, which goes on where it was.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from inference.data.device import CPU, Compute
from inference.training.distributed import Processes
from inference.training.optim import OptimConfig, make_optimisers
from inference.training.progress import Progress

CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"
B = TypeVar("B")
Losses = dict[str, Tensor]
"""What a step says: `loss` is learned from, the others are told."""


@dataclass(frozen=True)
class Length:
    """How long to learn: a number of steps or of minutes. Raises ValueError unless exactly one is given."""

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None):
            raise ValueError("give either steps or a time")

    def progress(self, step: int, seconds: float) -> float:
        """In [0, 1]; 1 is the end."""
        if self.steps is not None:
            return min(1.0, step / max(1, self.steps))
        return min(1.0, seconds / (60 * (self.minutes or 1e-9)))


class Watcher(Protocol):
    """Who wants to know how a run goes."""

    def step(self, loop: Loop[Any], losses: Losses, progress: float) -> None:
        """After each step. progress: with this step."""

    def end(self, loop: Loop[Any]) -> None:
        """After the last step, once everything is saved."""


class Loop(Generic[B]):
    """A network that learns.

    draw: the batch of a step; called in threads beside the training. loss: the losses of a batch.
    """

    def __init__(
        self,
        model: nn.Module,
        draw: Callable[[int], B],
        loss: Callable[[nn.Module, B], Losses],
        *,
        optim: OptimConfig,
        seed: int = 0,
        compute: Compute = CPU,
        processes: Processes | None = None,
        workers: int = 1,
    ) -> None:
        self.model: nn.Module = compute.place(model)
        self.draw, self.loss, self.optim, self.seed, self.compute = draw, loss, optim, seed, compute
        self.processes, self.workers = processes or Processes(compute.device), workers
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.optimisers = make_optimisers(self.model, optim)
        self.scaler = compute.scaler()
        self.step, self.seconds = 0, 0.0

    def learn(self, batch: B, progress: float) -> Losses:
        """One step at the rate that belongs to `progress`; its losses. Raises ValueError where it diverges."""
        self.model.train()
        losses = self.loss(self.model, batch)
        self.update(losses["loss"], progress)
        return {name: value.detach() for name, value in losses.items()}

    def update(self, loss: Tensor, progress: float) -> None:
        """One optimiser step. Raises ValueError where the gradient is not finite; with fp16, which overflows now and
        then, such a step is left out."""
        warm = min(1.0, (self.step + 1) / self.optim.warmup)
        rate = self.optim.rate * warm * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * min(1.0, progress))))
        for group in (g for o in self.optimisers for g in o.param_groups):
            group["lr"] = float(rate)
        self.model.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.processes.average_gradients(self.model)
        for optimiser in self.optimisers:
            self.scaler.unscale_(optimiser)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.optim.clip)
        if torch.isfinite(norm):
            for optimiser in self.optimisers:
                self.scaler.step(optimiser)
        elif not self.scaler.is_enabled():
            raise ValueError(f"the training has diverged at step {self.step}: the gradient is not finite")
        self.scaler.update()
        self.step += 1
        keep = min(self.optim.average, (1 + self.step) / (10 + self.step))
        current = self.model.state_dict()
        torch._foreach_lerp_([self.average[n] for n in current], list(current.values()), 1 - keep)

    def run(
        self,
        out: Path,
        length: Length,
        *,
        stop: threading.Event | None = None,
        watchers: Sequence[Watcher] = (),
        save_every: float = 120.0,
    ) -> bool:
        """Learn until the end or until told to stop, then save to OUT. False if it was stopped."""
        out.mkdir(parents=True, exist_ok=True)
        began, before, saved = time.monotonic(), self.seconds, time.monotonic()
        stream = self._batches()
        try:
            for batch in stream:
                progress = length.progress(self.step, self.seconds)
                progress, stopping = self.processes.agree(progress, stop is not None and stop.is_set())
                if progress >= 1 or stopping:
                    break
                losses = self.learn(batch, progress)
                self.seconds = before + time.monotonic() - began
                for watcher in watchers:
                    watcher.step(self, losses, length.progress(self.step, self.seconds))
                if self.processes.first and time.monotonic() - saved > save_every:
                    self.save(out)
                    saved = time.monotonic()
        finally:
            stream.close()  # type: ignore[attr-defined]
        if self.processes.first:
            self.save(out)
        for watcher in watchers:
            watcher.end(self)
        return length.progress(self.step, self.seconds) >= 1

    def _batches(self) -> Iterator[B]:
        """Batches from the present step on, prepared in threads beside the training."""
        with ThreadPoolExecutor(self.workers) as pool:
            step = self.step + self.workers + 2
            queue = [pool.submit(self.draw, k) for k in range(self.step, step)]
            try:
                while True:
                    yield queue.pop(0).result()
                    queue.append(pool.submit(self.draw, step))
                    step += 1
            finally:
                for job in queue:
                    job.cancel()

    def save(self, out: Path) -> None:
        """OUT/checkpoint.pt: everything that is needed to go on, replaced atomically."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimisers": [o.state_dict() for o in self.optimisers],
            "scaler": self.scaler.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "seed": self.seed,
        }
        torch.save(state, out / "checkpoint.tmp")
        os.replace(out / "checkpoint.tmp", out / CHECKPOINT)

    def resume(self, out: Path) -> bool:
        """Go on from OUT/checkpoint.pt. False where there is none."""
        if not (out / CHECKPOINT).exists():
            return False
        state = torch.load(out / CHECKPOINT, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.set_average(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.scaler.load_state_dict(state.get("scaler") or self.scaler.state_dict())
        self.step, self.seed = state["step"], state.get("seed", self.seed)
        self.seconds = state["seconds"] if "seconds" in state else state["elapsed"]  # as version 0.1.0 named it
        return True

    def begin_with(self, weights: Mapping[str, Tensor]) -> None:
        """Begin with trained weights instead of random ones."""
        self.model.load_state_dict(weights)
        self.set_average(self.model.state_dict())

    def set_average(self, weights: Mapping[str, Tensor]) -> None:
        """Take these as the average so far."""
        for name, value in weights.items():
            self.average[name].copy_(value)


def means(loop: Loop[Any], recent: Sequence[Losses]) -> dict[str, float]:
    """The mean of every loss."""
    return {name: round(float(np.mean([float(r[name]) for r in recent])), 4) for name in recent[0]}


class Lines:
    """Tells how a run goes: a line on stdout and in OUT/log.jsonl every so many steps, and a bar on a terminal. Only
    the first of several processes says anything."""

    def __init__(
        self,
        out: Path,
        every: int = 50,
        summary: Callable[[Loop[Any], Sequence[Losses]], dict[str, float]] = means,
        shown: bool = True,
    ) -> None:
        self.out, self.every, self.summary, self.shown = out, every, summary, shown
        self.progress = Progress(shown)
        self.recent: list[Losses] = []

    def step(self, loop: Loop[Any], losses: Losses, progress: float) -> None:
        self.recent.append(losses)
        self.progress.update(progress, loop.seconds)
        if loop.step % self.every == 0:
            if self.shown:
                self.write(loop, self.summary(loop, self.recent), f"left {self.progress.left(progress, loop.seconds)}")
            self.recent = []

    def write(self, loop: Loop[Any], figures: Mapping[str, Any], more: str = "") -> None:
        """A line of figures; `more` is said, not logged."""
        line = {"step": loop.step, "seconds": round(loop.seconds, 1)} | dict(figures)
        self.progress.say(" ".join([*(f"{k} {v}" for k, v in line.items()), *([more] if more else [])]))
        with (self.out / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def end(self, loop: Loop[Any]) -> None:
        self.progress.close()
