"""Run-length encoded masks: read run by run, whatever a stranger sends."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco

from labeling import masks
from tests.memory import peak_kib

BITS = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40))
PLENTY = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def reference(bits: masks.Bits) -> str:
    """As pycocotools spells it."""
    return coco.encode(np.asfortranarray(bits.astype(np.uint8)))["counts"].decode()


@pytest.fixture(params=[4 * 1024**2, 100])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, and so small that every mask is made in parts."""
    monkeypatch.setattr(masks, "_AT_ONCE", request.param)
    monkeypatch.setattr(masks, "_NUMBERS", request.param)


@PLENTY
@given(BITS)
def test_there_and_back(at_once: None, bits: masks.Bits) -> None:
    counts = masks.encode(bits)
    assert counts == reference(bits)
    assert np.array_equal(masks.decode(counts, *bits.shape), bits)
    assert masks.canonical(counts, *bits.shape) == counts
    assert masks.runs(counts).sum() == bits.size


@PLENTY
@given(BITS, st.tuples(*[st.integers(0, 5)] * 4))
def test_a_patch_is_the_mask_with_nothing_around_it(bits: masks.Bits, around: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = around
    whole = np.pad(bits, ((top, bottom), (left, right)))
    assert masks.encode_patch(bits, left, top, *whole.shape) == reference(whole)
    with pytest.raises(masks.MaskError, match="not inside"):
        masks.encode_patch(bits, left + 1, top, whole.shape[0], left + bits.shape[1])


@PLENTY
@given(BITS)
def test_packed_is_the_cropped_mask(at_once: None, bits: masks.Bits) -> None:
    box, rows = masks.packed(masks.encode(bits), *bits.shape)
    expected, cropped = masks.crop(bits)
    assert box == expected
    if box.width:
        assert np.array_equal(np.unpackbits(rows, axis=1, count=box.width).astype(bool), cropped)


@PLENTY
@given(BITS, st.randoms(use_true_random=False))
def test_every_spelling_becomes_the_one(at_once: None, bits: masks.Bits, random: object) -> None:
    spelled: list[int] = []
    for run in masks.runs(reference(bits)).tolist():
        cut = random.randint(0, run)  # type: ignore[attr-defined]
        spelled += [cut, 0, run - cut]
    rle = coco.frPyObjects({"size": list(bits.shape), "counts": spelled}, *bits.shape)
    assert masks.canonical(rle["counts"].decode(), *bits.shape) == reference(bits)


@PLENTY
@given(st.text(st.characters(min_codepoint=40, max_codepoint=120), max_size=60))
def test_nonsense_is_refused_or_read_as_pycocotools_would(text: str) -> None:
    try:
        found = masks.check(text, 7, 9)
    except masks.MaskError:
        return
    assert found.min() >= 0
    assert found.sum() == 63


@pytest.mark.parametrize("number", ["o" * 11 + "7", "P" * 11 + "7"])
def test_absurd_lengths_do_not_overflow(number: str) -> None:
    for times in (1, 16, 1000):
        with pytest.raises(masks.MaskError):
            masks.check(number * times, 10_000, 10_000)


LONGEST = """
from labeling import masks
runs = "1" * (4 * 1024**2 - 8)  # one pixel each, as far as differences say
"""
REFUSE = """
try:
    masks.canonical(runs, 10_000, 10_000)
except masks.MaskError:
    pass
"""


def test_the_longest_mask_costs_bytes_by_its_runs() -> None:
    """As a list of numbers it took 150 MB."""
    kilobytes = peak_kib(LONGEST, REFUSE)
    assert kilobytes > 0
    assert kilobytes < 110 * 1024
