"""Decoded pixels that Pillow has no mode for, on their way to a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass
class Samples:
    """values: H×W (grey), H×W×3 (RGB) or H×W×4 (CMYK), as stored, not turned. alpha: H×W, 0 to `full`, or None.

    nodata: the value that stands for none. full: what an integer sample is at most. profile: ICC. window: the values
    that the file itself wants to be black and white. mirror: where black and white were exchanged, the sum of a value
    of the file and what it became. source: what is told of the original.
    """

    values: Array
    full: float
    alpha: Array | None = None
    premultiplied: bool = False
    nodata: float | None = None
    profile: bytes | None = None
    orientation: int = 1
    window: tuple[float, float] | None = None
    mirror: float | None = None
    source: dict[str, Any] = field(default_factory=dict)

    @property
    def mode(self) -> str:
        """The name of the kind, as Pillow calls it."""
        name = "L" if self.values.ndim == 2 else {3: "RGB", 4: "CMYK"}[self.values.shape[2]]
        return name + ("A" if self.alpha is not None and name != "CMYK" else "")

    def alpha_8_bit(self) -> npt.NDArray[np.uint8] | None:
        """None also where everything is opaque."""
        if self.alpha is None:
            return None
        if self.alpha.dtype.kind == "f" or self.full != 255:
            scale = 255 / (1.0 if self.alpha.dtype.kind == "f" else self.full)
            alpha = (np.nan_to_num(self.alpha.astype(np.float32)) * scale).clip(0, 255).round().astype(np.uint8)
        else:
            alpha = self.alpha.astype(np.uint8)
        return None if alpha.size == 0 or alpha.min() == 255 else alpha
