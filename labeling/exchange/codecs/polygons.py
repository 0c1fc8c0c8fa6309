"""Polygons to masks by the rule of the tool that wrote them, and masks to polygons that this tool draws as the mask.

The same numbers are different pixels to different tools. pycocotools takes them as corners of pixels, so outlines run
along the edges *between* pixels. `cv2.fillPoly` and Pillow take them as centres of pixels and paint the outline too;
what `cv2.findContours` traced is exact there, and lacks half a pixel on every side in pycocotools.
"""

from collections.abc import Sequence
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from pycocotools import mask as coco

from labeling import masks
from labeling.exchange.codecs import CodecError, joined, size_text
from labeling.masks import Bits

Point = tuple[int, int]
Ring = list[Point]
Polygon = npt.NDArray[np.float64]
"""`n×2`: x and y in pixels, of three points or more."""

Fill = Literal["coco", "opencv", "pil"]
"""Whose rule says which pixels are inside: pycocotools, `cv2.fillPoly` or Pillow's `ImageDraw.polygon`."""

_FARTHEST = 1e9  # pixels: beyond, cutting off is not exact
_LONGEST_RING = 4_000_000  # pixels: pycocotools takes up to 100 bytes for each
_LONGEST = 64_000_000  # pixels of outline of one object: some seconds
_AT_ONCE = 16  # masks that are united in one step


def counts_of(segmentation: Any, height: int, width: int, fill: Fill = "coco") -> tuple[str, str]:
    """The canonical counts of polygons (their union) in a picture of `height×width`, and what was repaired.

    segmentation: as `checked`. The mask may have no pixel. Raises: CodecError.
    """
    found, note = checked(segmentation, height, width)
    return filled(found, height, width, fill), note


def checked(segmentation: Any, height: int, width: int) -> tuple[list[Polygon], str]:
    """The usable ones of `[[x1, y1, x2, y2, …], …]`, in pixels, and what was left out.

    One polygon without a list around it is taken as such. Parts that are no polygon are left out with a note; it is an
    error when none is left. Points outside are kept; drawing cuts them off. Raises: CodecError.
    """
    if not isinstance(segmentation, Sequence) or isinstance(segmentation, str | bytes):
        raise CodecError("polygons are not a list")
    notes, found, problems = [], [], []
    if len(segmentation) and not isinstance(segmentation[0], Sequence | np.ndarray):
        segmentation = [segmentation]
        notes.append("a list of numbers was taken as one polygon")
    for part in segmentation:
        try:
            found.append(_polygon(part))
        except CodecError as error:
            problems.append(str(error))
    if not found:
        raise CodecError(joined(list(dict.fromkeys(problems))[:3]) or "there is no polygon")
    if problems:
        reasons = joined(list(dict.fromkeys(problems))[:3])
        notes.append(f"{len(problems)} of {len(segmentation)} parts left out: {reasons}")
    if any(_is_outside(one, height, width) for one in found):
        notes.append(f"points outside {size_text(height, width)} were cut off")
    return found, joined(notes)


def _polygon(part: Any) -> Polygon:
    if not isinstance(part, Sequence | np.ndarray) or isinstance(part, str | bytes):
        raise CodecError("a polygon is not a list of numbers")
    if not isinstance(part, np.ndarray) and not all(type(one) in (int, float) for one in part):
        raise CodecError("a polygon has a value that is not a number")
    try:
        values = np.array(part, np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise CodecError("a polygon has a value that is not a number") from error
    if not np.isfinite(values).all():
        raise CodecError("a coordinate is not a finite number")
    if np.abs(values).max(initial=0) > _FARTHEST:
        raise CodecError("a coordinate is too large")
    if values.size % 2:
        raise CodecError(f"a polygon has an odd number of values ({values.size})")
    if values.size < 6:
        raise CodecError(f"a polygon has {_points(values.size // 2)} and needs 3")
    return values.reshape(-1, 2)


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count} points"


def _is_outside(polygon: Polygon, height: int, width: int) -> bool:
    """Whether a point is outside by more than the half pixel in which rules differ."""
    return bool((polygon < -0.5).any() or (polygon > np.array([width, height]) + 0.5).any())


def filled(polygons: Sequence[Polygon], height: int, width: int, fill: Fill) -> str:
    """The canonical counts of the union of polygons. Raises: CodecError when their outline is longer than any picture
    needs."""
    near = [_cut_to(one, height, width) for one in polygons]
    lengths = [_steps(one) for one in near]
    if max(lengths, default=0) > _LONGEST_RING or sum(lengths) > _LONGEST:
        raise CodecError(f"the outline is {round(sum(lengths))} pixels long, too long to draw")
    if fill == "coco":
        return _united([one for one in near if len(one) >= 3], height, width)
    return masks.encode((_opencv if fill == "opencv" else _pillow)(near, height, width))


