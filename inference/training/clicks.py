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
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from inference.data import copy_paste as composites
from inference.data.coco import DataError
from inference.data.crops import SetRule, Window, WindowSampler, read_sets, set_name
from inference.data.device import CPU, Compute
from inference.data.encoder_files import Encoder, EncoderFileError, read_encoder
from inference.data.token_cache import TokenCache
from inference.networks.click_network import ClickModel
from inference.networks.pyramid import count_parameters
from inference.networks.vit import ViTConfig
from inference.training import curves
from inference.training.config import CONFIGS, TrainConfig
from inference.training.distributed import Team
from inference.training.interaction import interact
from inference.training.muon import Muon, acts_as_matrix
from inference.training.progress import Progress
from inference.training.validation import Validation

__all__ = ["CONFIGS", "Run", "TrainConfig", "draw_batch", "make_optimisers", "train"]


def keep_memory() -> None:
    """Tell glibc to keep freed memory: fresh pages for every large tensor cost more than the arithmetic on it."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-4, 0)  # M_MMAP_MAX: never a mapping of its own for a large block
        libc.mallopt(-1, -1)  # M_TRIM_THRESHOLD: never give memory back
    except (OSError, AttributeError):
        pass  # another C library: slower, not wrong


def step_rng(seed: int, step: int, purpose: int, rank: int) -> np.random.Generator:
    """The randomness of one step: the same whenever, and however often, the step is made."""
    return np.random.default_rng([seed, step, purpose] + [rank] * (rank > 0))


def draw_batch(sampler: WindowSampler, cfg: TrainConfig, seed: int, step: int, rank: int = 0) -> list[Window]:
    """The windows of one step; all of one size, which the processes of a team share: none waits for a larger one."""
    rng = step_rng(seed, step, 0, 0)
    tokens, count, _ = cfg.windows[int(rng.choice(len(cfg.windows), p=[w[2] for w in cfg.windows]))]
    if rank:
        rng = step_rng(seed, step, 0, rank)
    return [sampler.draw(rng, tokens) for _ in range(count)]


def batches(sampler: WindowSampler, cfg: TrainConfig, seed: int, start: int, rank: int) -> Iterator[list[Window]]:
    """Batches from `start` on, prepared in threads beside the training."""
    ahead = cfg.workers + 2
    with ThreadPoolExecutor(cfg.workers) as pool:
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
    weights = [p for p in model.parameters() if p.requires_grad]
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
    """The state of a training run: model, its average, optimisers, step, time spent."""

    def __init__(self, cfg: TrainConfig, seed: int, compute: Compute = CPU) -> None:
        torch.manual_seed(seed)
        self.cfg, self.seed = cfg, seed
        self.model: ClickModel = compute.place(ClickModel(cfg.model))
        for part in cfg.frozen:
            getattr(self.model, part).requires_grad_(False)
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.optimisers = make_optimisers(self.model, cfg)
        self.scaler = compute.scaler()
        self.step = 0
        self.elapsed = 0.0

    def learn(self, loss: torch.Tensor, progress: float, team: Team) -> None:
        """One optimiser step with the rate that belongs to `progress` in [0, 1]."""
        warm = min(1.0, (self.step + 1) / self.cfg.warmup)
        rate = self.cfg.rate * warm * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * min(1.0, progress))))
        for group in (g for o in self.optimisers for g in o.param_groups):
            group["lr"] = float(rate)
        self.model.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        team.average_gradients(self.model)
        for optimiser in self.optimisers:
            self.scaler.unscale_(optimiser)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.cfg.clip)
        if not self.scaler.is_enabled() or torch.isfinite(norm):  # else fp16 overflowed: no optimiser makes the step
            for optimiser in self.optimisers:
                self.scaler.step(optimiser)
        self.scaler.update()
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
            "scaler": self.scaler.state_dict(),
            "step": self.step,
            "elapsed": self.elapsed,
            "seed": self.seed,
        }
        torch.save(state, out / "checkpoint.tmp")
        os.replace(out / "checkpoint.tmp", out / "checkpoint.pt")
        meta = {"config": json.dumps(asdict(self.cfg)), "step": str(self.step), "seconds": f"{self.elapsed:.0f}"}
        save_file({k: v.cpu().contiguous() for k, v in self.average.items()}, out / "model.tmp", metadata=meta)
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
        self.scaler.load_state_dict(state.get("scaler") or self.scaler.state_dict())
        self.step, self.elapsed, self.seed = state["step"], state["elapsed"], state["seed"]

    def averaged(self) -> ClickModel:
        """A model of its own with the averaged weights."""
        model: ClickModel = ClickModel(self.cfg.model)
        model.load_state_dict(self.average)
        return model.to(next(self.model.parameters()).device)


@dataclass(frozen=True)
class Checks:
    """Evaluation during a run: a file, how many of its objects, how often."""

    file: Path | None = None
    minutes: float = 30.0
    objects: int = 40


def check_encoder(cfg: TrainConfig, vit: ViTConfig, path: Path) -> None:
    """Does the encoder fit the configuration?"""
    if vit.channels != cfg.model.tokens:
        wanted = {c.model.tokens: name for name, c in CONFIGS.items()}
        hint = f"; try --config {wanted[vit.channels]}" if vit.channels in wanted else ""
        raise EncoderFileError(f"{path} is a ViT of {vit.dim} x {vit.depth}, which this configuration is not for{hint}")


def open_sets(
    files: Sequence[Path],
    cache: Path,
    cfg: TrainConfig,
    encoder: Encoder,
    exclude: frozenset[str],
    team: Team,
    compute: Compute,
    fill: bool,
) -> WindowSampler:
    """The sampler of the run's windows. The first process makes composites and fills the caches before."""
    files, rules, vit = list(files), dict(cfg.rules), encoder.vit.cfg
    if cfg.composites and not cfg.live:
        source = [f for f in files if not rules.get(set_name(f), SetRule(0.1)).regions]
        if team.first:
            composites.make(source, cache, cfg.composites, 0, exclude)
        others = sum(rules.get(set_name(f), SetRule(0.1)).weight for f in files)
        files.append(cache / "composites" / "train.json")
        rules["composites"] = SetRule(others * cfg.copy_paste / (1 - cfg.copy_paste))
    if fill and team.first and not cfg.live:
        for file in files:
            TokenCache(file, cache, vit).fill(encoder.vit, compute)
    team.wait()
    opened = read_sets(files, None if cfg.live else cache, rules, vit)
    return WindowSampler(opened, cfg.objects, exclude, vit, cfg.copy_paste if cfg.live else 0.0, cfg.hard)


