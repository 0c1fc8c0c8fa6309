"""How sure a figure is."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Z = 1.96
"""The normal quantile of a 95 % interval."""

FEW = 10
"""Below this many, a share is told as "3 of 4" and has no percent."""

ROUNDS = 1000
GROUPS = 1000
"""Images are drawn one by one up to this many, and then in so many groups, so that time and memory are bounded."""

SEED = 20190601
Sums = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A 95 % interval, both ends from 0 to 1."""

    low: float
    high: float


def wilson(hits: int, of: int, z: float = Z) -> Interval | None:
    """The score interval of a share (Wilson 1927); None of nothing.

    (p + z²/2n ± z√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    """
    if of <= 0:
        return None
    share = hits / of
    middle, scale = share + z * z / (2 * of), 1 + z * z / of
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return Interval(max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def bootstrap(
    images: Sums, statistic: Callable[[Sums], Sums], *, rounds: int = ROUNDS, seed: int = SEED
) -> Interval | None:
    """The percentile interval of a statistic of sums over images (Efron 1979): images are drawn with replacement.

    images: `n×k`, the sums of each image. statistic: from `rounds×k` sums to `rounds` values, NaN where undefined.
    The same images give the same interval. None for fewer than two images, or when no draw has a value. More than
    `GROUPS` images are dealt into that many groups and groups are drawn: the variance of a sum stays the same on
    average, and only `rounds × GROUPS` numbers are needed.
    """
    if len(images) < 2:
        return None
    if len(images) > GROUPS:
        dealt = np.zeros((GROUPS, images.shape[1]))
        np.add.at(dealt, np.random.default_rng(seed).permutation(len(images)) % GROUPS, images)
        images = dealt
    return interval_of(statistic(draws(len(images), rounds, seed) @ images))


@lru_cache(maxsize=4)
def draws(count: int, rounds: int = ROUNDS, seed: int = SEED) -> Sums:
    """How often each of `count` images is in each draw, `rounds×count`."""
    random = np.random.default_rng(seed)
    return random.multinomial(count, np.full(count, 1 / count), size=rounds).astype(np.float64)


def interval_of(values: Sums) -> Interval | None:
    """The middle 95 % of the values that are numbers; None when none is."""
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(low), float(high))


def ratio(above: int, below: int, factor: float = 1.0) -> Callable[[Sums], Sums]:
    """A statistic for `bootstrap`: `factor` times one column over another."""

    def of(sums: Sums) -> Sums:
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Sums = factor * sums[:, above] / sums[:, below]
        return found

    return of


def share_text(hits: int, of: int) -> str:
    """A share as people read it: "3 of 4" below `FEW`, then "90 % (70–97 %)"."""
    if of < FEW:
        return f"{hits} of {of}"
    interval = wilson(hits, of)
    assert interval is not None
    return f"{100 * hits / of:.0f} % ({100 * interval.low:.0f}–{100 * interval.high:.0f} %)"
