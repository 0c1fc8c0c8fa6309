"""One restartable loop for heads that have a loss of their own: a network, batches by step, a loss.

Everything random in a step follows from (seed, step): with `steps`, a run that is killed and resumed ends with the same
bits; with `minutes` the learning rate follows the clock, kept across restarts.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from inference.data.device import CPU, Compute
from inference.heads.measure.report import draw_curve
from inference.heads.training.optim import TrainingPlan, make_optimisers
from inference.training.progress import Progress

B = TypeVar("B")
Losses = dict[str, Tensor]


@dataclass(frozen=True)
class Length:
    """How long to learn: a number of steps or of minutes."""

    steps: int | None = None
    minutes: float | None = None

    def progress(self, step: int, seconds: float) -> float:
        """In [0, 1]; 1 is the end."""
        if self.steps is not None:
            return min(1.0, step / self.steps)
        return min(1.0, seconds / (60 * (self.minutes or 1e-9)))


class Learner(Generic[B]):
    """A network that learns.

    draw: the batch of a step, from its own random generator. loss: the losses of a batch, `loss` among them.
    """

    def __init__(
        self,
        model: nn.Module,
        draw: Callable[[np.random.Generator], B],
        loss: Callable[[nn.Module, B, Compute], Losses],
        *,
        plan: TrainingPlan = TrainingPlan(),  # noqa: B008
        seed: int = 0,
        compute: Compute = CPU,
    ) -> None:
        self.model: nn.Module = compute.place(model)
        self.draw, self.loss, self.plan, self.seed, self.compute = draw, loss, plan, seed, compute
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.optimisers = make_optimisers(self.model, plan)
        self.scaler = compute.scaler()
        self.step, self.seconds = 0, 0.0

    def learn(self, batch: B, progress: float) -> dict[str, float]:
        """One step at the rate that belongs to `progress`; its losses. Raises ValueError where they aren't finite."""
        warm = min(1.0, (self.step + 1) / self.plan.warmup)
        rate = self.plan.rate * warm * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * progress)))
        for group in (g for o in self.optimisers for g in o.param_groups):
            group["lr"] = float(rate)
        self.model.train()
        losses = self.loss(self.model, batch, self.compute)
        self.model.zero_grad(set_to_none=True)
        self.scaler.scale(losses["loss"]).backward()
        for optimiser in self.optimisers:
            self.scaler.unscale_(optimiser)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.clip)
        if torch.isfinite(norm):
            for optimiser in self.optimisers:
                self.scaler.step(optimiser)
        elif not self.scaler.is_enabled():
            raise ValueError(f"the training has diverged at step {self.step}: the gradient is not finite")
        self.scaler.update()
        self.step += 1
        keep = min(self.plan.average, (1 + self.step) / (10 + self.step))
        current = self.model.state_dict()
        torch._foreach_lerp_([self.average[n] for n in current], list(current.values()), 1 - keep)
        return {name: float(value.detach()) for name, value in losses.items()}

    def run(
        self,
        out: Path,
        length: Length,
        *,
        resume: bool = False,
        stop: threading.Event | None = None,
        log_every: int = 50,
        save_every: float = 120.0,
    ) -> bool:
        """Learn until the end or until told to stop; OUT holds checkpoint.pt and log.jsonl. False if it was stopped."""
        out.mkdir(parents=True, exist_ok=True)
        if resume and (out / "checkpoint.pt").exists():
            self.load(out / "checkpoint.pt")
        shown, recent = Progress(), list[dict[str, float]]()
        began, before, saved = time.monotonic(), self.seconds, time.monotonic()
        stream = self._batches()
        try:
            for batch in stream:
                progress = length.progress(self.step, self.seconds)
                if progress >= 1 or (stop is not None and stop.is_set()):
                    break
                recent.append(self.learn(batch, progress))
                self.seconds = before + time.monotonic() - began
                shown.update(progress, self.seconds)
                if self.step % log_every == 0:
                    left = shown.left(progress, self.seconds)
                    shown.say(self._tell(out, recent) + f" left {left}")
                    recent.clear()
                if time.monotonic() - saved > save_every:
                    self.save(out / "checkpoint.pt")
                    saved = time.monotonic()
        finally:
            stream.close()  # type: ignore[attr-defined]
            shown.close()
        self.save(out / "checkpoint.pt")
        draw_curve(out / "log.jsonl", out / "curves.png")
        return length.progress(self.step, self.seconds) >= 1

    def _tell(self, out: Path, recent: list[dict[str, float]]) -> str:
        means = {name: round(float(np.mean([r[name] for r in recent])), 4) for name in recent[0]}
        line = {"step": self.step, "seconds": round(self.seconds, 1)} | means
        with (out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return " ".join(f"{k} {v}" for k, v in line.items())

    def _batches(self) -> Iterator[B]:
        """Batches from the present step on, prepared in a thread beside the training."""

        def draw(step: int) -> B:
            return self.draw(np.random.default_rng([self.seed, step]))

        with ThreadPoolExecutor(1) as pool:
            queue = [pool.submit(draw, self.step + k) for k in range(3)]
            step = self.step + 3
            try:
                while True:
                    yield queue.pop(0).result()
                    queue.append(pool.submit(draw, step))
                    step += 1
            finally:
                for job in queue:
                    job.cancel()

    def save(self, path: Path) -> None:
        """Everything that is needed to go on, replaced atomically."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimisers": [o.state_dict() for o in self.optimisers],
            "scaler": self.scaler.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        torch.save(state, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)

    def load(self, path: Path) -> None:
        """The opposite of `save`."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        for name, value in state["average"].items():
            self.average[name].copy_(value)
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.scaler.load_state_dict(state["scaler"])
        self.step, self.seconds = state["step"], state["seconds"]
