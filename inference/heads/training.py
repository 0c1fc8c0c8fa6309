"""Training of a head on cached tokens: one restartable loop for starter models and for projects.

    run = train_head("instances", examples, out, vocabulary=Vocabulary(("cup", "plate")), steps=600, start=starter)

OUT holds checkpoint.pt (to go on), log.jsonl, and at the end head/ (what `Head.load` reads), curves.png, worst.png and
report.json. Everything random in a step follows from (seed, step): a run that is killed and resumed ends with the same
bits.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inference.compute import CPU, Compute
from inference.heads import report
from inference.heads.config import HeadConfig, Kind, default_config
from inference.heads.data import Batch, Example, Sampler, Vocabulary
from inference.heads.models import Model, begin_with, make_model, write_head, write_manifest
from inference.heads.runtime import MANIFEST, Head
from inference.muon import Muon, acts_as_matrix

HEAD = "head"  # folder of the result inside of the run's


@dataclass(frozen=True)
class TrainingPlan:
    """How a head learns."""

    batch: int = 4
    rate: float = 1.5e-3
    warmup: int = 50
    weight_decay: float = 0.05
    average: float = 0.998
    clip: float = 1.0
    crops: float = 0.5  # share of the batches that are windows of their images


@dataclass(frozen=True)
class State:
    """How far a run is: after `step` of `steps` (an estimate where it runs for some minutes), the mean loss since the
    last state, seconds so far and to come."""

    step: int
    steps: int
    loss: float
    seconds: float
    left: float


class HeadRun:
    """A head that learns: model, its average, optimisers, step, time spent."""

    def __init__(self, kind: Kind, cfg: HeadConfig, plan: TrainingPlan, seed: int = 0, compute: Compute = CPU) -> None:
        torch.manual_seed(seed)
        self.kind, self.cfg, self.plan, self.seed, self.compute = kind, cfg, plan, seed, compute
        self.model: Model = compute.place(make_model(kind, cfg))
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.optimisers = make_optimisers(self.model, plan)
        self.scaler = compute.scaler()
        self.step, self.seconds = 0, 0.0

    def start_from(self, folder: Path, vocabulary: Vocabulary) -> int:
        """Begin with what fits of another head; how many weights that are."""
        copied = begin_with(self.model, vocabulary, folder)
        for name, value in self.model.state_dict().items():
            self.average[name].copy_(value)
        return copied

    def learn(self, batch: Batch, progress: float) -> float:
        """One step on a batch, at the rate that belongs to `progress` in [0, 1]; the loss. Raises ValueError where it
        isn't finite."""
        tokens, targets = batch.on(self.compute)
        rng = torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)
        with self.compute.autocast():
            loss = self.model.loss(tokens, targets, rng)["loss"]
        warm = min(1.0, (self.step + 1) / self.plan.warmup)
        cosine = 0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * progress))
        for group in (g for o in self.optimisers for g in o.param_groups):
            group["lr"] = float(self.plan.rate * warm * cosine)
        self.model.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
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
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Everything that is needed to go on, replaced atomically."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimisers": [o.state_dict() for o in self.optimisers],
            "scaler": self.scaler.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "seed": self.seed,
        }
        torch.save(state, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)

    def load(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        for name, value in state["average"].items():
            self.average[name].copy_(value)
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.scaler.load_state_dict(state["scaler"])
        self.step, self.seconds, self.seed = state["step"], state["seconds"], state["seed"]

    def averaged(self) -> Model:
        """A head of its own with the averaged weights, on the CPU."""
        model = make_model(self.kind, self.cfg)
        model.load_state_dict({k: v.cpu() for k, v in self.average.items()})
        return model.eval()


def make_optimisers(model: Model, plan: TrainingPlan) -> list[torch.optim.Optimizer]:
    """Muon for hidden weights that act as matrices; AdamW for classifiers, learned queries and positions, and all
    that has one dimension."""
    matrices: list[Tensor] = []
    embeddings: list[Tensor] = []
    vectors: list[Tensor] = []
    for name, p in model.named_parameters():
        hidden = name.endswith(".weight") and "classify" not in name and acts_as_matrix(p)
        (matrices if hidden else embeddings if p.ndim >= 2 else vectors).append(p)
    groups: list[dict[str, Any]] = [
        {"params": embeddings, "weight_decay": plan.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98))
    return [adam, Muon([p for p in matrices if isinstance(p, torch.nn.Parameter)], plan.rate, 0.95, plan.weight_decay)]


def batches(sampler: Sampler, plan: TrainingPlan, seed: int, start: int) -> Iterator[Batch]:
    """Batches from step `start` on, prepared in a thread beside the training."""

    def draw(step: int) -> Batch:
        return sampler.draw(np.random.default_rng([seed, step]), plan.batch)

    with ThreadPoolExecutor(1) as pool:
        queue = [pool.submit(draw, start + k) for k in range(3)]
        step = start + 3
        try:
            while True:
                yield queue.pop(0).result()
                queue.append(pool.submit(draw, step))
                step += 1
        finally:
            for job in queue:
                job.cancel()


@dataclass
class Watch:
    """Whoever wants to know how a run goes, or to stop it."""

    on_state: Callable[[State], None] | None = None
    stop: threading.Event | None = None
    every: int = 20  # steps between two states
    save_every: float = 120.0  # seconds between two checkpoints
    recent: list[float] = field(default_factory=list)

    @property
    def stopped(self) -> bool:
        return self.stop is not None and self.stop.is_set()


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
    plan: TrainingPlan | None = None,
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
    plan, watch = plan or TrainingPlan(), watch or Watch()
    run = HeadRun(kind, cfg or default_config(kind, len(vocabulary)), plan, seed, compute)
    out.mkdir(parents=True, exist_ok=True)
    if resume and (out / "checkpoint.pt").exists():
        run.load(out / "checkpoint.pt")
    elif start is not None:
        run.start_from(start, vocabulary)
    if (steps is None) == (minutes is None):
        raise ValueError("give either steps or minutes")

    def progress() -> float:
        return min(1.0, run.step / steps if steps else run.seconds / (60 * (minutes or 1e-9)))

    if progress() < 1:
        _learn(run, Sampler(examples, vocabulary, plan.crops), out, progress, watch)
    if progress() >= 1:
        finish(run, vocabulary, examples, held_out, out, about or {})
    return run


def _learn(run: HeadRun, sampler: Sampler, out: Path, progress: Callable[[], float], watch: Watch) -> None:
    """The loop, until the end or until it is stopped."""
    began, before, saved, first = time.monotonic(), run.seconds, time.monotonic(), progress()
    stream = batches(sampler, run.plan, run.seed, run.step)
    try:
        for batch in stream:
            watch.recent.append(run.learn(batch, progress()))
            run.seconds = before + time.monotonic() - began
            now = progress()
            if run.step % watch.every == 0 or now >= 1:
                left = (1 - now) * (run.seconds - before) / max(now - first, 1e-9)
                tell(run, out, now, left, watch)
            if now >= 1 or watch.stopped:
                break
            if time.monotonic() - saved > watch.save_every:
                run.save(out / "checkpoint.pt")
                saved = time.monotonic()
    finally:
        stream.close()  # type: ignore[attr-defined]
    run.save(out / "checkpoint.pt")


def tell(run: HeadRun, out: Path, progress: float, left: float, watch: Watch) -> None:
    """A line in the log, and a state for whoever watches."""
    loss = round(float(np.mean(watch.recent)), 4)
    steps = run.step if progress >= 1 else max(run.step + 1, round(run.step / progress))
    state = State(run.step, steps, loss, round(run.seconds, 1), round(left, 1))
    watch.recent.clear()
    with (out / "log.jsonl").open("a") as file:
        file.write(json.dumps(asdict(state)) + "\n")
    if watch.on_state is not None:
        watch.on_state(state)


def finish(
    run: HeadRun,
    vocabulary: Vocabulary,
    examples: Sequence[Example],
    held_out: Sequence[Example],
    out: Path,
    about: dict[str, Any],
) -> None:
    """Write the head, then measure it on what was held out."""
    facts = {"images": len(examples), "steps": run.step, "seed": run.seed, "plan": asdict(run.plan)} | about
    write_head(run.averaged(), run.kind, vocabulary, out / HEAD, facts)
    report.draw_curve(out / "log.jsonl", out / "curves.png")
    if held_out:
        found = report.write(Head.load(out / HEAD), held_out, out)
        manifest = json.loads((out / HEAD / MANIFEST).read_text())
        write_manifest(out / HEAD, manifest | {"held_out": {k: v for k, v in found.items() if k != "by_category"}})
