"""COCO RLE as files have it: a compressed string, the text of Python bytes, or a list of runs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labeling import masks
from labeling.exchange.codecs import CodecError, joined, size_text

_BYTES = re.compile(r"""b(['"])(.*)\1""", re.DOTALL)


def counts_of(segmentation: Any, height: int, width: int) -> tuple[str, str]:
    """The canonical compressed counts of an RLE for a picture of `height×width`, and what was repaired.

    segmentation: `{"size": [height, width], "counts": …}` or the counts alone. Counts are a compressed string, its
    bytes, the text of those (`b'…'`, which `str()` leaves in JSON files), or a list of runs, zeros first. A list that
    lacks its last run of background gets it. Raises: CodecError.
    """
    notes: list[str] = []
    counts = segmentation
    if isinstance(segmentation, Mapping):
        notes.append(_check_size(segmentation.get("size"), height, width))
        counts = segmentation.get("counts")
    if isinstance(counts, bytes | bytearray):
        counts = counts.decode("latin-1")
    if isinstance(counts, str):
        text, note = _plain(counts)
        found = _of_text(text, height, width)
    elif isinstance(counts, Sequence):
        found, note = runs_of(counts, height * width, size_text(height, width))
    elif counts is None:
        raise CodecError("the RLE has no counts")
    else:
        raise CodecError(f"counts are a {type(counts).__name__}, not a string or a list of runs")
    return masks.canonical_runs(found, height, width), joined([*notes, note])


def runs_of(given: Sequence[Any], pixels: int, of: str) -> tuple[masks.Runs, str]:
    """A list of runs, zeros first, that add up to `pixels`; and a note when the last run of background was missing.

    of: what the pixels are of, for messages ("320 × 240"). Raises: CodecError.
    """
    if len(given) > 2 * pixels + 2:
        raise CodecError(f"there are {len(given)} runs, more than {of} has pixels")
    if set(map(type, given)) - {int}:
        strange = next(one for one in given if type(one) is not int)
        raise CodecError(f"a run is {_short(strange)}, which is not a whole number")
    if given and min(given) < 0:
        raise CodecError(f"a run is negative ({_short(min(given))})")
    total = sum(given)
    if total == pixels:
        return np.array(given, np.int64), ""
    if total < pixels and len(given) % 2 == 0 and given:
        return np.array([*given, pixels - total], np.int64), "the last run of background was missing"
    raise CodecError(f"runs do not add up to {of}: they are {_short(total)} pixels")


def _check_size(size: Any, height: int, width: int) -> str:
    """Raises: CodecError for a size that is not the picture's. Returns: a note when there is none."""
    if size is None:
        return "the RLE states no size"
    if not isinstance(size, Sequence) or isinstance(size, str) or len(size) != 2:
        raise CodecError("the size of the RLE is not [height, width]")
    if list(size) == [height, width]:
        return ""
    stated = f"{_short(size[1])} × {_short(size[0])}"
    raise CodecError(f"the RLE is for {stated}; the picture is {size_text(height, width)}")


def _plain(text: str) -> tuple[str, str]:
    """Compressed counts without what Python puts around bytes, and a note if it was there."""
    found = _BYTES.fullmatch(text.strip())
    if found is None:
        return text, ""
    return found[2].replace("\\\\", "\\"), "counts were the text of Python bytes (b'…')"


def _of_text(text: str, height: int, width: int) -> masks.Runs:
    if len(text) > 2 * height * width + 64:  # no mask of this size takes more than a character a pixel
        raise CodecError(f"counts have {len(text)} characters, more than {size_text(height, width)} can need")
    try:
        found = masks.runs(text)
    except masks.MaskError as error:
        raise CodecError(str(error).rstrip(".")) from error
    total = int(found.sum())
    if total != height * width:
        raise CodecError(f"runs do not add up to {size_text(height, width)}: they are {total} pixels")
    return found


def _short(value: Any) -> str:
    """A value as messages show it: not longer than a line, and without making text of a number of any size."""
    if type(value) is int and value.bit_length() > 70:
        return "a number of more than 20 digits"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
