"""Polygons to masks by the rule of the tool that wrote them, and masks to polygons that this tool draws as the mask.

The same numbers are different pixels to different tools. pycocotools takes them as corners of pixels, so outlines run
along the edges *between* pixels. `cv2.fillPoly` and Pillow take them as centres of pixels and paint the outline too;
what `cv2.findContours` traced is exact there, and lacks half a pixel on every side in pycocotools.
"""

from collections import defaultdict
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
    if any(_signed_area(ring) < 0 for ring in found):
        return None
    near = [[value for point in ring for value in point] for ring in found]
    if not np.array_equal(draw(near, *patch.shape), patch):
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


def draw(polygons: Sequence[Sequence[float]], height: int, width: int) -> Bits:
    """The `height×width` mask that pycocotools makes of polygons of whole numbers inside."""
    return masks.decode(_united(polygons, height, width), height, width)


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
