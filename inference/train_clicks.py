"""Training of the click model: one restartable loop.

Everything random in a step follows from (seed, step), so a run that was killed and resumed goes on as if nothing had
happened, bit for bit (with --steps; with --hours the learning rate follows the clock, kept across restarts).
"""

from __future__ import annotations

import ctypes
import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from inference.cache import TokenCache, load_vit
from inference.click_model import ClickModel, interact
from inference.muon import Muon, acts_as_matrix
from inference.pyramid import SMALL, ModelConfig, count_parameters
from inference.stem import Stem
from inference.team import Team
from inference.windows import SetRule, Window, WindowSampler, read_sets


@dataclass(frozen=True)
class TrainConfig:
    """What `--config` names. `windows`: (tokens a side, windows a batch, chance)."""

    model: ModelConfig = SMALL
    windows: tuple[tuple[int, int, float], ...] = ((20, 6, 0.3), (28, 3, 0.35), (36, 2, 0.35))
    objects: int = 3
    rounds_cap: int = 6
    more: float = 0.5  # chance of one more round before the one that is learned from
    optimiser: str = "muon"  # or "adamw" for every weight
    rate: float = 1.5e-3
    warmup: int = 200
    weight_decay: float = 0.02
    ema: float = 0.999
    clip: float = 1.0
    border: float = 0.0  # extra weight of pixels near an object's border
    rules: dict[str, SetRule] = field(default_factory=dict)


RULES = {
    "voc": SetRule(0.42),
    "coco": SetRule(0.27),
    "coco128": SetRule(0.12),
    "davis": SetRule(0.10),
    "ccp": SetRule(0.06, regions=True, union=0.4),
    "bsds": SetRule(0.03, regions=True),
}
CONFIGS = {
    "small": TrainConfig(rules=RULES),
    "small-adamw": TrainConfig(rules=RULES, optimiser="adamw"),
    "tiny": TrainConfig(windows=((4, 2, 1.0),), objects=2, rounds_cap=2, warmup=2, rules=RULES),
}


