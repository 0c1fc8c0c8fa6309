"""Masks as COCO RLE: the master form (whole view) and the patch (inside a bounding box).

What strangers send is read run by run, and pixels are made some columns at a time: besides its result nothing here
needs more than `_AT_ONCE` pixels and a few numbers for each run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

Bits = npt.NDArray[np.bool_]
Packed = npt.NDArray[np.uint8]
Runs = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.int64]
_AT_ONCE = 4 * 1024**2  # pixels
_NUMBERS = 2**18  # runs that are read at once
_LONGEST_RUN = 2**36  # sums of runs stay far from overflowing
_DIGITS = 12
_UNITED = 16  # masks at once


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
    height, width = bits.shape
    if bits.size <= _AT_ONCE:
        cells = np.ascontiguousarray(bits, bool).view(np.uint8)
        columns = cv2.transpose(cells).T if cells.size else np.asfortranarray(cells)  # NumPy's own is 5 times slower
        rle = coco.encode(columns)
        return rle["counts"].decode("ascii")
    ends, before, step = [], False, max(1, _AT_ONCE // height)
    for first in range(0, width, step):
        part = cv2.transpose(np.ascontiguousarray(bits[:, first : first + step]).view(np.uint8)).ravel()
        ends.append(np.flatnonzero(np.diff(part, prepend=np.uint8(before))) + first * height)
        before = bool(part[-1])
    return encode_runs(np.diff(np.concatenate([[0], *ends, [height * width]])), height, width)


def encode_runs(found: Runs, height: int, width: int) -> str:
    """Compressed COCO counts of run lengths, zeros first; they add up to height × width."""
    rle = coco.frPyObjects({"size": [height, width], "counts": found}, height, width)
    return rle["counts"].decode("ascii")


def encode_patch(patch: Bits, x: int, y: int, height: int, width: int) -> str:
    """Compressed counts, of a view of height × width, of `patch` with its first pixel at `x, y`; nothing around it is
    made. Raises: MaskError when the patch leaves the view.
    """
    _fits(Box(x, y, patch.shape[1], patch.shape[0]), height, width)
    columns = np.zeros((patch.shape[1], patch.shape[0] + 2), np.int8)
    columns[:, 1:-1] = patch.T
    column, row = np.nonzero(np.diff(columns, axis=1))
    edges = (x + column) * height + y + row
    return canonical_runs(np.diff(edges, prepend=0, append=height * width), height, width)


def decode(counts: str, height: int, width: int) -> Bits:
    """The `height×width` bool array of compressed counts.

    Raises: MaskError when the runs do not add up to height × width (pycocotools would read past its buffer).
    """
    bits = np.zeros((height, width), bool)
    for first, part in _columns(check(counts, height, width), height, 0, width):
        bits[:, first : first + part.shape[1]] = part
    return bits


def inside(counts: str, height: int, width: int, box: Box) -> Bits:
    """The pixels of a mask in a box of its view, `box.height×box.width`; nothing around it is decoded.

    Raises: MaskError as `check`, or when the box leaves the view.
    """
    _fits(box, height, width)
    bits = np.zeros((box.height, box.width), bool)
    for first, part in _columns(check(counts, height, width), height, box.x, box.x + box.width):
        bits[:, first - box.x : first - box.x + part.shape[1]] = part[box.y : box.y + box.height]
    return bits


def sampled(counts: str, height: int, width: int, rows: Pixels, columns: Pixels) -> Bits:
    """The pixels of a mask at some rows and columns of its view, `len(rows)×len(columns)`; the mask is not decoded.

    Raises: MaskError as `check`.
    """
    ends = np.cumsum(check(counts, height, width))
    places = columns[None, :] * height + rows[:, None]
    return (np.searchsorted(ends, places.ravel(), "right") & 1).astype(bool).reshape(places.shape)


def packed(counts: str, height: int, width: int) -> tuple[Box, Packed]:
    """The tight box of a mask, and its pixels inside at one bit each: rows of whole bytes, the first pixel highest.

    Raises: MaskError as `check`.
    """
    found = check(counts, height, width)
    _, box = area_and_box(encode_runs(_merged(found), height, width), height, width)
    rows = np.zeros((box.height, -(-box.width // 8)), np.uint8)
    for first, part in _columns(found, height, box.x, box.x + box.width):
        bits = np.packbits(part[box.y : box.y + box.height], axis=1)
        rows[:, (first - box.x) // 8 : (first - box.x) // 8 + bits.shape[1]] = bits
    return box, rows


def _columns(found: Runs, height: int, first: int, last: int) -> Iterator[tuple[int, Bits]]:
    """Columns first..last - 1 of a mask, some at a time (a multiple of 8 but for the last): the first of them, and
    `height×columns` bool."""
    ends = np.cumsum(found)
    step = max(8, _AT_ONCE // max(1, height) // 8 * 8)
    for begin in range(first, last, step):
        end = min(begin + step, last)
        low = int(np.searchsorted(ends, begin * height, "right"))
        high = int(np.searchsorted(ends, end * height, "left"))
        edges = np.clip(ends[low : high + 1], begin * height, end * height)
        lengths = np.diff(edges, prepend=begin * height)
        values = (np.arange(low, low + len(lengths)) & 1).astype(bool)
        yield begin, np.repeat(values, lengths).reshape(end - begin, height).T


def runs(counts: str) -> Runs:
    """The run lengths of compressed counts, zeros first (COCO's variable-length code: 5 bits and a sign a character,
    from the third run on as a difference to the run two before).

    Raises: MaskError on a character outside the code, an unfinished number or a negative run.
    """
    codes = np.frombuffer(counts.encode("utf-8", "surrogatepass"), np.uint8) - np.uint8(48)
    if codes.size and codes.max() > 63:
        odd = next(char for char in counts if not 48 <= ord(char) < 112)
        raise MaskError(f"counts has the character {odd!r}, which compressed COCO RLE does not use.")
    if codes.size and codes[-1] & 0x20:
        raise MaskError("counts ends inside a number.")
    ends = np.flatnonzero((codes & 0x20) == 0)
    found = np.empty(len(ends), np.int64)
    for at in range(0, len(ends), _NUMBERS):
        part = ends[at : at + _NUMBERS]
        first = int(ends[at - 1]) + 1 if at else 0
        found[at : at + len(part)] = _numbers(codes[first : int(part[-1]) + 1], part - first)
    np.cumsum(found[1::2], out=found[1::2])
    np.cumsum(found[2::2], out=found[2::2])
    if found.size and found.min() < 0:
        raise MaskError("counts has a negative run.")
    if found.size and found.max() > _LONGEST_RUN:
        raise MaskError("counts has a number that is too long.")
    return found


def _numbers(codes: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> Runs:
    """The numbers that `codes` spell; the last character of each is at `ends`."""
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > _DIGITS:
        raise MaskError("counts has a number that is too long.")
    places = np.arange(len(codes)) - np.repeat(starts, lengths)
    values: Runs = np.add.reduceat((codes & 0x1F).astype(np.int64) << (5 * places), starts)
    negative = (codes[ends] & 0x10) != 0
    values[negative] -= np.int64(1) << (5 * lengths[negative])
    return values


def check(counts: str, height: int, width: int) -> Runs:
    """The run lengths, zeros first. Raises: MaskError unless they are exactly height × width pixels."""
    found = runs(counts)
    total = int(found.sum())
    if total != height * width:
        raise MaskError(f"counts describes {total} pixels; {height} × {width} is {height * width}.")
    return found


def canonical(counts: str, height: int, width: int) -> str:
    """The same mask with the one spelling that `encode` would give it: no empty runs but a first one of zeros.

    pycocotools reads an empty run inside a mask as a pixel when it looks for the bounding box, and two spellings of
    one mask would not be equal. Raises: MaskError as `check`.
    """
    return canonical_runs(check(counts, height, width), height, width)


def canonical_runs(found: Runs, height: int, width: int) -> str:
    """The one spelling of run lengths, zeros first, that add up to height × width; some may be empty."""
    return encode_runs(_merged(found), height, width)


def _merged(found: Runs) -> Runs:
    """The same mask without empty runs but a first one of zeros."""
    places = np.flatnonzero(found)
    if not len(places):
        return np.zeros(1, np.int64)
    begins = np.flatnonzero(np.diff(places & 1, prepend=1 - (places[0] & 1)))
    merged = np.add.reduceat(found[places], begins)
    return np.concatenate([[0], merged]) if places[0] & 1 else merged


def area_and_box(counts: str, height: int, width: int) -> tuple[int, Box]:
    """Pixels set, and their tight bounding box (all zeros for an empty mask), without decoding."""
    rle = {"size": [height, width], "counts": counts.encode("ascii")}
    x, y, w, h = (int(value) for value in coco.toBbox(rle))
    return int(coco.area(rle)), Box(x, y, w, h)


def shared(one: str, other: str, height: int, width: int) -> int:
    """How many pixels two masks of a view have in common."""
    both = coco.merge([_rle(one, height, width), _rle(other, height, width)], intersect=True)
    return int(coco.area(both))


def union(several: Sequence[str], height: int, width: int) -> str:
    """What any of several masks of a view has, canonical. There is one at least. Raises: MaskError."""
    rles = [_rle(canonical(one, height, width), height, width) for one in several]
    while len(rles) > 1:  # pycocotools goes over all that it has for each one that is added
        rles = [coco.merge(rles[at : at + _UNITED]) for at in range(0, len(rles), _UNITED)]
    counts = rles[0]["counts"]
    return canonical(counts.decode("ascii") if isinstance(counts, bytes) else str(counts), height, width)


def without(counts: str, others: Sequence[str], height: int, width: int) -> str | None:
    """A mask without the pixels of others, canonical; None when nothing is left. All are of the view's size."""
    if not others:
        return counts
    union = coco.merge([_rle(one, height, width) for one in others])
    outside = runs(union["counts"].decode("ascii"))
    outside = outside[1:] if outside[0] == 0 else np.concatenate([[0], outside])
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
    _fits(box, height, width)
    bits = np.zeros((height, width), bool)
    bits[box.y : box.y + box.height, box.x : box.x + box.width] = patch
    return bits


def _fits(box: Box, height: int, width: int) -> None:
    if box.x < 0 or box.y < 0 or box.x + box.width > width or box.y + box.height > height:
        raise MaskError(f"the box {box.as_list()} is not inside {width} × {height}.")
