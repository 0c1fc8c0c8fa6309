"""A mask that a session begins with: at the size of its image, and as cells of the model."""

from __future__ import annotations

import cv2
import numpy as np

from inference.core.arrays import Floats, Mask
from inference.core.geometry import Frame
from inference.core.masks import MaskPatch, PackedPatch, tight

MAX_PIXELS = 4_000_000  # pixels that are shrunk together


def given_patch(previous: Mask | MaskPatch | PackedPatch, frame: Frame) -> PackedPatch:
    """A mask that was given for an image, as a patch of its own (a packed one has to be tight). Raises ValueError when
    it does not fit the image."""
    if not isinstance(previous, (MaskPatch, PackedPatch)):
        if previous.shape != (frame.height, frame.width):
            raise ValueError(f"the previous mask is {previous.shape}, the image {frame.height} x {frame.width}")
        return PackedPatch.of(tight(np.asarray(previous, bool), 0, 0))
    if previous.x + previous.width > frame.width or previous.y + previous.height > frame.height:
        raise ValueError(f"the previous mask leaves the image of {frame.width} x {frame.height}")
    if isinstance(previous, PackedPatch):
        return previous
    return PackedPatch.of(tight(np.asarray(previous.bits, bool), previous.x, previous.y))


def given_cells(patch: MaskPatch | PackedPatch, frame: Frame) -> Mask:
    """Which cells at stride 2 of the padded model image a patch covers by at least half."""
    padded = np.zeros((frame.padded_height, frame.padded_width), np.float32)
    padded[: frame.inner_height, : frame.inner_width] = shrunk(patch, frame)
    cells = padded.reshape(frame.padded_height // 2, 2, frame.padded_width // 2, 2).mean((1, 3))
    return np.asarray(cells >= 0.5)


def shrunk(patch: MaskPatch | PackedPatch, frame: Frame) -> Floats:
    """How much of each model pixel a patch covers: inner height x inner width, 0 to 1. Of a large image in two steps,
    first across and some rows at a time, so that it is never there as a whole."""
    packed = patch if isinstance(patch, PackedPatch) else PackedPatch.of(patch)
    columns, inner = slice(patch.x, patch.x + patch.width), (frame.inner_width, frame.inner_height)
    if frame.height * frame.width <= MAX_PIXELS:
        whole = np.zeros((frame.height, frame.width), np.float32)
        whole[patch.y : patch.y + patch.height, columns] = packed.bits()
        return np.asarray(cv2.resize(whole, inner, interpolation=cv2.INTER_AREA), np.float32)
    narrow = np.zeros((frame.height, frame.inner_width), np.float32)
    rows = max(1, MAX_PIXELS // frame.width)
    for first in range(0, patch.height, rows):
        part = packed.bits(first, first + rows)
        strip = np.zeros((len(part), frame.width), np.float32)
        strip[:, columns] = part
        across = cv2.resize(strip, (frame.inner_width, len(part)), interpolation=cv2.INTER_AREA)
        narrow[patch.y + first : patch.y + first + len(part)] = across
    return np.asarray(cv2.resize(narrow, inner, interpolation=cv2.INTER_AREA), np.float32)
