"""One closed outline for a mask with holes and parts, for formats that give an object a single polygon (YOLO).

The outline goes round the outer edge one way and round each hole the other way. Between them it goes a bridge to and
fro, which encloses nothing. `cv2.fillPoly` paints what the outline touches. A bridge to a hole runs through the mask,
so nothing changes; one to another part is a line of pixels more.
"""

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from labeling import masks
from labeling.masks import Bits

Ring = npt.NDArray[np.int64]
"""`n×2`: x and y of pixels, closed; the last point is not the first again."""

_MOST = 200
"""Rings that are joined; of more, the smallest are left out."""


def outlines(bits: Bits, *, join: bool) -> list[Ring]:
    """Outlines through the centres of the border's pixels of an `h×w` mask, for `cv2.fillPoly`: one, or with `join`
    false one for each part (what hangs together, also over corners). Each has at least three points; a single pixel is
    there three times. None at all when the mask is empty.

    They draw exactly the mask, with two exceptions: bridges between parts, and the smallest of more than 200 rings.
    """
    box, patch = masks.crop(bits)
    if not patch.size:
        return []
    corner = np.array([box.x, box.y])
    parts = _parts(patch)
    if join and len(parts) > 1:
        parts = [[ring for part in parts for ring in part]]
    return [_padded(_straightened(_joined(part))) + corner for part in parts]


def draw(rings: list[Ring], height: int, width: int) -> Bits:
    """The `height×width` mask that `cv2.fillPoly` makes of outlines, one after the other."""
    bits = np.zeros((height, width), np.uint8)
    for ring in rings:
        cv2.fillPoly(bits, [ring.astype(np.int32)], 1)
    return bits.view(np.bool_)


def _parts(patch: Bits) -> list[list[Ring]]:
    """Of each part its outer ring and those of its holes, the upper part first."""
    cells = np.ascontiguousarray(patch).view(np.uint8)
    found, tree = cv2.findContours(cells, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    rings = [one.reshape(-1, 2).astype(np.int64) for one in found]
    parents = tree[0, :, 3].tolist()
    parts = {at: [rings[at]] for at in range(len(rings)) if parents[at] < 0}
    for at, parent in enumerate(parents):
        if parent >= 0:
            parts[parent].append(rings[at])
    return sorted(parts.values(), key=lambda part: part[0][0].tolist()[::-1])


def _joined(rings: list[Ring]) -> Ring:
    """One ring of several: always the one that is nearest to what is joined, so that no bridge crosses another ring."""
    if len(rings) > _MOST:
        kept = sorted(range(len(rings)), key=lambda at: (-len(rings[at]), at))[:_MOST]
        rings = [rings[at] for at in sorted(kept)]
    joined, waiting = rings[0], rings[1:]
    nearest = [(float("inf"), 0, 0)] * len(waiting)  # distance, and the two points: of what is joined, of the ring
    added = joined
    while waiting:
        tree = cKDTree(added)
        for at, ring in enumerate(waiting):
            distances, places = tree.query(ring)
            best = int(distances.argmin())
            if distances[best] < nearest[at][0]:
                nearest[at] = (float(distances[best]), _key(added[places[best]]), best)
        at = min(range(len(waiting)), key=lambda one: nearest[one][0])
        _, key, best = nearest.pop(at)
        added = waiting.pop(at)
        place = int(np.flatnonzero(_keys(joined) == key)[0])
        around = np.roll(added, -best, axis=0)
        joined = np.concatenate([joined[: place + 1], around, around[:1], joined[place:]])
    return joined


def _keys(ring: Ring) -> npt.NDArray[np.int64]:
    return ring[:, 0] << 32 | ring[:, 1]


def _key(point: npt.NDArray[np.int64]) -> int:
    return int(point[0]) << 32 | int(point[1])


def _straightened(ring: Ring) -> Ring:
    """Without the points at which the outline goes on in the same direction."""
    steps = np.roll(ring, -1, axis=0) - ring
    moved = steps.any(axis=1)
    if not moved.any():
        return ring[:1]
    ring, steps = ring[moved], steps[moved]
    turned = (steps != np.roll(steps, 1, axis=0)).any(axis=1)
    return ring[turned]


def _padded(ring: Ring) -> Ring:
    return np.resize(ring, (max(3, len(ring)), 2))
