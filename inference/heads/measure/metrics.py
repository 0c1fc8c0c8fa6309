"""How good proposals are: COCO's average precision (by pycocotools), panoptic quality, mean IoU.

Truths and proposals are lists by image, in the same order. Categories are compared by name; proposals of a category
that the vocabulary lacks count nowhere.
"""

from __future__ import annotations

import contextlib
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from inference.core.arrays import Mask
from inference.heads.data.examples import Example
from inference.heads.proposals import Proposal, Rle, decode, encode

SIZES = ("all", "small", "medium", "large")


@dataclass(frozen=True, eq=False)
class Seen:
    """The truth of one image. objects, crowds: masks with their category. void: height x width, where nothing is
    known."""

    height: int
    width: int
    objects: tuple[tuple[Rle, str], ...]
    crowds: tuple[tuple[Rle, str], ...]
    void: Mask


def seen(example: Example) -> Seen:
    """An example's truth at the image's own size."""
    void = np.zeros((example.frame.height, example.frame.width), bool)
    for segmentation in (*example.void, *(c.segmentation for c in example.crowds)):
        void |= example.mask(segmentation)
    objects, crowds = (
        tuple((encode(example.mask(o.segmentation)), o.category) for o in group)
        for group in (example.objects, example.crowds)
    )
    return Seen(example.frame.height, example.frame.width, objects, crowds, void)


def average_precision(
    truths: Sequence[Seen], answers: Sequence[Sequence[Proposal]], names: Sequence[str]
) -> dict[str, Any]:
    """COCO's mask AP (mean over IoU .5 to .95 and categories), at IoU .5 and .75, by size (None where there are no such
    objects), and by category."""
    numbers = {name: k for k, name in enumerate(names, 1)}
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools talks
        truth = _as_coco(truths, numbers)
        results = [
            {"image_id": k, "category_id": numbers[p.category], "segmentation": p.rle, "score": p.score}
            for k, proposals in enumerate(answers, 1)
            for p in proposals
            if p.category in numbers
        ]
        if not results:
            return {"ap": 0.0, "ap50": 0.0, "ap75": 0.0} | {f"ap_{s}": None for s in SIZES[1:]} | {"by_category": {}}
        judge = COCOeval(truth, truth.loadRes(results), "segm")
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"]  # IoU x recall x category x size x number of proposals
    found = {"ap": _mean(precision[..., 0, -1])}
    found |= {"ap50": _mean(precision[0, ..., 0, -1]), "ap75": _mean(precision[5, ..., 0, -1])}
    found |= {f"ap_{size}": _mean(precision[..., k, -1]) for k, size in enumerate(SIZES) if k}
    present = {name for t in truths for _, name in t.objects}
    by_category = {n: _mean(precision[:, :, k, 0, -1]) for k, n in enumerate(names) if n in present}
    return found | {"by_category": by_category}


def _mean(precision: NDArray[np.float64]) -> float | None:
    """Without the -1 of categories that aren't there; None where there is nothing to find."""
    known = precision[precision > -1]
    return round(float(known.mean()), 4) if known.size else None


def _as_coco(truths: Sequence[Seen], numbers: dict[str, int]) -> Any:
    annotations: list[dict[str, Any]] = []
    for image, truth in enumerate(truths, 1):
        for crowd, group in ((0, truth.objects), (1, truth.crowds)):
            for rle, name in group:
                if name in numbers:
                    entry: dict[str, Any] = {
                        "id": len(annotations) + 1,
                        "image_id": image,
                        "category_id": numbers[name],
                    }
                    entry |= {"segmentation": rle, "iscrowd": crowd, "area": float(coco_rle.area(rle))}
                    annotations.append(entry | {"bbox": coco_rle.toBbox(rle).tolist()})
    coco = COCO()
    coco.dataset = {
        "images": [{"id": k, "height": t.height, "width": t.width} for k, t in enumerate(truths, 1)],
        "annotations": annotations,
        "categories": [{"id": k, "name": name} for name, k in numbers.items()],
    }
    coco.createIndex()
    return coco


@dataclass(frozen=True, eq=False)
class Flat:
    """A picture without overlaps. ids: height x width, 0 where there is nothing, else the segment's number from 1.
    categories: by number, the first one unused."""

    ids: NDArray[np.int32]
    categories: tuple[str, ...]


def flat(height: int, width: int, segments: Sequence[tuple[Rle, str]], stuff: frozenset[str] = frozenset()) -> Flat:
    """Later segments lie below earlier ones; stuff of one category is one segment."""
    ids, categories = np.zeros((height, width), np.int32), [""]
    for rle, name in segments:
        number = categories.index(name) if name in stuff and name in categories else len(categories)
        if number == len(categories):
            categories.append(name)
        ids[decode(rle) & (ids == 0)] = number
    return Flat(ids, tuple(categories))


