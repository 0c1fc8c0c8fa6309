"""What is true of objects that a format may be unable to say: holes, several parts, shared pixels.

Everything is found from the runs of masks; nothing is decoded. Pixels that touch at corners belong to one part, as in
OpenCV's outlines; a hole is background that is not connected with the outside by edges.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from labeling import masks
from labeling.annotations.models import Annotation

FROM_MASKS = ("holes", "parts", "overlap")
"""Facts that only masks say."""

_PAIRS = 2_000_000
"""Pairs of boxes that are compared at once."""


@dataclass(frozen=True)
class Facts:
    """Of how many objects something is true."""

    objects: int = 0
    holes: int = 0
    """Objects with holes."""

    parts: int = 0
    """Objects of several parts."""

    overlap: int = 0
    """Objects that share pixels with others of their image."""

    attributes: int = 0
    """Objects with answers to attributes."""

    crowd: int = 0
    """Objects that are crowds."""

    instances: int = 0
    """Objects that are not the only one of their class on their image."""

    def __add__(self, other: "Facts") -> "Facts":
        return Facts(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))


def of_objects(objects: Sequence[Annotation], height: int, width: int, wanted: Collection[str] = FROM_MASKS) -> Facts:
    """The facts of an image's objects, whose masks are of `height×width`. A mask that is damaged has none.

    wanted: which of `FROM_MASKS` are found; the others stay 0.
    """
    of_shape = {"holes", "parts"} & set(wanted)
    shapes = [_shape(one.counts, height, width) for one in objects] if of_shape else []
    classes = Counter(one.category_id for one in objects)
    return Facts(
        objects=len(objects),
        holes=sum(holes > 0 for _, holes in shapes),
        parts=sum(parts > 1 for parts, _ in shapes),
        overlap=len(overlapping(objects, height, width)) if "overlap" in wanted else 0,
        attributes=sum(bool(one.attributes) for one in objects),
        crowd=sum(one.crowd for one in objects),
        instances=sum(classes[one.category_id] > 1 for one in objects),
    )


def _shape(counts: str, height: int, width: int) -> tuple[int, int]:
    try:
        return parts_and_holes(counts, height, width)
    except masks.MaskError:
        return 0, 0


def parts_and_holes(counts: str, height: int, width: int) -> tuple[int, int]:
    """How many parts and how many holes a mask of `height×width` has. Raises: MaskError.

    Each column of a mask is a list of runs. Two runs of neighbouring columns that touch, also at a corner, are joined.
    In the graph of runs the parts are its components, and each hole is a cycle of its own: edges - runs + parts.
    """
    begins, ends = _columns(masks.check(counts, height, width), height)
    if len(begins) < 2:
        return len(begins), 0
    # In one long line of columns with a gap, a run touches those of the next column that begin in its place, one
    # column on, or end there. Ends are exclusive: touching at a corner is `begin <= end`.
    step = height + 2
    begins, ends = begins + 2 * (begins // height), ends + 2 * ((ends - 1) // height)
    first = np.searchsorted(ends, begins + step, "left")
    last = np.searchsorted(begins, ends + step, "right")
    edges = np.maximum(last - first, 0)
    count = int(edges.sum())
    one = np.repeat(np.arange(len(begins)), edges)
    other = np.arange(count) - np.repeat(np.cumsum(edges) - edges, edges) + np.repeat(first, edges)
    graph = coo_array((np.ones(count, np.int8), (one, other)), shape=(len(begins), len(begins)))
    parts = int(connected_components(graph, directed=False, return_labels=False))
    return parts, count - len(begins) + parts


def _columns(found: masks.Runs, height: int) -> tuple[masks.Runs, masks.Runs]:
    """The runs of set pixels, cut where columns end: the first pixel of each, and the one after its last."""
    places = np.cumsum(found)
    ends = places[1::2]
    begins = places[: 2 * len(ends) : 2]
    full = ends > begins
    begins, ends = begins[full], ends[full]
    if len(begins) > 1:  # empty runs of background join two
        joined = begins[1:] == ends[:-1]
        begins, ends = begins[np.r_[True, ~joined]], ends[np.r_[~joined, True]]
    columns = (ends - 1) // height - begins // height + 1
    whole = (
        np.repeat(begins // height, columns)
        + np.arange(columns.sum())
        - np.repeat(np.cumsum(columns) - columns, columns)
    )
    return (
        np.maximum(np.repeat(begins, columns), whole * height),
        np.minimum(np.repeat(ends, columns), (whole + 1) * height),
    )


def overlapping(objects: Sequence[Annotation], height: int, width: int) -> set[int]:
    """Places of those objects that share a pixel with another one. Masks are compared where boxes meet."""
    found: set[int] = set()
    for one, other in _meeting(objects):
        if one in found and other in found:
            continue
        try:
            if masks.shared(objects[one].counts, objects[other].counts, height, width):
                found |= {one, other}
        except (masks.MaskError, ValueError):  # a damaged mask has no pixels
            continue
    return found


def _meeting(objects: Sequence[Annotation]) -> list[tuple[int, int]]:
    """Pairs of objects whose boxes share a pixel."""
    boxes = np.array(
        [(one.bbox_x, one.bbox_y, one.bbox_x + one.bbox_width, one.bbox_y + one.bbox_height) for one in objects],
        np.int64,
    ).reshape(-1, 4)
    pairs: list[tuple[int, int]] = []
    step = max(1, _PAIRS // max(1, len(boxes)))
    for first in range(0, len(boxes), step):
        some = boxes[first : first + step, None]
        meet = (some[..., 0] < boxes[:, 2]) & (boxes[:, 0] < some[..., 2])
        meet &= (some[..., 1] < boxes[:, 3]) & (boxes[:, 1] < some[..., 3])
        ones, others = np.nonzero(meet)
        ones += first
        later = others > ones
        pairs.extend(zip(ones[later].tolist(), others[later].tolist(), strict=True))
    return pairs
