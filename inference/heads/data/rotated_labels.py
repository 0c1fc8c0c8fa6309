"""Labels that belong to their picture turned otherwise: a camera's note on how it was held got lost on the way.

Borders of objects are mostly edges of the picture. Where the labels' borders lie on much stronger edges once they are
turned, they are labels of the turned picture, and whatever is measured against them is not what it says.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Image, Mask
from inference.heads.data.examples import Example
from inference.heads.data.variants import turned

MIN_EDGE_RATIO = 1.3
"""So much stronger are edges under turned borders. Right labels stay below 1.1 (153 pictures of food), wrong ones have
1.6 and more."""


def has_rotated_labels(example: Example) -> bool:
    """Whether the labels fit the picture clearly better after a quarter, half or three-quarter turn."""
    if not example.objects or example.picture is None:
        return False
    strength = edges(example.picture())
    masks = [example.mask(o.segmentation) for o in example.objects]
    as_is, *others = (np.mean([_under_border(strength, turned(m, turn)) for m in masks]) for turn in range(4))
    return bool(max(others) > MIN_EDGE_RATIO * as_is)


def edges(picture: Image) -> NDArray[np.float32]:
    """How strong the strongest edge within two pixels is, over all channels, H x W."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.5).astype(np.float32)
    slopes = [cv2.Sobel(smooth, cv2.CV_32F, *way) for way in ((1, 0), (0, 1))]
    return np.asarray(cv2.dilate(np.sqrt(sum((s**2).sum(2) for s in slopes)), np.ones((5, 5))), np.float32)


def _under_border(strength: NDArray[np.float32], mask: Mask) -> float:
    height, width = strength.shape
    whole = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    border = whole != cv2.erode(whole, np.ones((3, 3)))
    return float(strength[border].mean()) if border.any() else 0.0
