"""The named configurations."""

from dataclasses import replace

from inference.training.clicks import CONFIGS, Run
from inference.training.interaction import UserRules
from inference.training.muon import Muon


def test_named_configurations_differ_only_where_they_say() -> None:
    assert CONFIGS["small"].users == UserRules(6, 0.5, 0.10, 0.08)
    assert not CONFIGS["small"].copy_paste
    assert not CONFIGS["small"].border
    assert isinstance(Run(CONFIGS["tiny"], 0).optimisers[1], Muon)
    augmented = CONFIGS["small-augmented"]
    assert replace(augmented, users=UserRules(), copy_paste=0.0, composites=0) == CONFIGS["small"]