def train(
    sets: list[Path],
    out: Path,
    *,
    config: str = "small",
    cache: Path = Path("var/cache"),
    encoder: Path = Path("var/init/encoder.safetensors"),
    stem: Path | None = None,
    hours: float | None = None,
    steps: int | None = None,
    resume: bool = False,
    start: Path | None = None,
    seed: int = 0,
    exclude: frozenset[str] = frozenset(),
    weights: dict[str, float] | None = None,
    fill: bool = True,
    compute: Compute = CPU,
    checks: Checks = Checks(),  # noqa: B008
    save_every: float = 240.0,
    log_every: int = 50,
    stop: threading.Event | None = None,
) -> Run:
    """Train until `steps` are done, `hours` are over or `stop` is set, then save; see
    `python -m inference.train clicks --help`."""
    if (hours is None) == (steps is None):
        raise ValueError("give either hours or steps")
    keep_memory()
    cfg = weighted(CONFIGS[config], weights or {})
    if cfg.frozen and start is None and not (resume and (out / "checkpoint.pt").exists()):
        raise DataError(f"--config {config} leaves the {' and the '.join(cfg.frozen)} as it is: give --from")
    out.mkdir(parents=True, exist_ok=True)
    frozen = read_encoder(encoder, stem, compute)
    check_encoder(cfg, frozen.vit.cfg, encoder)
    team = Team(compute.device)
    sampler = open_sets(sets, cache, cfg, frozen, exclude, team, compute, fill)
    run = Run(cfg, seed, compute)
    if resume and (out / "checkpoint.pt").exists():
        run.load(out)
    elif start is not None:
        run.start_from(start)
    log = Log(run, out, team, checks, frozen, compute)
    log.progress.say(f"{count_parameters(run.model)} trained parameters, from step {run.step}, on {compute.device}")
    began, before, saved = time.monotonic(), run.elapsed, time.monotonic()
    stream = batches(sampler, cfg, run.seed, run.step, team.rank)
    try:
        for windows in stream:
            progress = run.step / steps if steps is not None else run.elapsed / (3600 * (hours or 1))
            progress, stopping = team.agree(progress, stop is not None and stop.is_set())
            if progress >= 1 or stopping:
                break
            rng = step_rng(run.seed, run.step, 1, team.rank)
            result = interact(run.model, frozen, windows, rng, cfg.users, compute, cfg.border)
            run.learn(result["loss"], progress, team)
            run.elapsed = before + time.monotonic() - began
            log.step(result, progress, log_every)
            if team.first and time.monotonic() - saved > save_every:
                run.save(out)
                saved = time.monotonic()
    finally:
        stream.close()  # type: ignore[attr-defined]
    if team.first:
        run.save(out)
    log.end()
    team.leave()
    return run


