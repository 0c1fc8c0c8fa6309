"""What every head answers: objects that it proposes, with a score, as masks of the image's own size.

Masks are kept as COCO RLE (`{"size": [height, width], "counts": str}`), a few hundred bytes each, so that hundreds of
proposals for an image of any size are cheap to keep, send and compare. Overlaps are counted on the runs themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_rle

from inference.core.arrays import Box, Mask
from inference.core.masks import Click, MaskPatch
from inference.data import coco

Rle = dict[str, Any]
"""Compressed COCO RLE: `size` [height, width] and `counts`, a str."""

DUPLICATE = 0.6
"""IoU above which two proposals are about one object."""

Between = Callable[[], None]
"""Called between two objects: the caller may do there what is more urgent. What it raises ends the work."""


def nothing_between() -> None:
    """Go on at once."""


@dataclass(frozen=True)
class Proposal:
    """An object that a head proposes; a suggestion to people, never a label.

    rle: the mask at the image's full size. box: (x0, y0, x1, y1) image pixels, half-open, around the mask or as the
    head found it. score: in [0, 1], comparable within one head only. category: a name of the head's vocabulary; None
    where the head knows no categories. clicks: those that made the mask, for whoever wants to go on clicking; basis:
    the mask that they began with, if any. A session with that `previous` mask and these clicks has this mask.
    """

    rle: Rle
    box: Box
    score: float
    category: str | None = None
    clicks: tuple[Click, ...] = ()
    basis: Rle | None = None

    @property
    def area(self) -> int:
        """Pixels of the mask."""
        return int(coco_rle.area(self.rle))

    def mask(self) -> Mask:
        """Height x width bool."""
        return decode(self.rle)

    @classmethod
    def of_patch(
        cls,
        patch: MaskPatch,
        height: int,
        width: int,
        score: float,
        category: str | None = None,
        clicks: tuple[Click, ...] = (),
    ) -> Proposal:
        """Of a patch of an image of height x width; the box is the patch's."""
        box = (float(patch.x), float(patch.y), float(patch.x + patch.width), float(patch.y + patch.height))
        return cls(encode_patch(patch, height, width), box, score, category, clicks)


def encode(mask: Mask) -> Rle:
    """A mask, height x width bool, as RLE."""
    return encode_patch(MaskPatch(0, 0, mask.shape[1], mask.shape[0], mask), *mask.shape)


def encode_patch(patch: MaskPatch, height: int, width: int) -> Rle:
    """RLE of an image of height x width with the patch in it. The full-size mask is never made: of an image of 40
    megapixels only the patch is read."""
    padded = np.zeros((patch.width, patch.height + 2), np.int8)  # COCO counts down the columns
    padded[:, 1:-1] = patch.bits.T
    steps = np.diff(padded, axis=1)
    firsts, lasts = (_positions(steps == sign, patch, height) for sign in (1, -1))
    joined = np.flatnonzero(firsts[1:] == lasts[:-1])  # a run that goes on at the top of the next column
    edges = np.stack([np.delete(firsts, joined + 1), np.delete(lasts, joined)], 1).ravel().tolist()
    if not edges or edges[-1] < height * width:
        edges.append(height * width)
    counts = np.diff([0, *edges]).tolist()
    coded = coco_rle.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": coded["counts"].decode("ascii")}


def _positions(at: NDArray[np.bool_], patch: MaskPatch, height: int) -> NDArray[np.int64]:
    """Where the runs begin or end, counted down the columns of the image."""
    columns, rows = np.nonzero(at)
    return np.asarray((columns + patch.x) * height + rows + patch.y, np.int64)


def decode(rle: Rle) -> Mask:
    """RLE to height x width bool."""
    height, width = rle["size"]
    return coco.decode(rle, height, width)


def box_of(rle: Rle) -> Box:
    """The tight box (x0, y0, x1, y1) around a mask; all zeros for an empty one."""
    x, y, w, h = (float(v) for v in coco_rle.toBbox(rle))
    return (x, y, x + w, y + h)


def mask_iou(some: Sequence[Rle], others: Sequence[Rle]) -> NDArray[np.float64]:
    """IoU of every mask with every other, len(some) x len(others)."""
    return _overlaps(some, others, inside=False)


def inside_share(some: Sequence[Rle], others: Sequence[Rle]) -> NDArray[np.float64]:
    """How much of each of `some` lies in each of `others`, in [0, 1]."""
    return _overlaps(some, others, inside=True)


def _overlaps(some: Sequence[Rle], others: Sequence[Rle], inside: bool) -> NDArray[np.float64]:
    if not some or not others:
        return np.zeros((len(some), len(others)))
    shares = coco_rle.iou(list(some), list(others), [int(inside)] * len(others))
    return np.nan_to_num(np.asarray(shares, np.float64))  # empty masks overlap nothing


def box_iou(some: Sequence[Box], others: Sequence[Box]) -> NDArray[np.float64]:
    """IoU of every box with every other, len(some) x len(others)."""
    a = np.asarray(some, np.float64).reshape(-1, 1, 4)
    b = np.asarray(others, np.float64).reshape(1, -1, 4)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    common = np.maximum(sides, 0).prod(2)
    areas = [np.maximum(v[..., 2:] - v[..., :2], 0).prod(2) for v in (a, b)]
    return np.asarray(common / np.maximum(areas[0] + areas[1] - common, 1e-9))


def suppress(
    proposals: Sequence[Proposal],
    threshold: float,
    by: Literal["mask", "box"] = "mask",
    within_category: bool = False,
) -> list[Proposal]:
    """Non-maximum suppression: best first, without those whose IoU with a better one is above `threshold`.

    within_category: only proposals of one category suppress each other. Of equal scores the earlier one wins.
    """
    ranked = sorted(proposals, key=lambda p: -p.score)
    if by == "mask":
        overlap = mask_iou([p.rle for p in ranked], [p.rle for p in ranked])
    else:
        overlap = box_iou([p.box for p in ranked], [p.box for p in ranked])
    names = np.array([p.category or "" for p in ranked])
    alive = np.ones(len(ranked), bool)
    kept = []
    for i, proposal in enumerate(ranked):
        if not alive[i]:
            continue
        kept.append(proposal)
        worse = overlap[i] > threshold
        if within_category:
            worse &= names == names[i]
        alive[worse] = False
    return kept


def drop_covered(proposals: Sequence[Proposal], kept: Sequence[Rle], threshold: float = 0.5) -> list[Proposal]:
    """Those that are not over a kept object, in their order.

    A proposal is over a kept object when their IoU, or the part of the proposal that lies inside of the object, is
    above `threshold`. A whole around a kept part stays: who kept the wheel may still want the car.
    """
    coded = [p.rle for p in proposals]
    over = (mask_iou(coded, kept) > threshold) | (inside_share(coded, kept) > threshold)
    return [p for p, one in zip(proposals, over, strict=True) if not one.any()]


def doubt(proposals: Sequence[Proposal]) -> float:
    """How much a look at the image would teach: the number of proposals that are toss-ups. A score of .5 counts 1,
    scores of 0 and 1 nothing. Ask the head for a low threshold."""
    return float(sum(4 * p.score * (1 - p.score) for p in proposals))
