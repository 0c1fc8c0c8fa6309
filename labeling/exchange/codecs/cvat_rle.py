"""CVAT's masks: runs that go along the rows of a box, zeros first, as a list of numbers with commas."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from labeling import masks
from labeling.exchange.codecs import CodecError, joined, size_text
from labeling.exchange.codecs.coco_rle import runs_of
from labeling.masks import Box

_NUMBER = re.compile(r"\s*\+?(\d{1,18})\s*", re.ASCII)


def counts_of(rle: str | Sequence[Any], box: Box, height: int, width: int) -> tuple[str, str]:
    """The canonical counts, for a picture of `height×width`, of CVAT's runs in a box, and what was repaired.

    rle: "12, 3, 5" or `[12, 3, 5]`. A missing last run of background is added, and what of the box is outside is cut
    off, with a note. Raises: CodecError.
    """
    notes: list[str] = []
    if box.width < 1 or box.height < 1:
        raise CodecError(f"the box of the mask is {size_text(box.height, box.width)}, without any pixel")
    left, top = max(0, box.x), max(0, box.y)
    right, bottom = min(width, box.x + box.width), min(height, box.y + box.height)
    whole = f"the box of the mask, {box.x}, {box.y} with {size_text(box.height, box.width)},"
    if left >= right or top >= bottom or box.width > 2 * width or box.height > 2 * height:
        raise CodecError(f"{whole} is not inside {size_text(height, width)}")
    if (right - left, bottom - top) != (box.width, box.height):
        notes.append(f"{whole} was cut off at {size_text(height, width)}")
    found, note = runs_of(_numbers(rle), box.width * box.height, size_text(box.height, box.width))
    values = (np.arange(len(found)) & 1).astype(bool)
    patch = np.repeat(values, found).reshape(box.height, box.width)
    patch = patch[top - box.y : bottom - box.y, left - box.x : right - box.x]
    return masks.encode_patch(patch, left, top, height, width), joined([*notes, note])


def of(counts: str, height: int, width: int) -> tuple[Box, str]:
    """The tight box of a mask of `height×width` and CVAT's runs in it ("12, 3, 5"); `Box(0, 0, 0, 0)` and "" when it
    has no pixel. Raises: MaskError."""
    _, box = masks.area_and_box(masks.canonical(counts, height, width), height, width)
    if not box.width:
        return box, ""
    cells = masks.inside(counts, height, width, box).ravel()
    changes = np.flatnonzero(np.diff(cells, prepend=False))
    runs = np.diff(changes, prepend=0, append=len(cells))
    return box, ", ".join(map(str, runs.tolist()))


def _numbers(rle: str | Sequence[Any]) -> Sequence[Any]:
    if not isinstance(rle, str):
        if not isinstance(rle, Sequence):
            raise CodecError("the RLE is not a list of runs")
        return rle
    found = []
    for part in rle.split(","):
        number = _NUMBER.fullmatch(part)
        if number is None:
            raise CodecError(f"the RLE has {part.strip()[:40]!r}, which is not a run")
        found.append(int(number[1]))
    return found
