"""Proposals drawn again by the click model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inference import ClickPredictor
from inference.heads.evaluation.heads import Encoded, pictures
from inference.heads.evaluation.team import opened
from inference.heads.proposals import Proposal, decode, encode, mask_iou
from inference.heads.refine import refine

Make = Callable[..., Path]


def test_refined_proposals_are_the_click_models(predictor: ClickPredictor, coco_file: Make, tmp_path: Path) -> None:
    (example,) = pictures(coco_file(1), None)
    features = Encoded(predictor, None).of(example)
    true = example.mask(example.objects[0].segmentation)
    coarse = true.copy()
    coarse[:, : true.nonzero()[1].min() + 6] = False  # a strip is missing
    rough = Proposal(encode(coarse), (0, 0, 1, 1), 0.7, "thing")
    for prompting in ("box", "mask", "click"):
        (better,) = refine([rough], features, predictor, prompting)
        assert len(better.clicks) == 1
        assert better.clicks[0].positive
        assert better.score == rough.score
        assert better.category == "thing"
        overlap = mask_iou([better.rle], [rough.rle])[0, 0]
        assert overlap >= 0.5
        x0, y0, x1, y1 = (int(v) for v in better.box)
        assert decode(better.rle)[y0:y1, x0:x1].sum() == better.area
        if prompting != "box":
            session = opened(better, features, predictor)
            assert np.array_equal(session.mask(), decode(better.rle)), "who goes on clicking starts from this mask"
            assert session.clicks == better.clicks
    assert np.array_equal(opened(rough, features, predictor).mask(), coarse)
    assert refine([], features, predictor) == []


def test_refined_some_at_a_time_is_the_same_and_can_be_interrupted(
    predictor: ClickPredictor, coco_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = pictures(coco_file(1), None)
    features = Encoded(predictor, None).of(example)
    rough = [
        Proposal(encode(example.mask(one.segmentation)), (0, 0, 1, 1), 0.7, str(place))
        for place, one in enumerate(list(example.objects) * 3)
    ]
    together = refine(rough, features, predictor)
    monkeypatch.setattr("inference.heads.refine.MASK_PIXELS", 1)
    calls: list[int] = []
    assert refine(rough, features, predictor, between=lambda: calls.append(1)) == together
    assert len(calls) == 2 * len(rough), "before each mask is read, and before each answer is"

    def stop() -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        refine(rough, features, predictor, between=stop)
