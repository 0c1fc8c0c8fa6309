"""Losses of the click model, per object, so that every object counts alike however large it is."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

BORDER_CELLS = 3  # cells


def near_border(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """B x H x W: cells less than BORDER_CELLS cells from the border of their mask, on either side."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BORDER_CELLS + 1, 2 * BORDER_CELLS + 1))
    return np.stack([cv2.morphologyEx(m.view(np.uint8), cv2.MORPH_GRADIENT, kernel) > 0 for m in masks])


def normalized_focal(logits: Tensor, target: Tensor, weight: Tensor, alpha: float = 0.5, gamma: float = 2.0) -> Tensor:
    """Normalized focal loss (Sofiiuk et al., AdaptIS, ICCV 2019, as RITM and InterFormer use it).

    -alpha (1 - p)^gamma log p with p the probability of the right answer, scaled (without gradient) so that the
    focal factors of an object sum to its number of counted pixels.

    logits, target (0 or 1), weight (0 leaves a pixel out): B x H x W. Returns B, the mean over counted pixels.
    """
    log_p = F.logsigmoid(torch.where(target > 0.5, logits, -logits))
    focal = (1 - log_p.exp()).pow(gamma) * weight
    counted = weight.sum((1, 2)).clamp(min=1.0)
    scale = (counted / focal.sum((1, 2)).clamp(min=1e-6)).detach()
    return -alpha * scale * (focal * log_p).sum((1, 2)) / counted


def soft_iou(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """1 - soft intersection over union, per object. B x H x W in, B out."""
    p = logits.sigmoid() * weight
    target = target * weight
    intersection = (p * target).sum((1, 2))
    union = (p + target).sum((1, 2)) - intersection
    return 1 - (intersection + 1e-6) / (union + 1e-6)
