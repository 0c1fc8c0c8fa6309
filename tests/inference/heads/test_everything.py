"""Segment everything: boxes, suppression, and decoding in batch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import ClickPredictor, Features, FeaturesError
from inference.clicks.batch import ObjectPrompt
from inference.core.features import PYRAMID
from inference.core.geometry import Frame
from inference.core.masks import Click, MaskPatch
from inference.heads.everything import (
    DUPLICATE_IOU,
    MAX_BOXES,
    REDECODE_SCORE,
    Everything,
    anchors,
    as_tuples,
    choose,
    decode_boxes,
    doubles_last,
    encode_boxes,
    inside,
    middle,
    score_of,
    stability,
    suppressed,
)
from inference.heads.networks.discoverer import Discovery, DiscoveryConfig
from inference.heads.proposals import Proposal, box_iou, mask_iou
from inference.heads.training import everything as training
from tests.inference.conftest import Image, Mask
from tests.inference.heads.tiny import random_boxes


def test_decoding_boxes_undoes_encoding_them() -> None:
    where = anchors(8, 12)
    assert where.points.shape == (4 * 96 + 96 + 24, 4)
    boxes = random_boxes(len(where.points))
    assert np.abs(decode_boxes(encode_boxes(boxes, where), where) - boxes).max() < 1e-3
    ones = decode_boxes(np.ones((len(boxes), 4), np.float32), where)
    assert ones[0].tolist() == [-4, -4, 12, 12]  # of stride 8: from the first cell's centre a stride to each side
    assert ones[-1].tolist() == [12 * 16 - 48, 8 * 16 - 48, 12 * 16 + 16, 8 * 16 + 16]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 60), st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_suppression_leaves_no_two_alike_and_drops_nothing_else(count: int, seed: int, limit: int) -> None:
    boxes = random_boxes(count, seed, 60)
    scores = np.random.default_rng(seed).random(count).astype(np.float32)
    kept = suppressed(boxes, scores, 0.5, limit)
    overlap = box_iou([tuple(b) for b in boxes.tolist()], [tuple(b) for b in boxes[kept].tolist()])
    assert len(kept) <= limit
    assert (np.diff(scores[kept]) <= 0).all()
    assert (np.triu(overlap[kept], 1) <= 0.5 + 1e-6).all()
    if len(kept) < limit:
        better = scores[kept][None] >= scores[:, None]
        assert ((overlap > 0.5 - 1e-6) & better).any(1).all()


def test_no_more_boxes_become_prompts_than_there_is_time_for() -> None:
    boxes = random_boxes(5000, size=4000)
    scores = np.random.default_rng(1).uniform(0.1, 1, 5000).astype(np.float32)
    chosen = choose(scores, boxes, Frame.of(640, 640))
    assert len(chosen) == MAX_BOXES
    assert chosen[0] == scores.argmax()
    tiny = np.tile(np.array([[10, 10, 13, 30]], np.float32), (3, 1))
    assert not len(choose(np.ones(3, np.float32), tiny, Frame.of(640, 640)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained head with real sizes, exported."""
    torch.manual_seed(3)
    head = Discovery(DiscoveryConfig(channels=16))
    torch.nn.init.normal_(head.classify.weight, std=0.3)
    where = tmp_path_factory.mktemp("head")
    assert training.write(head.state_dict(), DiscoveryConfig(channels=16), where, {}) < 2e-3
    return where


def test_onnx_runtime_gives_what_pytorch_gives_at_another_size(folder: Path, features: Features) -> None:
    from safetensors.torch import load_file

    head = Discovery(DiscoveryConfig(channels=16)).eval()
    state = load_file(folder / "head.safetensors")
    head.load_state_dict({k.removeprefix("head."): v.float() for k, v in state.items()})
    everything = Everything(ClickPredictor(), folder)
    logits, distances = everything._run(features)
    with torch.inference_mode():
        expected = head(torch.from_numpy(features.tokens.astype(np.float32)[None]))
    assert np.abs(logits - expected[0][0].numpy()).max() < 1e-3
    assert np.abs(distances - expected[1][0].numpy()).max() < 1e-3 * float(expected[1].max())


