"""Samples of more than 8 bits: which of them become black and white, and what has no value at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

PERCENTILES = (0.1, 99.9)
SAMPLE = 4_000_000
BAND = 2_000_000
"""Samples that are worked on at once, so that a large picture needs no second copy of itself."""
NO_NUMBER = 1e38
"""Floats as large as this stand for "no value" in files that say so nowhere."""
HOLE_SHADES = 26 / 255
"""How much of the grey scale lies between a hole (black) and the darkest value: both black would look the same."""

Values = npt.NDArray[Any]


def bands(values: Values) -> Iterator[slice]:
    """Slices of rows, each of about BAND samples."""
    rows = max(1, BAND // max(1, values[0].size)) if len(values) else 1
    for top in range(0, len(values), rows):
        yield slice(top, top + rows)


def parse_nodata(text: str) -> float | None:
    """The number in GDAL's nodata tag as people and programs spell it; None where there is none."""
    words = text.replace("\0", " ").split()
    if not words:
        return None
    word = words[0].lower().rstrip(",;")
    if "nan" in word or "qnan" in word or "ind" in word:
        return float("nan")
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return None


def has_no_value(values: Values, nodata: float | None) -> npt.NDArray[np.bool_]:
    """Where a sample is not a number, or is `nodata`; floats written as rounded text are met as well."""
    if values.dtype.kind != "f":
        if nodata is None or not np.isfinite(nodata) or nodata != int(nodata):
            return np.zeros(values.shape, bool)
        return np.asarray(values == int(nodata))
    with np.errstate(invalid="ignore", over="ignore"):
        holes = ~(np.abs(values) < NO_NUMBER) if values.dtype.itemsize > 2 else ~np.isfinite(values)
        if nodata is not None and np.isfinite(nodata):
            for value in (nodata, float(values.dtype.type(nodata))):  # as written, and as a sample can hold it
                holes |= np.abs(values.astype(np.float64) - value) <= 1e-6 * abs(value)
    return np.asarray(holes)


def window_of(values: Values, nodata: float | None = None) -> tuple[float, float]:
    """The values that become 0 and 255: the percentiles, or minimum and maximum where those fall together. Of a grey
    picture with holes the first one is lower, so that holes can be told from the lowest value.

    Raises: ValueError when no sample has a value.
    """
    low, high, holes = _counted(values, nodata) if values.dtype == np.uint16 else _sampled(values, nodata)
    if holes and values.ndim == 2 and low < high:
        low -= (high - low) * HOLE_SHADES / (1 - HOLE_SHADES)
    return low, high


def _counted(values: Values, nodata: float | None) -> tuple[float, float, bool]:
    """Exact, and without a sorted copy of the picture."""
    counts = np.zeros(65536, np.int64)
    for band in bands(values):
        counts += np.bincount(values[band].reshape(-1), minlength=65536)
    holes = 0
    if nodata is not None and 0 <= nodata <= 65535 and nodata == int(nodata):
        holes, counts[int(nodata)] = int(counts[int(nodata)]), 0
    if not counts.any():
        return 0.0, 0.0, False
    summed = counts.cumsum()
    low, high = (float(np.searchsorted(summed, summed[-1] * p / 100)) for p in PERCENTILES)
    if low >= high:
        there = np.flatnonzero(counts)
        low, high = float(there[0]), float(there[-1])
    return low, high, holes > 0


def _sampled(values: Values, nodata: float | None) -> tuple[float, float, bool]:
    step = max(1, values.size // SAMPLE)  # a sample is enough to set a contrast
    sample = values.reshape(-1)[::step]
    there = sample[~has_no_value(sample, nodata)].astype(np.float64)
    if there.size == 0:
        raise ValueError("no sample of it has a value")
    low, high = (float(value) for value in np.percentile(there, PERCENTILES))
    if low >= high:
        low, high = float(there.min()), float(there.max())
        for band in bands(values):
            rest = values[band][~has_no_value(values[band], nodata)]
            if rest.size:
                low, high = min(low, float(rest.min())), max(high, float(rest.max()))
    return low, high, there.size < sample.size


def fill_holes(values: Values, nodata: float | None, black: float) -> None:
    """Make pixels without a value black, in place: NaN in floats, else the nearest to `black` that there is."""
    for band in bands(values):
        holes = has_no_value(values[band], nodata)
        if values.ndim == 3 and values.dtype.kind != "f":
            holes = np.repeat(holes.all(-1, keepdims=True), values.shape[2], -1)  # one band may well have this value
        if not holes.any():
            continue
        if values.dtype.kind == "f":
            values[band][holes] = np.nan
        else:
            limits = np.iinfo(values.dtype)
            values[band][holes] = int(np.clip(np.floor(black), limits.min, limits.max))


def scaled(values: Values, low: float, high: float) -> npt.NDArray[np.uint8]:
    """`values` as 0–255: `low` and below as 0, `high` and above as 255, NaN as 0; bands of rows at a time."""
    out = np.empty(values.shape, np.uint8)
    table = None
    if values.dtype == np.uint16 and values.size > 65536:
        table = _scaled(np.arange(65536), low, high)
    for band in bands(values):
        out[band] = _scaled(values[band], low, high) if table is None else table[values[band]]
    return out


def _scaled(values: Values, low: float, high: float) -> npt.NDArray[np.uint8]:
    scale = 255.0 / (high - low) if high > low else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        found = np.nan_to_num((values.astype(np.float64) - low) * scale, nan=0.0, posinf=255.0, neginf=0.0)
    return np.asarray(found.clip(0, 255).round(), np.uint8)


def as_16_bits(values: Values, window: tuple[float, float]) -> tuple[npt.NDArray[np.uint16], tuple[float, float]]:
    """`values` on 65,536 steps, and what 0 and 65,535 stand for: themselves, or the least and the largest, at most
    four widths of the window from it: one outlier must not take all the steps.

    Other kinds of values are lost: where they are wide enough the steps are written over them.
    """
    if values.dtype == np.uint16:
        return values, (0.0, 65535.0)
    low, high = np.inf, -np.inf
    for band in bands(values):
        there = values[band][~has_no_value(values[band], None)]
        if there.size:
            low, high = min(low, float(there.min())), max(high, float(there.max()))
    width = max(window[1] - window[0], 1e-12)
    low, high = max(low, window[0] - 4 * width), min(high, window[1] + 4 * width)
    if not low < high:
        high = low + 1
    flat = values.reshape(-1)
    wide = values.dtype.itemsize >= 2 and flat.base is not None and flat.flags.c_contiguous and flat.flags.writeable
    out = flat.view(np.uint16)[: flat.size] if wide else np.empty(flat.size, np.uint16)
    for start in range(0, flat.size, BAND):
        with np.errstate(invalid="ignore", over="ignore"):
            part = (flat[start : start + BAND].astype(np.float64) - low) * (65535 / (high - low))
        out[start : start + BAND] = np.nan_to_num(part, nan=0.0, posinf=65535.0, neginf=0.0).clip(0, 65535).round()
    return out.reshape(values.shape), (low, high)
