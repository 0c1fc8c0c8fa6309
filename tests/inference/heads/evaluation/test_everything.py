"""Recall, against COCO's own code."""

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from inference import ClickPredictor, Features
from inference.heads.evaluation.everything import Tally, by_grid, grid_points, recalled
from inference.heads.proposals import Proposal, box_of, encode
from tests.inference.conftest import Image, Mask


def blobs(count: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    masks = []
    for _ in range(count):
        mask = np.zeros((60, 80), bool)
        y, x, h, w = rng.integers(0, 40), rng.integers(0, 60), rng.integers(5, 25), rng.integers(5, 25)
        mask[y : y + h, x : x + w] = True
        masks.append(mask)
    return masks


def by_coco(truths: list[list[np.ndarray]], found: list[list[Proposal]]) -> list[float]:
    """AR@10 and AR@100 of pycocotools, classes ignored."""
    data, results = COCO(), []
    annotations = [
        {"image_id": i, "category_id": 1, "segmentation": encode(m), "area": int(m.sum()), "iscrowd": 0}
        for i, masks in enumerate(truths)
        for m in masks
    ]
    data.dataset = {
        "images": [{"id": i, "height": 60, "width": 80} for i in range(len(truths))],
        "annotations": [a | {"id": k, "bbox": [0, 0, 1, 1]} for k, a in enumerate(annotations, 1)],
        "categories": [{"id": 1, "name": "object"}],
    }
    for i, proposals in enumerate(found):
        results += [{"image_id": i, "category_id": 1, "segmentation": p.rle, "score": p.score} for p in proposals]
    with contextlib.redirect_stdout(io.StringIO()):
        data.createIndex()
        run = COCOeval(data, data.loadRes(results), "segm")
        run.params.useCats, run.params.maxDets = 0, [1, 10, 100]
        run.evaluate()
        run.accumulate()
        run.summarize()
    return [float(run.stats[7]), float(run.stats[8])]


def test_recall_is_cocos() -> None:
    truths = [blobs(5, 0), blobs(3, 1)]
    rng = np.random.default_rng(2)
    found = []
    for i, masks in enumerate(truths):
        shifted = [np.roll(m, int(rng.integers(0, 4)), int(rng.integers(2))) for m in masks * 2] + blobs(10, 5 + i)
        scores = rng.permutation(len(shifted)) / len(shifted)
        found.append([Proposal(encode(m), box_of(encode(m)), float(s)) for m, s in zip(shifted, scores, strict=True)])
    tally = Tally()
    for masks, proposals in zip(truths, found, strict=True):
        tally.add([encode(m) for m in masks], proposals)
    ar10, ar100 = by_coco(truths, found)
    figures = tally.figures()
    assert 0.2 < figures["ar10"] < figures["ar100"] < 1
    assert figures["ar10"] == pytest.approx(ar10, abs=1e-4)
    assert figures["ar100"] == pytest.approx(ar100, abs=1e-4)


def test_one_proposal_finds_one_object() -> None:
    mask = blobs(1, 0)[0]
    one = Proposal(encode(mask), box_of(encode(mask)), 1.0)
    assert (recalled([encode(mask), encode(mask)], [one], 10) == 1).all()
    assert (recalled([encode(mask), encode(mask)], [one, one], 10) == 2).all()
    assert (recalled([encode(mask), encode(mask)], [one, one], 1) == 1).all()
    assert (recalled([], [one], 10) == 0).all()


def test_a_grid_finds_an_obvious_object(
    predictor: ClickPredictor, features: Features, picture: tuple[Image, Mask]
) -> None:
    points = grid_points(features, 4)
    assert points[0] == (20, 15)
    assert points[-1] == (140, 105)
    grid = by_grid(predictor, features, 3)
    assert len(grid.filtered) <= len(grid.loose) <= 9
    truth = picture[1]
    best = max((p.mask() & truth).sum() / (p.mask() | truth).sum() for p in grid.loose)
    assert best > 0.7
