"""`manage.py bench_agreement`: it compares what it says."""

import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from labeling import masks
from labeling.devtools.bench.agreement import drawn, ellipse
from labeling.quality.comparison import compare
from labeling.quality.segments import Size


def test_it_prints_one_json_object() -> None:
    out = io.StringIO()
    call_command("bench_agreement", "--images", "3", "--objects", "4", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["images"], found["objects"]) == (3, 4)
    assert 0 < found["median_ms"] <= 1000 * found["seconds"] + 0.01


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(CommandError, match="at least 1"):
        call_command("bench_agreement", "--images", "0")


def test_an_ellipse_has_its_pixels() -> None:
    size = Size(40, 50)
    y, x = np.mgrid[0:40, 0:50]
    expected = ((x - 20.3) / 9) ** 2 + ((y - 18.6) / 13) ** 2 <= 1
    assert np.array_equal(masks.decode(ellipse(20.3, 18.6, 9, 13, size), 40, 50), expected)


def test_two_people_mostly_agree() -> None:
    size = Size(3000, 4000)
    found = compare(*drawn(20, np.random.default_rng(3), size), size).total
    assert (found.first, found.second) == (20, 20)
    assert 10 < found.matched[0] <= 20
