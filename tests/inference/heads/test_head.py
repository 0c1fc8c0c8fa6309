"""Exported heads."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from inference.core.features import FEATURES_VERSION, Features, FeaturesError
from inference.heads.head import Head, HeadError
from inference.heads.networks.config import Kind
from tests.inference.heads.tiny import FOUR, example


def test_a_head_answers_to_features_of_its_encoder_only(trained: dict[Kind, Path]) -> None:
    head = Head.load(trained["instances"] / "head")
    made = example(0)
    features = Features(FEATURES_VERSION, 256, 256, {"tokens": made.tokens()})
    with pytest.raises(FeaturesError, match="vitb16"):
        head.suggest(dataclasses.replace(features, version="vitb16-pyr1-0"))
    # a frame of 640 model pixels has 40 x 40 tokens: the same picture, repeated
    tiled = np.tile(made.tokens(), (1, 3, 3))[:, :40, :40]
    found = head.suggest(Features(FEATURES_VERSION, 640, 640, {"tokens": np.ascontiguousarray(tiled)}), 0.3)
    assert found
    assert found[0].rle["size"] == [640, 640]
    assert {p.category for p in found} <= {"cup", "plate"}
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


def test_a_panoptic_head_answers_in_three_ways(trained: dict[Kind, Path]) -> None:
    head = Head.load(trained["panoptic"] / "head")
    answer, frame = head.answer(FOUR[0].tokens()), FOUR[0].frame
    assert len(head.propose(answer, frame, 0.0, "instances")) >= 2
    for mode in ("panoptic", "semantic"):
        proposals = head.propose(answer, frame, mode=mode)
        assert proposals
        assert sum(p.mask().astype(int) for p in proposals).max() == 1  # type: ignore[union-attr]


def test_a_folder_without_a_head_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match=str(tmp_path)):
        Head.load(tmp_path)
