"""The arrays that the library speaks of, each defined once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Pixels, height x width x 3, RGB."""

Mask = NDArray[np.bool_]
"""Height x width; True is inside."""

Floats = NDArray[np.float32]

Half = NDArray[np.float16]

Box = tuple[float, float, float, float]
"""(x0, y0, x1, y1) in pixels, continuous: the corner of the first pixel is (0, 0)."""