def keep_memory() -> None:
    """Tell glibc to keep freed memory: fresh pages for every large tensor cost more than the arithmetic on it."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-4, 0)  # M_MMAP_MAX: never a mapping of its own for a large block
        libc.mallopt(-1, -1)  # M_TRIM_THRESHOLD: never give memory back
    except (OSError, AttributeError):
        pass  # another C library: slower, not wrong


def load_stem(path: Path) -> Stem:
    """The frozen stem from `encoder.safetensors`."""
    stem = Stem().eval().requires_grad_(False)
    stem.load_state_dict({k[5:]: v.float() for k, v in load_file(path).items() if k.startswith("stem.")})
    return stem.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def step_rng(seed: int, step: int, purpose: int, rank: int) -> np.random.Generator:
    """The randomness of one step: the same whenever, and however often, the step is made."""
    return np.random.default_rng([seed, step, purpose] + [rank] * (rank > 0))


def draw_batch(sampler: WindowSampler, cfg: TrainConfig, seed: int, step: int, rank: int = 0) -> list[Window]:
    """The windows of one step; all of one size."""
    rng = step_rng(seed, step, 0, rank)
    tokens, count, _ = cfg.windows[int(rng.choice(len(cfg.windows), p=[w[2] for w in cfg.windows]))]
    return [sampler.draw(rng, tokens) for _ in range(count)]


def batches(
    sampler: WindowSampler, cfg: TrainConfig, seed: int, start: int, rank: int, ahead: int = 3
) -> Iterator[list[Window]]:
    """Batches from `start` on, prepared in a thread beside the training."""
    with ThreadPoolExecutor(1) as pool:
        queue = [pool.submit(draw_batch, sampler, cfg, seed, start + i, rank) for i in range(ahead)]
        step = start + ahead
        try:
            while True:
                yield queue.pop(0).result()
                queue.append(pool.submit(draw_batch, sampler, cfg, seed, step, rank))
                step += 1
        finally:
            for job in queue:
                job.cancel()


def make_optimisers(model: ClickModel, cfg: TrainConfig) -> list[torch.optim.Optimizer]:
    """AdamW, and where the configuration says so Muon for the weights that act as matrices."""
    weights = list(model.parameters())
    matrices = [p for p in weights if cfg.optimiser == "muon" and acts_as_matrix(p)]
    others = [p for p in weights if not any(p is m for m in matrices)]
    groups = [
        {"params": [p for p in others if p.ndim >= 2], "weight_decay": cfg.weight_decay},
        {"params": [p for p in others if p.ndim < 2], "weight_decay": 0.0},
    ]
    made: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=cfg.rate, betas=(0.9, 0.98))]
    if matrices:
        made.append(Muon(matrices, cfg.rate, weight_decay=cfg.weight_decay))
    return made


class Run:
    """The state of a training run: model, its average, optimiser, step, time spent."""

    def __init__(self, cfg: TrainConfig, seed: int) -> None:
        torch.manual_seed(seed)
        self.cfg, self.seed = cfg, seed
        self.model = ClickModel(cfg.model).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.optimisers = make_optimisers(self.model, cfg)
        self.step = 0
        self.elapsed = 0.0

    def learn(self, loss: torch.Tensor, progress: float, team: Team) -> None:
        """One optimiser step with the rate that belongs to `progress` in [0, 1]."""
        warm = min(1.0, (self.step + 1) / self.cfg.warmup)
        rate = self.cfg.rate * warm * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * min(1.0, progress))))
        for group in (g for o in self.optimisers for g in o.param_groups):
            group["lr"] = float(rate)
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        team.average_gradients(self.model)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.cfg.clip)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        keep = min(self.cfg.ema, (1 + self.step) / (10 + self.step))
        current = self.model.state_dict()
        names = list(current)
        torch._foreach_lerp_([self.average[n] for n in names], [current[n] for n in names], 1 - keep)

    def save(self, out: Path) -> None:
        """OUT/checkpoint.pt (to go on) and OUT/model.safetensors (the average, to use), each replaced atomically."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimisers": [o.state_dict() for o in self.optimisers],
            "step": self.step,
            "elapsed": self.elapsed,
            "seed": self.seed,
        }
        torch.save(state, out / "checkpoint.tmp")
        os.replace(out / "checkpoint.tmp", out / "checkpoint.pt")
        meta = {"config": json.dumps(asdict(self.cfg)), "step": str(self.step), "seconds": f"{self.elapsed:.0f}"}
        save_file({k: v.contiguous() for k, v in self.average.items()}, out / "model.tmp", metadata=meta)
        os.replace(out / "model.tmp", out / "model.safetensors")

    def start_from(self, file: Path) -> None:
        """Begin with trained weights (a model.safetensors) instead of random ones."""
        weights = load_file(file)
        self.model.load_state_dict(weights)
        for name, value in weights.items():
            self.average[name].copy_(value)

    def load(self, out: Path) -> None:
        state = torch.load(out / "checkpoint.pt", map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        for name, value in state["average"].items():
            self.average[name].copy_(value)
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step, self.elapsed, self.seed = state["step"], state["elapsed"], state["seed"]


def train(
    sets: list[Path],
    out: Path,
    *,
    config: str = "small",
    cache: Path = Path("var/cache"),
    encoder: Path = Path("var/init/encoder.safetensors"),
    hours: float | None = None,
    steps: int | None = None,
    resume: bool = False,
    start: Path | None = None,
    seed: int = 0,
    exclude: frozenset[str] = frozenset(),
    fill: bool = True,
    bf16: bool = True,
    save_every: float = 240.0,
    log_every: int = 50,
    stop: threading.Event | None = None,
) -> Run:
    """Train until `steps` are done, `hours` are over or `stop` is set, then save; see
    `python -m inference.train clicks --help`."""
    if (hours is None) == (steps is None):
        raise ValueError("give either hours or steps")
    keep_memory()
    cfg = CONFIGS[config]
    out.mkdir(parents=True, exist_ok=True)
    team = Team()
    if fill and team.first:
        vit = load_vit(encoder)
        for file in sets:
            TokenCache(file, cache).fill(vit, bf16=bf16)
        del vit
    team.wait()
    run = Run(cfg, seed)
    if resume and (out / "checkpoint.pt").exists():
        run.load(out)
    elif start is not None:
        run.start_from(start)
    sampler = WindowSampler(read_sets(sets, cache, cfg.rules), cfg.objects, exclude)
    stem = load_stem(encoder)
    print(f"{count_parameters(run.model)} trained parameters, from step {run.step}", flush=True)
    began, before, saved = time.monotonic(), run.elapsed, time.monotonic()
    recent: list[dict[str, Any]] = []
    stream = batches(sampler, cfg, run.seed, run.step, team.rank)
    try:
        for windows in stream:
            progress = run.step / steps if steps is not None else run.elapsed / (3600 * (hours or 1))
            progress, stopping = team.agree(progress, stop is not None and stop.is_set())
            if progress >= 1 or stopping:
                break
            rng = step_rng(run.seed, run.step, 1, team.rank)
            result = interact(run.model, stem, windows, rng, cfg.rounds_cap, cfg.more, bf16, cfg.border)
            run.learn(result["loss"], progress, team)
            run.elapsed = before + time.monotonic() - began
            recent.append({k: v.detach() for k, v in result.items()})
            if run.step % log_every == 0:
                if team.first:
                    report(run, recent, out)
                recent = []
            if team.first and time.monotonic() - saved > save_every:
                run.save(out)
                saved = time.monotonic()
    finally:
        stream.close()  # type: ignore[attr-defined]
    if team.first:
        run.save(out)
    team.leave()
    return run


def report(run: Run, recent: list[dict[str, Any]], out: Path) -> None:
    """One line on stdout and one in OUT/log.jsonl."""
    iou = torch.cat([r["iou"] for r in recent]).numpy()
    clicks = torch.cat([r["clicks"] for r in recent]).numpy()
    line: dict[str, Any] = {"step": run.step, "seconds": round(run.elapsed, 1)}
    line["loss"] = round(float(np.mean([float(r["loss"]) for r in recent])), 4)
    for k in (1, 2, 3, 5):
        if (clicks == k).any():
            line[f"iou{k}"] = round(float(iou[clicks == k].mean()), 4)
    line["rate"] = float(f"{run.optimisers[0].param_groups[0]['lr']:.3g}")
    print(" ".join(f"{k} {v}" for k, v in line.items()), flush=True)
    with (out / "log.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