def test_every_prompt_gives_one_mask_the_same_as_alone(
    folder: Path, predictor: ClickPredictor, features: Features
) -> None:
    everything = Everything(predictor, folder)
    boxes, scores = everything.boxes(features, limit=7, min_score=0.0)
    assert len(boxes) == 7
    assert (boxes[:, 2:] <= [features.width, features.height]).all()
    calls: list[int] = []
    found = everything.discover(features, limit=7, min_score=0.0, between=lambda: calls.append(1))
    assert len(calls) == 7, "before each object"
    found_scores = [proposal.score for proposal in found]
    assert found_scores == sorted(found_scores, reverse=True)
    alone = []
    for box, worth in zip(as_tuples(boxes), scores, strict=True):
        (session,) = predictor.sessions(features, [ObjectPrompt([middle(box)], box, at_once=True)])
        if session.cut_off and score_of(stability(session), float(worth)) >= REDECODE_SCORE:
            previous = session.mask()
            session = predictor.session(features, previous)
            session.add(middle(box))
        if session.mask().any():
            alone.append((score_of(stability(session), float(worth)), session.mask()))
    assert len(found) == len(alone) > 0
    left = {mask.tobytes(): score for score, mask in alone}
    for proposal in found:
        assert proposal.score in (0, pytest.approx(left[proposal.mask().tobytes()]))
    assert found[0].score == pytest.approx(max(left.values()))


def test_a_mask_that_is_there_already_comes_last() -> None:
    def proposal(x: int, score: float) -> Proposal:
        return Proposal.of_patch(MaskPatch(x, 5, 60, 40, np.ones((40, 60), bool)), 100, 200, score)

    best, same, other = proposal(20, 0.9), proposal(21, 0.8), proposal(40, 0.3)
    assert mask_iou([best.rle], [same.rle])[0, 0] > DUPLICATE_IOU > mask_iou([best.rle], [other.rle])[0, 0]
    assert doubles_last([other, same, best]) == [best, other, replace(same, score=0.0)]
    assert doubles_last([]) == []


def test_a_mask_is_stable_that_hardly_depends_on_where_it_is_cut(predictor: ClickPredictor, features: Features) -> None:
    session = predictor.session(features)
    assert stability(session) == 0
    session.add(Click(features.width / 2, features.height / 2, True))
    steep = np.where(np.arange(features.frame.padded_width // 2) < 20, 3.0, -3.0).astype(np.float16)
    soft = np.linspace(1.0, -1.0, len(steep)).astype(np.float16)
    rows = features.frame.padded_height // 2
    session.resume(session.clicks, np.tile(steep, (rows, 1)))
    assert stability(session) == 1
    session.resume(session.clicks, np.tile(soft, (rows, 1)))
    assert stability(session) == pytest.approx(1 / 3, abs=0.05)  # the quarter above +.5 of the three quarters above -.5


def test_features_that_do_not_fit_are_refused(folder: Path, features: Features, tmp_path: Path) -> None:
    few = Features(features.version, features.height, features.width, {k: features.maps[k] for k in PYRAMID})
    with pytest.raises(FeaturesError, match="without tokens"):
        Everything(ClickPredictor(), folder).boxes(few)
    other = replace(features, version="vitb14-pyr2-0")
    with pytest.raises(FeaturesError, match="vitb14"):
        Everything(ClickPredictor(), folder).boxes(other)
    missing = Everything(ClickPredictor(), tmp_path)
    assert not missing.ready
    with pytest.raises(FileNotFoundError, match="no trained head"):
        missing.boxes(features)


def test_boxes_stop_at_the_picture_not_at_its_padding(picture: tuple[Image, Mask]) -> None:
    frame = Frame.of(100, 640)
    assert frame.padded_height == 128
    assert inside(np.array([[-5, -5, 700, 128]], np.float32), frame).tolist() == [[0, 0, 640, 100]]
