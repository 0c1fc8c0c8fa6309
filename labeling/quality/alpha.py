"""Krippendorff's α for nominal values: agreement beyond what chance gives.

Only for classes and choices of objects that match. Not for masks: the overlap that chance gives is near 0, and which
objects form a unit is the matching's choice (cf. Braylan et al. 2022).
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

MIN_UNITS = 30
"""Fewer units than this give no α: its interval would be wider than the scale."""

V = TypeVar("V", bound=Hashable)


def alpha(pairs: Mapping[tuple[V, V], int]) -> float | None:
    """α = 1 − Dₒ/Dₑ (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, nominal data).

    pairs: how often two people gave these two values to one unit; the order within a pair does not matter. With more
    than two people each pair of them makes units of its own. None when there is no unit, or only one value at all:
    then nothing could have been confused.
    """
    coincidences: Counter[tuple[V, V]] = Counter()
    for (one, other), count in pairs.items():
        coincidences[one, other] += count
        coincidences[other, one] += count
    values: Counter[V] = Counter()
    for (one, _), count in coincidences.items():
        values[one] += count
    n = sum(values.values())
    expected = n * n - sum(count * count for count in values.values())
    if expected == 0:
        return None
    observed = sum(count for (one, other), count in coincidences.items() if one != other)
    return 1 - (n - 1) * observed / expected


def alpha_if_enough(pairs: Mapping[tuple[V, V], int]) -> float | None:
    """α from `MIN_UNITS` units on; else None."""
    return alpha(pairs) if sum(pairs.values()) >= MIN_UNITS else None
