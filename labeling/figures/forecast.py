"""When a project will be done, as far as its own pace says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

WINDOW = 28
"""Days whose pace is looked at: four whole weeks."""

LEAST_DAYS = 5
"""Fewer days with progress say nothing."""

DRAWS = 2000
SEED = 20190601
LONGEST = 5 * 365
"""Days; what lies beyond is told as "later"."""


@dataclass(frozen=True)
class Forecast:
    """The days by which it will be done in 5 %, 50 % and 95 % of the draws; None: later than `LONGEST` days."""

    early: date | None
    middle: date | None
    late: date | None


def forecast(ended: Sequence[int], left: int, today: date) -> Forecast | None:
    """A forecast from how many images more were done or skipped on each of the last days, oldest first.

    The days are drawn again with replacement (how well is the pace known?), and the sum of the days to come varies as
    they do (how even is it?): with the mean μ and the deviation σ of a draw, the time to get `left` images done has
    the mean left/μ and the deviation σ√(left/μ³). Nobody knows about holidays or new images.

    Returns: None when there are fewer than `LEAST_DAYS` days with progress.
    """
    days = np.asarray(trimmed(ended)[-WINDOW:], dtype=np.float64)
    if left <= 0 or np.count_nonzero(days > 0) < LEAST_DAYS:
        return None
    random = np.random.default_rng(SEED)
    drawn = random.choice(days, size=(DRAWS, len(days)))
    mean, deviation = drawn.mean(1), drawn.std(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = deviation * np.sqrt(left / np.maximum(mean, 0) ** 3)
        times = left / mean + random.standard_normal(DRAWS) * spread
    times = np.where((mean > 0) & np.isfinite(times), np.maximum(times, 1.0), np.inf)
    return Forecast(*(_day(float(one), today) for one in np.quantile(times, [0.05, 0.5, 0.95], method="lower")))


def trimmed(ended: Sequence[int]) -> list[int]:
    """The days from the first one with progress on: before it nobody had begun."""
    first = next((place for place, count in enumerate(ended) if count > 0), len(ended))
    return list(ended[first:])


def _day(days: float, today: date) -> date | None:
    return today + timedelta(days=math.ceil(days)) if days <= LONGEST else None
