"""Where on the earth a TIFF's pixels are (OGC GeoTIFF 1.1): the affine transform, and the code of its coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np

PIXEL_SCALE, TIEPOINT, TRANSFORMATION, KEYS = 33550, 33922, 34264, 34735
_GEOGRAPHIC, _PROJECTED, _RASTER_TYPE, _POINT = 2048, 3072, 1025, 2
_OWN_CODE = 32767
"""Stands for coordinates that are described by further keys."""


def reference(page: Any) -> dict[str, Any] | None:
    """`transform`: [a, b, c, d, e, f]; the corner of pixel (column, row) is at x = a·column + b·row + c and
    y = d·column + e·row + f. `epsg`: the code of these coordinates, where the file has one. None without a transform.
    """
    try:
        transform = _transform(page)
        keys = _keys(page)
    except (TypeError, ValueError, IndexError):  # damaged tags are no reason to refuse good pixels
        return None
    if transform is None or not np.isfinite(transform).all():
        return None
    a, b, c, d, e, f = transform
    if keys.get(_RASTER_TYPE) == _POINT:  # the tie point is the middle of its pixel
        c, f = c - (a + b) / 2, f - (d + e) / 2
    epsg = keys.get(_PROJECTED) or keys.get(_GEOGRAPHIC)
    found: dict[str, Any] = {"transform": [a, b, c, d, e, f]}
    return found | ({"epsg": epsg} if epsg and epsg != _OWN_CODE else {})


def _transform(page: Any) -> tuple[float, ...] | None:
    matrix = page.tags.valueof(TRANSFORMATION)
    if matrix is not None and len(matrix) == 16:
        return tuple(float(matrix[place]) for place in (0, 1, 3, 4, 5, 7))
    scale, tie = page.tags.valueof(PIXEL_SCALE), page.tags.valueof(TIEPOINT)
    if scale is None or tie is None or len(scale) < 2 or len(tie) != 6:
        return None
    i, j, _, x, y, _ = (float(value) for value in tie)
    across, down = float(scale[0]), float(scale[1])
    return across, 0.0, x - i * across, 0.0, -down, y + j * down


def _keys(page: Any) -> dict[int, int]:
    """The keys whose values stand in the directory itself."""
    stored = page.tags.valueof(KEYS)
    values = [int(value) for value in stored] if stored is not None else []
    rows = [values[at : at + 4] for at in range(4, len(values) - 3, 4)]
    return {key: value for key, place, _, value in rows if place == 0}