def weighted(cfg: TrainConfig, weights: dict[str, float]) -> TrainConfig:
    """The configuration with other weights for some sets."""
    rules = {name: replace(cfg.rules.get(name, SetRule(0.1)), weight=weight) for name, weight in weights.items()}
    return replace(cfg, rules=cfg.rules | rules)


class Log:
    """What a run says: lines on stdout and in OUT/log.jsonl, a bar, and at each evaluation curves and a sheet. Only
    the first process of a team says anything."""

    def __init__(self, run: Run, out: Path, team: Team, checks: Checks, encoder: Encoder, compute: Compute) -> None:
        self.run, self.out, self.team, self.checks = run, out, team, checks
        self.progress = Progress(team.first)
        self.recent: list[dict[str, Any]] = []
        self.validation: Validation | None = None
        if checks.file is not None and team.first:
            self.validation = Validation.of(checks.file, checks.objects, encoder, compute)
        self.checked, self.at = time.monotonic(), run.step

    def step(self, result: dict[str, torch.Tensor], progress: float, every: int) -> None:
        """After a step: perhaps a line, perhaps an evaluation."""
        self.recent.append({k: v.detach() for k, v in result.items()})
        self.progress.update(progress, self.run.elapsed)
        if self.run.step % every == 0:
            if self.team.first:
                line = figures(self.run, self.recent)
                self.write(line, f"left {self.progress.left(progress, self.run.elapsed)}")
            self.recent = []
        if time.monotonic() - self.checked > 60 * self.checks.minutes:
            self.check()

    def check(self) -> None:
        """Evaluate the averaged weights on the sample; curves and contact sheet."""
        if self.validation is not None and self.at < self.run.step:
            found = self.validation.run(self.run.averaged(), self.out / "sheet.png")
            self.write({"step": self.run.step, "seconds": round(self.run.elapsed, 1)} | found)
            if not curves.draw(self.out / "log.jsonl", self.out / "curves.png"):
                self.progress.say("no curves: matplotlib is not installed (requirements-dev.txt)")
            self.at = self.run.step
        self.checked = time.monotonic()

    def write(self, line: dict[str, Any], more: str = "") -> None:
        self.progress.say(" ".join([*(f"{k} {v}" for k, v in line.items()), *([more] if more else [])]))
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def end(self) -> None:
        self.check()
        self.progress.close()


def figures(run: Run, recent: list[dict[str, Any]]) -> dict[str, Any]:
    """Loss and mean IoU by clicks of the last steps."""
    iou = torch.cat([r["iou"] for r in recent]).cpu().numpy()
    clicks = torch.cat([r["clicks"] for r in recent]).numpy()
    line: dict[str, Any] = {"step": run.step, "seconds": round(run.elapsed, 1)}
    line["loss"] = round(float(np.mean([float(r["loss"]) for r in recent])), 4)
    for k in (1, 2, 3, 5):
        if (clicks == k).any():
            line[f"iou{k}"] = round(float(iou[clicks == k].mean()), 4)
    line["rate"] = float(f"{run.optimisers[0].param_groups[0]['lr']:.3g}")
    return line