def _steps(polygon: Polygon) -> float:
    """The length of an outline in the steps that drawing takes, which is the longer of both directions."""
    return float(np.abs(polygon - np.roll(polygon, -1, axis=0)).max(axis=1, initial=0).sum()) + len(polygon)


def _cut_to(polygon: Polygon, height: int, width: int) -> Polygon:
    """The polygon without what is more than a picture's size outside of the picture. Where it reaches so far it is cut
    along straight lines, which changes nothing inside (Sutherland and Hodgman's way)."""
    size = np.array([width, height], np.float64)
    for axis in (0, 1):
        for limit, sign in ((-size[axis] - 1, 1.0), (2 * size[axis] + 1, -1.0)):
            if len(polygon):
                polygon = _half(polygon, axis, limit, sign)
    return polygon


def _half(polygon: Polygon, axis: int, limit: float, sign: float) -> Polygon:
    """The part of a polygon whose coordinate is at least `limit` (sign 1) or at most (sign -1)."""
    distance = (polygon[:, axis] - limit) * sign
    inside = distance >= 0
    if inside.all():
        return polygon
    after, gone = np.roll(polygon, -1, axis=0), np.roll(distance, -1)
    crossing = inside != np.roll(inside, -1)
    with np.errstate(all="ignore"):
        share = (distance / (distance - gone))[:, None]
        cuts = polygon * (1 - share) + after * share
    cuts[:, axis] = limit
    both = np.stack([polygon, cuts], axis=1).reshape(-1, 2)
    return both[np.stack([inside, crossing], axis=1).ravel()]


def _opencv(polygons: Sequence[Polygon], height: int, width: int) -> Bits:
    """`height×width`, as `cv2.fillPoly` draws each of the polygons at its nearest whole numbers."""
    bits = np.zeros((height, width), np.uint8)
    for one in polygons:
        if len(one):
            cv2.fillPoly(bits, [np.rint(one).astype(np.int32)], 1)
    return bits.view(np.bool_)


def _pillow(polygons: Sequence[Polygon], height: int, width: int) -> Bits:
    """`height×width`, as Pillow draws each of the polygons, with its outline."""
    picture = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(picture)
    for one in polygons:
        if len(one) >= 2:
            draw.polygon([(x, y) for x, y in one.tolist()], fill=1, outline=1)
    return np.asarray(picture).astype(np.bool_)


def _united(polygons: Sequence[Any], height: int, width: int) -> str:
    """The counts that pycocotools makes of polygons. Many are united a few at a time: it goes over all that it has
    for each one that is added."""
    flat = (np.asarray(one, np.float64).ravel().tolist() for one in polygons)
    rles = [coco.frPyObjects([one], height, width)[0] for one in flat]
    while len(rles) > 1:
        rles = [coco.merge(rles[at : at + _AT_ONCE]) for at in range(0, len(rles), _AT_ONCE)]
    if not rles:
        return masks.encode_runs(np.array([height * width], np.int64), height, width)
    return masks.canonical(rles[0]["counts"].decode("ascii"), height, width)


def of(bits: Bits, x0: int = 0, y0: int = 0) -> list[list[int]] | None:
    """COCO `segmentation` polygons, `[[x1, y1, x2, y2, …], …]` in pixels, that pycocotools draws as an `h×w` mask whose
    first pixel is at `x0, y0` of the picture.

    None when polygons can't say what the mask says: COCO polygons have no holes (they are united, not subtracted).
    """
    box, patch = masks.crop(bits)
    found = rings(patch)
    if any(_is_hole(ring) for ring in found):
        return None
    near = [[value for point in ring for value in point] for ring in found]
    if _united(near, *patch.shape) != masks.encode(patch):
        return None
    return [[value for x, y in ring for value in (x + box.x + x0, y + box.y + y0)] for ring in found]


