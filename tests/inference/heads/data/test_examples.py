"""What is held out."""

import dataclasses

import pytest

from inference.heads.data.examples import hold_out
from tests.inference.heads.tiny import example


def test_what_is_held_out_stays_held_out() -> None:
    many = [dataclasses.replace(example(0), name=str(k), group=f"video {k // 2}") for k in range(200)]
    learned, held = hold_out(many, 0.3)
    assert len(held) == pytest.approx(60, abs=20)
    assert not {e.group for e in learned} & {e.group for e in held}
    _, before = hold_out(many[:100], 0.3)
    assert {e.name for e in before} <= {e.name for e in held}
