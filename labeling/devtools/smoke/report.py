"""What a run measured, and how it fails."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


class SmokeFailed(Exception):
    """The server did not do what it should; the message says what was expected and what came."""


def check(right: bool, expectation: str) -> None:
    """Raises: SmokeFailed unless `right`."""
    if not right:
        raise SmokeFailed(expectation)


@dataclass
class Report:
    """Steps that were taken, with their times, and samples of round trips."""

    say: Callable[[str], None]
    step_name: str = "start"
    samples: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, name: str, key: str = "") -> Iterator[None]:
        """Take a step; its seconds are kept under `key`."""
        self.step_name = name
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        if key:
            self.numbers[key] = round(seconds, 3)
        self.say(f"  ok  {name:<58} {seconds:7.2f} s")

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """A sample in milliseconds."""
        began = time.perf_counter()
        yield
        self.samples[name].append((time.perf_counter() - began) * 1000)

    def table(self) -> Iterator[str]:
        """The timings for people."""
        for name, value in self.numbers.items():
            yield f"{name.replace('_', ' '):<58}{value:>10}"
        yield ""
        yield f"{'round trip':<28}{'number':>8}{'median':>11}{'95 %':>11}{'slowest':>11}"
        for name, values in self.samples.items():
            middle, high = quantiles(values)
            yield f"{name:<28}{len(values):>8}{middle:>8.1f} ms{high:>8.1f} ms{max(values):>8.1f} ms"

    def summary(self) -> dict[str, Any]:
        """The timings for programs."""
        found: dict[str, Any] = {"ok": True, **self.numbers}
        for name, values in self.samples.items():
            middle, high = quantiles(values)
            key = name.replace(" ", "_")
            found |= {f"{key}_ms_p50": round(middle, 1), f"{key}_ms_p95": round(high, 1)}
        return found | {"seconds": round(time.monotonic() - self.began, 1)}


def quantiles(values: list[float]) -> tuple[float, float]:
    """Median and 95th percentile (nearest rank)."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[max(0, -(-95 * len(ordered) // 100) - 1)]