def flat_truth(truth: Seen, stuff: frozenset[str] = frozenset()) -> Flat:
    """Smaller objects lie above larger ones: a cup on a table stays one."""
    by_size = sorted(truth.objects, key=lambda o: int(coco_rle.area(o[0])))
    return flat(truth.height, truth.width, by_size, stuff)


def flat_answer(truth: Seen, proposals: Sequence[Proposal], stuff: frozenset[str] = frozenset()) -> Flat:
    """Better proposals lie above worse ones."""
    ranked = sorted(proposals, key=lambda p: -p.score)
    return flat(truth.height, truth.width, [(p.rle, p.category or "") for p in ranked], stuff)


def panoptic_quality(
    truths: Sequence[Seen],
    answers: Sequence[Sequence[Proposal]],
    names: Sequence[str],
    stuff: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """PQ = SQ x RQ (Kirillov et al., CVPR 2019), means over the categories that the truth has.

    The truth is made non-overlapping; all other pixels are void: they count in no IoU, and a proposal that lies mostly
    on void is no mistake.
    """
    counts: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(4))  # sum of IoU, TP, FP, FN
    for truth, proposals in zip(truths, answers, strict=True):
        _count(counts, flat_truth(truth, stuff), flat_answer(truth, proposals, stuff))
    present = [n for n in names if counts[n][1] + counts[n][3] > 0]
    each = {n: _quality(*counts[n]) for n in present}
    means = np.mean(list(each.values()), axis=0) if each else np.zeros(3)
    figures = dict(zip(("pq", "sq", "rq"), (round(float(v), 4) for v in means), strict=True))
    return figures | {"by_category": {n: round(q[0], 4) for n, q in each.items()}}


def _count(counts: dict[str, NDArray[np.float64]], truth: Flat, answer: Flat) -> None:
    """Add one picture. Each true segment matches at most one proposed one: an IoU above .5 is unique."""
    table = np.zeros((len(truth.categories), len(answer.categories)), np.int64)
    np.add.at(table, (truth.ids.ravel(), answer.ids.ravel()), 1)
    true_area, own_area, void = table.sum(1), table[1:].sum(0), table[0]
    hit: set[int] = set()
    for t in range(1, len(truth.categories)):
        name, matched = truth.categories[t], False
        for a in (int(k) + 1 for k in np.flatnonzero(table[t, 1:])):
            iou = table[t, a] / (true_area[t] + own_area[a] - table[t, a])
            if answer.categories[a] == name and iou > 0.5:
                counts[name] += (iou, 1, 0, 0)
                hit.add(a)
                matched = True
        if not matched and true_area[t]:
            counts[name][3] += 1
    for a in range(1, len(answer.categories)):
        area = own_area[a] + void[a]
        if a not in hit and area and void[a] <= 0.5 * area:
            counts[answer.categories[a]][2] += 1


def _quality(iou: float, tp: float, fp: float, fn: float) -> tuple[float, float, float]:
    segmentation = iou / tp if tp else 0.0
    recognition = tp / (tp + 0.5 * fp + 0.5 * fn)
    return segmentation * recognition, segmentation, recognition


def mean_iou(truths: Sequence[Seen], answers: Sequence[Sequence[Proposal]], names: Sequence[str]) -> dict[str, Any]:
    """Mean over the categories that the truth has of the IoU over all pictures; pixels without a true object are void
    and don't count."""
    sums: dict[str, NDArray[np.int64]] = {n: np.zeros(3, np.int64) for n in names}  # both, truth, answer
    for truth, proposals in zip(truths, answers, strict=True):
        true, own = flat_truth(truth), flat_answer(truth, proposals)
        known = true.ids > 0
        for name in {*true.categories[1:], *own.categories[1:]} & set(sums):
            a, b = _of(true, name) & known, _of(own, name) & known
            sums[name] += (int((a & b).sum()), int(a.sum()), int(b.sum()))
    each = {n: round(float(s[0] / (s[1] + s[2] - s[0])), 4) for n, s in sums.items() if s[1]}
    return {"miou": round(float(np.mean(list(each.values()))), 4) if each else 0.0, "by_category": each}


def _of(picture: Flat, name: str) -> Mask:
    return np.isin(picture.ids, [k for k, n in enumerate(picture.categories) if n == name and k])


def picture_quality(truth: Seen, proposals: Sequence[Proposal]) -> float:
    """PQ of one picture whatever the categories' number: sum of IoU / (TP + (FP + FN) / 2). 1 where nothing is to be
    found and nothing was."""
    counts: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(4))
    _count(counts, flat_truth(truth), flat_answer(truth, proposals))
    iou, tp, fp, fn = np.sum([*counts.values(), np.zeros(4)], axis=0)
    return float(iou / (tp + 0.5 * (fp + fn))) if tp + fp + fn else 1.0
