"""Which objects of two sets are the same one: the assignment with the largest sum of IoU."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

from labeling.quality.segments import Segment, Size, rle

Ious = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Match:
    """Segment `one` of the first set is segment `other` of the second; `iou` from 0 to 1."""

    one: int
    other: int
    iou: float


def ious(first: Sequence[Segment], second: Sequence[Segment], size: Size) -> Ious:
    """The IoU of every pair, `n×m`; masks are read run by run, and only where the boxes of two meet."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    found = coco.iou([rle(one, size) for one in first], [rle(one, size) for one in second], [0] * len(second))
    return np.asarray(found, np.float64).reshape(len(first), len(second))


def same_class(first: Sequence[Segment], second: Sequence[Segment]) -> npt.NDArray[np.bool_]:
    """Which pairs have one class, `n×m`."""
    one = np.array([segment.category for segment in first], np.int64)
    other = np.array([segment.category for segment in second], np.int64)
    return np.equal.outer(one, other)


def match(found: Ious, least: float, allowed: npt.NDArray[np.bool_] | None = None) -> list[Match]:
    """Pairs with an IoU of at least `least`, each segment at most once, with the largest possible sum of IoU.

    found: `n×m`; allowed: `n×m`, pairs that may match. The Hungarian method (Kuhn 1955), by SciPy. Pairs without a
    rival are taken before it: where masks of a set don't overlap, those are all pairs from an IoU of .5 on (Kirillov
    et al. 2019, Panoptic Segmentation, theorem 1).
    """
    weights = np.where(found >= least, found, 0.0)
    if allowed is not None:
        weights = np.where(allowed, weights, 0.0)
    possible = weights > 0
    alone = possible & (possible.sum(1) == 1)[:, None] & (possible.sum(0) == 1)[None, :]
    pairs = [(int(i), int(j)) for i, j in np.argwhere(alone)]
    rivals = possible & ~alone
    rows, columns = np.flatnonzero(rivals.any(1)), np.flatnonzero(rivals.any(0))
    if len(rows):
        pairs += _hungarian(weights, rows, columns)
    return [Match(i, j, float(found[i, j])) for i, j in sorted(pairs)]


def _hungarian(weights: Ious, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> list[tuple[int, int]]:
    from scipy.optimize import linear_sum_assignment  # not loaded by processes that compare nothing

    left = weights[np.ix_(rows, columns)]
    chosen = zip(*linear_sum_assignment(left, maximize=True), strict=True)
    return [(int(rows[i]), int(columns[j])) for i, j in chosen if left[i, j] > 0]