def of_opencv(bits: Bits, x0: int = 0, y0: int = 0, *, repeat: bool = False) -> list[list[int]] | None:
    """Polygons, `[[x1, y1, x2, y2, …], …]` in pixels, that `cv2.fillPoly` draws as an `h×w` mask whose first pixel is
    at `x0, y0` of the picture. A part is what hangs together, also over corners.

    None when polygons can't say what the mask says: a part with a hole, or one of a single pixel or two, which have
    less than three points. repeat: say these by a point that is there three times; readers that only count points
    draw it.
    """
    box, patch = masks.crop(bits)
    if not patch.size:
        return []
    found, _ = cv2.findContours(np.ascontiguousarray(patch).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    contours = sorted((one.reshape(-1, 2) for one in found), key=lambda one: one[0].tolist()[::-1])
    if not np.array_equal(_opencv([one.astype(np.float64) for one in contours], *patch.shape), patch):
        return None
    if not repeat and min(len(one) for one in contours) < 3:
        return None
    corner = np.array([box.x + x0, box.y + y0])
    return [(np.resize(one, (max(3, len(one)), 2)) + corner).ravel().tolist() for one in contours]


def rings(bits: Bits) -> list[Ring]:
    """Every border of the mask as a closed ring of corners; outlines clockwise, holes counter-clockwise. Each begins at
    its leftmost corner, of several the topmost, and so are the rings in order.

    Pixels that touch only at a corner get outlines of their own.
    """
    sides = _sides(bits)
    following = _following(sides, bits.shape[1] + 1).tolist()
    x, y = (np.concatenate([one[axis] for one in sides]) for axis in (0, 1))
    turned = np.repeat(np.arange(4), [len(one[0]) for one in sides])
    corners = list(zip(x.tolist(), y.tolist(), strict=True))
    found: list[Ring] = []
    seen = bytearray(len(corners))
    for side in np.lexsort((-turned, y, x)).tolist():
        ring: Ring = []
        while not seen[side]:
            seen[side] = 1
            ring.append(corners[side])
            side = following[side]
        if ring:
            found.append(ring)
    return found


_RIGHT, _LEFT = (3, 2, 0, 1), (2, 3, 1, 0)
"""What follows each direction (right, left, up, down) after a turn to that side."""

Side = tuple[masks.Pixels, masks.Pixels, masks.Pixels, masks.Pixels]


def _sides(bits: Bits) -> list[Side]:
    """The straight pieces of the border, from corner to corner with the mask on their right: those that go right, left,
    up and down, each as x and y of their first corners and of their last."""
    padded = np.pad(bits, 1)
    above, left = _pieces(padded), _pieces(np.ascontiguousarray(padded.T))
    (y0, a0, b0), (y1, a1, b1) = (tuple(one[above[3] == inside] for one in above[:3]) for inside in (True, False))
    (x2, a2, b2), (x3, a3, b3) = (tuple(one[left[3] == inside] for one in left[:3]) for inside in (True, False))
    return [(a0, y0, b0, y0), (b1, y1, a1, y1), (x2, b2, x2, a2), (x3, a3, x3, b3)]


def _pieces(padded: Bits) -> tuple[masks.Pixels, masks.Pixels, masks.Pixels, Bits]:
    """The straight pieces of the border between the rows of a mask with an empty frame of one pixel, which is not
    counted: the grid line, the first place, the place after the last, and whether the mask is below the line."""
    edges = np.flatnonzero(padded[1:] != padded[:-1])  # the frame has none: those of two rows are never neighbours
    inside = padded[1:].ravel()[edges]
    begins = np.ones(len(edges) + 1, bool)
    begins[1:-1] = (np.diff(edges) != 1) | (inside[1:] != inside[:-1])
    first, last = edges[begins[:-1]], edges[begins[1:]]
    line, place = np.divmod(first, padded.shape[1])
    return line, place - 1, place + last - first, inside[begins[:-1]]


def _following(sides: Sequence[Side], across: int) -> masks.Pixels:
    """For each side which one begins where it ends: the one to the right where two do, to stay with this pixel where
    two touch at a corner. across: grid corners in a row."""
    begins = [y * across + x for x, y, _, _ in sides]
    first = np.cumsum([0, *map(len, begins)])
    orders = [np.argsort(one) for one in begins]
    found = []
    for turn, (_, _, x, y) in enumerate(sides):
        ends, following = y * across + x, np.full(len(x), -1)
        for after in (_LEFT[turn], _RIGHT[turn]):
            if len(begins[after]):
                sorted_ = begins[after][orders[after]]
                at = np.minimum(np.searchsorted(sorted_, ends), len(sorted_) - 1)
                there = sorted_[at] == ends
                following[there] = (orders[after] + first[after])[at[there]]
        found.append(following)
    return np.concatenate(found)


def _is_hole(ring: Ring) -> bool:
    """Its first corner is the leftmost one, the topmost of several: outlines go right from there, holes down."""
    return ring[1][0] == ring[0][0]
