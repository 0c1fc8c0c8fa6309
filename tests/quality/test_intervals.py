"""Intervals, shares and α against published and hand-computed values."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.quality.alpha import MIN_UNITS, alpha, alpha_if_enough
from labeling.quality.intervals import GROUPS, bootstrap, ratio, share_text, wilson


def test_wilson_of_18_in_20() -> None:
    found = wilson(18, 20)
    assert found is not None
    assert (round(found.low, 2), round(found.high, 2)) == (0.70, 0.97)


def test_wilson_at_the_ends() -> None:
    """Of 10 hits in 10 the lower end is n / (n + z²)."""
    assert wilson(0, 0) is None
    full, none = wilson(10, 10), wilson(0, 10)
    assert full is not None
    assert none is not None
    assert (full.low, full.high) == (pytest.approx(10 / (10 + 1.96**2)), pytest.approx(1))
    assert (none.low, none.high) == (pytest.approx(0), pytest.approx(1 - full.low))


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_share(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    found = wilson(hits, of)
    assert found is not None
    assert 0 <= found.low <= hits / of + 1e-9
    assert hits / of - 1e-9 <= found.high <= 1


def test_few_are_told_without_percent() -> None:
    assert share_text(3, 4) == "3 of 4"
    assert share_text(9, 9) == "9 of 9"
    assert share_text(18, 20) == "90 % (70–97 %)"


def test_the_same_images_give_the_same_interval() -> None:
    images = np.random.default_rng(1).integers(1, 9, (40, 2)).astype(float)
    assert bootstrap(images, ratio(0, 1)) == bootstrap(images, ratio(0, 1))
    assert bootstrap(images, ratio(0, 1)) != bootstrap(images, ratio(0, 1), seed=2)


def test_a_bootstrap_is_as_wide_as_theory_says() -> None:
    """Of the mean of n values: 2 × 1.96 × σ/√n."""
    values = np.random.default_rng(5).normal(0.5, 0.1, 400)
    found = bootstrap(np.stack([values, np.ones(400)], 1), ratio(0, 1))
    assert found is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.15)


def test_many_images_are_drawn_in_groups_with_the_same_width() -> None:
    values = np.random.default_rng(6).normal(0.5, 0.1, 20 * GROUPS)
    found = bootstrap(np.stack([values, np.ones(len(values))], 1), ratio(0, 1))
    assert found is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(len(values)), rel=0.15)


def test_one_image_has_no_interval() -> None:
    assert bootstrap(np.array([[1.0, 2.0]]), ratio(0, 1)) is None
    assert bootstrap(np.zeros((5, 2)), ratio(0, 1)) is None


def test_alpha_of_the_published_example() -> None:
    """Krippendorff 2011, example B: two observers, ten binary units, α = 0.095."""
    one, other = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha(Counter(zip(one, other, strict=True))) == pytest.approx(0.095, abs=0.0005)


def test_alpha_of_the_published_nominal_example() -> None:
    """Krippendorff 2011, example C: twelve units, five values, α = 0.692."""
    ben, gerry = "aabbdcccedda", "babbbccceddd"
    assert alpha(Counter(zip(ben, gerry, strict=True))) == pytest.approx(0.692, abs=0.0005)


def test_alpha_at_the_ends() -> None:
    assert alpha({}) is None
    assert alpha({("a", "a"): 50}) is None  # one value at all: nothing could be confused
    assert alpha({("a", "a"): 20, ("b", "b"): 20}) == 1
    assert alpha({("a", "b"): 40}) == pytest.approx(1 - 79 * 80 / (2 * 40 * 40))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_alpha_of_pairs_is_that_of_the_definition(units: list[tuple[str, str]]) -> None:
    """By the definition: chance pairs any two of the 2n values."""
    values = [value for unit in units for value in unit]
    chance = [a != b for a, b in combinations(values, 2)]
    seen = [a != b for a, b in units]
    expected = None if not any(chance) else 1 - np.mean(seen) / np.mean(chance)
    assert alpha(Counter(units)) == (expected if expected is None else pytest.approx(expected))
    assert alpha(Counter((b, a) for a, b in units)) == (expected if expected is None else pytest.approx(expected))


def test_alpha_needs_units() -> None:
    pairs = {("a", "a"): 15, ("b", "b"): 14}
    assert alpha_if_enough(pairs) is None
    assert sum(pairs.values()) + 1 == MIN_UNITS
    assert alpha_if_enough({**pairs, ("a", "b"): 1}) is not None
