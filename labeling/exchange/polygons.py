"""Masks as COCO polygons that lose nothing: they run along the edges between pixels, so their corners are integers.

The usual way, through pixel centres (`cv2.findContours`), takes half a pixel off every side. An outline along the edges
is drawn by pycocotools as exactly the mask it came from; `of` checks that each time.
"""

from collections import defaultdict

import numpy as np
from pycocotools import mask as coco

from labeling.masks import Bits

Point = tuple[int, int]
Ring = list[Point]


def of(bits: Bits) -> list[list[int]] | None:
    """COCO `segmentation` polygons, `[[x1, y1, x2, y2, …], …]` in pixels, of an `h×w` mask.

    None when polygons can't say what the mask says: COCO polygons have no holes (they are united, not subtracted).
    """
    found = rings(bits)
    if any(_signed_area(ring) < 0 for ring in found):
        return None
    polygons = [[value for point in ring for value in point] for ring in found]
    return polygons if np.array_equal(draw(polygons, *bits.shape), bits) else None


def draw(polygons: list[list[int]], height: int, width: int) -> Bits:
    """The `height×width` mask that pycocotools makes of polygons."""
    rle = coco.merge(coco.frPyObjects(polygons, height, width))
    return np.ascontiguousarray(coco.decode(rle)).astype(bool)


def rings(bits: Bits) -> list[Ring]:
    """Every border of the mask as a closed ring of corners; outlines clockwise, holes counter-clockwise.

    Pixels that touch only at a corner get outlines of their own.
    """
    leaving = _edges(bits)
    found: list[Ring] = []
    for start in sorted(leaving):
        while leaving[start]:
            found.append(_ring(start, leaving))
    return found


def _edges(bits: Bits) -> dict[Point, list[Point]]:
    """For each grid corner the directions of the border edges that leave it, with the mask on their right."""
    padded = np.pad(bits, 1).astype(np.int8)
    down = padded[1:, 1:-1] - padded[:-1, 1:-1]  # (h+1)×w: +1 where the mask begins below the grid line
    right = padded[1:-1, 1:] - padded[1:-1, :-1]  # h×(w+1): +1 where it begins right of it
    leaving: dict[Point, list[Point]] = defaultdict(list)
    for changes, sign, (dx, dy), (ox, oy) in (
        (down, 1, (1, 0), (0, 0)),
        (down, -1, (-1, 0), (1, 0)),
        (right, 1, (0, -1), (0, 1)),
        (right, -1, (0, 1), (0, 0)),
    ):
        for y, x in np.argwhere(changes == sign).tolist():
            leaving[(x + ox, y + oy)].append((dx, dy))
    return leaving


def _ring(start: Point, leaving: dict[Point, list[Point]]) -> Ring:
    """Follow the edges from `start` until it is closed, taking them out of `leaving`; corners only."""
    (x, y), (dx, dy) = start, leaving[start].pop()
    first = (dx, dy)
    ring = [start]
    while True:
        x, y = x + dx, y + dy
        turn = (-dy, dx)  # to the right: stay with this pixel where two touch at a corner
        choices = leaving[(x, y)]
        if (x, y) == start and (turn == first or turn not in choices):
            break
        following = turn if turn in choices else choices[0]
        choices.remove(following)
        if following != (dx, dy):
            ring.append((x, y))
        dx, dy = following
    return ring[1:] if (dx, dy) == first else ring


def _signed_area(ring: Ring) -> float:
    """The shoelace formula; positive for clockwise with y downwards."""
    x, y = np.asarray(ring, dtype=np.float64).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)
