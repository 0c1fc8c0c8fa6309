"""Training of the click model."""

from __future__ import annotations

import ctypes
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from inference.data import copy_paste as composites
from inference.data.coco import DataError, set_name
from inference.data.crops import Window
from inference.data.device import CPU, Compute
from inference.data.encoder_files import Encoder, EncoderFileError, read_encoder
from inference.data.token_cache import TokenCache
from inference.data.window_sampler import SetRule, WindowSampler, read_sets
from inference.networks.click_network import ClickModel
from inference.networks.pyramid import count_parameters
from inference.networks.vit import ViTConfig
from inference.training import curves
from inference.training.config import CONFIGS, TrainConfig
from inference.training.distributed import Processes
from inference.training.interaction import interact
from inference.training.loop import CHECKPOINT, LOG, Length, Lines, Loop, Losses
from inference.training.validation import Validation

__all__ = ["CONFIGS", "Run", "TrainConfig", "draw_batch", "train"]


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
    """The windows of one step; all of one size, which all processes share: none waits for a larger one."""
    rng = step_rng(seed, step, 0, 0)
    tokens, count, _ = cfg.windows[int(rng.choice(len(cfg.windows), p=[w[2] for w in cfg.windows]))]
    if rank:
        rng = step_rng(seed, step, 0, rank)
    return [sampler.draw(rng, tokens) for _ in range(count)]


Drawn = tuple[list[Window], np.random.Generator]
"""The windows of a step, and the randomness of the users that click in them."""


def _nothing(*_: object) -> Any:
    raise ValueError("this run has no data to learn from")


class Run(Loop[Drawn]):
    """The click network that learns."""

    model: ClickModel

    def __init__(
        self,
        cfg: TrainConfig,
        seed: int,
        compute: Compute = CPU,
        *,
        draw: Callable[[int], Drawn] = _nothing,
        loss: Callable[[Any, Drawn], Losses] = _nothing,
        processes: Processes | None = None,
    ) -> None:
        torch.manual_seed(seed)
        model = ClickModel(cfg.model)
        for part in cfg.frozen:
            getattr(model, part).requires_grad_(False)
        super().__init__(
            model, draw, loss, optim=cfg.optim, seed=seed, compute=compute, processes=processes, workers=cfg.workers
        )
        self.cfg = cfg

    def save(self, out: Path) -> None:
        """OUT/checkpoint.pt (to go on) and OUT/model.safetensors (the average, to use), each replaced atomically."""
        super().save(out)
        meta = {"config": json.dumps(asdict(self.cfg)), "step": str(self.step), "seconds": f"{self.seconds:.0f}"}
        save_file({k: v.cpu().contiguous() for k, v in self.average.items()}, out / "model.tmp", metadata=meta)
        os.replace(out / "model.tmp", out / "model.safetensors")

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
    processes: Processes,
    compute: Compute,
    fill: bool,
) -> WindowSampler:
    """The sampler of the run's windows. The first process makes composites and fills the caches before."""
    files, rules, vit = list(files), dict(cfg.rules), encoder.vit.cfg
    if cfg.composites and not cfg.live:
        source = [f for f in files if not rules.get(set_name(f), SetRule(0.1)).regions]
        if processes.first:
            composites.make(source, cache, cfg.composites, 0, exclude)
        others = sum(rules.get(set_name(f), SetRule(0.1)).weight for f in files)
        files.append(cache / "composites" / "train.json")
        rules["composites"] = SetRule(others * cfg.copy_paste / (1 - cfg.copy_paste))
    if fill and processes.first and not cfg.live:
        for file in files:
            TokenCache(file, cache, vit).fill(encoder.vit, compute)
    processes.wait()
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
    length = Length(steps, None if hours is None else 60 * hours)
    keep_memory()
    cfg = weighted(CONFIGS[config], weights or {})
    if cfg.frozen and start is None and not (resume and (out / CHECKPOINT).exists()):
        raise DataError(f"--config {config} leaves the {' and the '.join(cfg.frozen)} as it is: give --from")
    out.mkdir(parents=True, exist_ok=True)
    frozen = read_encoder(encoder, stem, compute)
    check_encoder(cfg, frozen.vit.cfg, encoder)
    processes = Processes(compute.device)
    sampler = open_sets(sets, cache, cfg, frozen, exclude, processes, compute, fill)

    def draw(step: int) -> Drawn:
        return draw_batch(sampler, cfg, run.seed, step, processes.rank), step_rng(run.seed, step, 1, processes.rank)

    def loss(model: Any, drawn: Drawn) -> Losses:
        return interact(model, frozen, *drawn, cfg.users, compute, cfg.border)

    run = Run(cfg, seed, compute, draw=draw, loss=loss, processes=processes)
    if not (resume and run.resume(out)) and start is not None:
        run.begin_with(load_file(start))
    lines = Lines(out, log_every, figures, shown=processes.first)
    lines.progress.say(f"{count_parameters(run.model)} trained parameters, from step {run.step}, on {compute.device}")
    validation = None
    if checks.file is not None and processes.first:
        validation = Validation.of(checks.file, checks.objects, frozen, compute)
    checked = Validating(out, lines, validation, 60 * checks.minutes, run.step)
    run.run(out, length, stop=stop, watchers=(lines, checked), save_every=save_every)
    processes.leave()
    return run


def weighted(cfg: TrainConfig, weights: dict[str, float]) -> TrainConfig:
    """The configuration with other weights for some sets."""
    rules = {name: replace(cfg.rules.get(name, SetRule(0.1)), weight=weight) for name, weight in weights.items()}
    return replace(cfg, rules=cfg.rules | rules)


class Validating:
    """Evaluates the averaged weights on a sample now and then; curves and contact sheet."""

    def __init__(self, out: Path, lines: Lines, validation: Validation | None, seconds: float, step: int) -> None:
        self.out, self.lines, self.validation, self.every = out, lines, validation, seconds
        self.checked, self.at = time.monotonic(), step

    def step(self, loop: Loop[Any], losses: Losses, progress: float) -> None:
        if time.monotonic() - self.checked > self.every:
            self._check(loop)

    def end(self, loop: Loop[Any]) -> None:
        self._check(loop)

    def _check(self, loop: Loop[Any]) -> None:
        if self.validation is not None and self.at < loop.step:
            assert isinstance(loop, Run)
            self.lines.write(loop, self.validation.run(loop.averaged(), self.out / "sheet.png"))
            if not curves.draw(self.out / LOG, self.out / "curves.png"):
                self.lines.progress.say("no curves: matplotlib is not installed (requirements-dev.txt)")
            self.at = loop.step
        self.checked = time.monotonic()


def figures(loop: Loop[Any], recent: Sequence[Losses]) -> dict[str, float]:
    """Loss and mean IoU by clicks of the last steps, and the rate of learning."""
    iou = torch.cat([r["iou"] for r in recent]).cpu().numpy()
    clicks = torch.cat([r["clicks"] for r in recent]).numpy()
    line = {"loss": round(float(np.mean([float(r["loss"]) for r in recent])), 4)}
    for k in (1, 2, 3, 5):
        if (clicks == k).any():
            line[f"iou{k}"] = round(float(iou[clicks == k].mean()), 4)
    return line | {"rate": float(f"{loop.optimisers[0].param_groups[0]['lr']:.3g}")}
