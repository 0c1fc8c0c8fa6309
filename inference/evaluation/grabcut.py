"""The classical baseline: GrabCut (Rother et al., SIGGRAPH 2004, OpenCV's) fed with the same clicks.

A click is a disc of 5 pixels that is surely foreground or background. GrabCut also needs to know where to look:
before the first answer everything within an eighth of the image's long side of a positive click is probably
foreground, the rest probably background; afterwards its own last mask takes that role. A box alone is the paper's own
prompt: what is outside is surely background.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Mask
from inference.data.simulated_user import SimulatedClick


class GrabCut:
    """One object on one image, H x W x 3 uint8 RGB."""

    def __init__(self, image: NDArray[np.uint8], iterations: int = 2) -> None:
        self.image = np.ascontiguousarray(image[:, :, ::-1])
        self.iterations = iterations
        self.clicks: list[SimulatedClick] = []
        self.mask: Mask | None = None

    def __call__(self, click: SimulatedClick) -> Mask:
        self.clicks.append(click)
        height, width = self.image.shape[:2]
        if self.mask is None or not self.mask.any():
            likely = np.zeros((height, width), np.uint8)
            for one in self.clicks:
                if one.positive:
                    cv2.circle(likely, (one.x, one.y), max(height, width) // 8, 1, -1)
        else:
            likely = self.mask.astype(np.uint8)
        states = np.where(likely > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        for one in self.clicks:
            cv2.circle(states, (one.x, one.y), 5, cv2.GC_FGD if one.positive else cv2.GC_BGD, -1)
        self.mask = self._cut(states)
        return self.mask

    def boxed(self, box: tuple[float, float, float, float]) -> Mask:
        """The mask for a box (x0, y0, x1, y1 in pixels) alone."""
        x0, y0, x1, y1 = (round(v) for v in box)
        states = np.full(self.image.shape[:2], cv2.GC_BGD, np.uint8)
        states[y0:y1, x0:x1] = cv2.GC_PR_FGD
        return self._cut(states)

    def _cut(self, states: NDArray[np.uint8]) -> Mask:
        foreground = np.isin(states, (cv2.GC_FGD, cv2.GC_PR_FGD))
        if foreground.any() and not foreground.all():
            background, front = np.zeros((1, 65)), np.zeros((1, 65))
            cv2.setRNGSeed(0)
            nowhere = (0, 0, 1, 1)  # the rectangle is not read in this mode
            cv2.grabCut(self.image, states, nowhere, background, front, self.iterations, cv2.GC_INIT_WITH_MASK)
            foreground = np.isin(states, (cv2.GC_FGD, cv2.GC_PR_FGD))
        return foreground
