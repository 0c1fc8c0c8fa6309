"""Masks as COCO RLE: the master form (whole view) and the patch (inside a bounding box)."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

Bits = npt.NDArray[np.bool_]


class MaskError(ValueError):
    """The RLE does not describe a mask of the stated size."""


@dataclass(frozen=True)
class Box:
    """`x, y, width, height` in pixels; the first pixel alone is `(0, 0, 1, 1)`."""

    x: int
    y: int
    width: int
    height: int

    def as_list(self) -> list[int]:
        return [self.x, self.y, self.width, self.height]


def encode(bits: Bits) -> str:
    """Compressed COCO counts (column-major) of an `h×w` bool array."""
    cells = np.ascontiguousarray(bits, bool).view(np.uint8)
    columns = cv2.transpose(cells).T if cells.size else np.asfortranarray(cells)  # NumPy's own is 5 times slower
    rle = coco.encode(columns)
    return rle["counts"].decode("ascii")


def decode(counts: str, height: int, width: int) -> Bits:
    """The `height×width` bool array of compressed counts.

    Raises: MaskError when the runs do not add up to height × width (pycocotools would read past its buffer).
    """
    check(counts, height, width)
    bits = coco.decode({"size": [height, width], "counts": counts.encode("ascii")})
    return np.ascontiguousarray(bits).astype(bool)


def runs(counts: str) -> list[int]:
    """The run lengths of compressed counts, zeros first (COCO's variable-length code: 5 bits and a sign a character,
    from the third run on as a difference to the run two before).

    Raises: MaskError on a character outside the code, an unfinished number or a negative run.
    """
    found: list[int] = []
    value = shift = 0
    for character in counts:
        code = ord(character) - 48
        if not 0 <= code < 64:
            raise MaskError(f"counts has the character {character!r}, which compressed COCO RLE does not use.")
        value |= (code & 0x1F) << shift
        shift += 5
        if shift > 60:
            raise MaskError("counts has a number that is too long.")
        if code & 0x20:
            continue
        if code & 0x10:
            value -= 1 << shift
        if len(found) > 2:
            value += found[-2]
        if value < 0:
            raise MaskError("counts has a negative run.")
        found.append(value)
        value = shift = 0
    if shift:
        raise MaskError("counts ends inside a number.")
    return found


def check(counts: str, height: int, width: int) -> list[int]:
    """The run lengths, zeros first. Raises: MaskError unless they are exactly height × width pixels."""
    found = runs(counts)
    total = sum(found)
    if total != height * width:
        raise MaskError(f"counts describes {total} pixels; {height} × {width} is {height * width}.")
    return found


def canonical(counts: str, height: int, width: int) -> str:
    """The same mask with the one spelling that `encode` would give it: no empty runs but a first one of zeros.

    pycocotools reads an empty run inside a mask as a pixel when it looks for the bounding box, and two spellings of
    one mask would not be equal. Raises: MaskError as `check`.
    """
    merged = [0]
    for index, run in enumerate(check(counts, height, width)):
        if (len(merged) - 1) % 2 == index % 2:
            merged[-1] += run
        elif run:
            merged.append(run)
    rle = coco.frPyObjects({"size": [height, width], "counts": merged}, height, width)
    return rle["counts"].decode("ascii")


def area_and_box(counts: str, height: int, width: int) -> tuple[int, Box]:
    """Pixels set, and their tight bounding box (all zeros for an empty mask), without decoding."""
    rle = {"size": [height, width], "counts": counts.encode("ascii")}
    x, y, w, h = (int(value) for value in coco.toBbox(rle))
    return int(coco.area(rle)), Box(x, y, w, h)


def shared(one: str, other: str, height: int, width: int) -> int:
    """How many pixels two masks of a view have in common."""
    both = coco.merge([_rle(one, height, width), _rle(other, height, width)], intersect=True)
    return int(coco.area(both))


def without(counts: str, others: Sequence[str], height: int, width: int) -> str | None:
    """A mask without the pixels of others, canonical; None when nothing is left. All are of the view's size."""
    if not others:
        return counts
    union = coco.merge([_rle(one, height, width) for one in others])
    outside = runs(union["counts"].decode("ascii"))
    outside = outside[1:] if outside[0] == 0 else [0, *outside]
    free = coco.frPyObjects({"size": [height, width], "counts": outside}, height, width)
    left = coco.merge([_rle(counts, height, width), free], intersect=True)
    return canonical(left["counts"].decode("ascii"), height, width) if int(coco.area(left)) else None


def _rle(counts: str, height: int, width: int) -> dict[str, object]:
    return {"size": [height, width], "counts": counts.encode("ascii")}


def crop(bits: Bits) -> tuple[Box, Bits]:
    """The tight bounding box of `bits` and what is in it; `Box(0, 0, 0, 0)` when nothing is set."""
    rows, columns = np.flatnonzero(bits.any(axis=1)), np.flatnonzero(bits.any(axis=0))
    if rows.size == 0:
        return Box(0, 0, 0, 0), np.zeros((0, 0), bool)
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return Box(x0, y0, x1 - x0, y1 - y0), bits[y0:y1, x0:x1]


def paste(patch: Bits, box: Box, height: int, width: int) -> Bits:
    """A `height×width` mask with `patch` at `box`. Raises: MaskError when the box leaves the view."""
    if box.x < 0 or box.y < 0 or box.x + box.width > width or box.y + box.height > height:
        raise MaskError(f"the box {box.as_list()} is not inside {width} × {height}.")
    bits = np.zeros((height, width), bool)
    bits[box.y : box.y + box.height, box.x : box.x + box.width] = patch
    return bits
