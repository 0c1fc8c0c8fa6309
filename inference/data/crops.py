"""Square cuts of model images: pixels, tokens and masks of a region, resampled alike.

At scale 1 a cut of the tokens is an exact copy of the cached ones; at any other scale tokens and pixels are resampled
together, so that objects of every size relative to the window occur.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Floats, Mask
from inference.core.geometry import PAD_COLOUR, TOKEN
from inference.data.token_cache import CachedImage


@dataclass(frozen=True)
class Window:
    """One cut. T tokens a side; masks at stride 2 (8T a side). `tokens` or `picture` is None: a window of cached tokens
    has the former, one that is yet to be encoded the latter, for patches of p pixels."""

    tokens: NDArray[np.float16] | None  # T x T x C
    pixels: NDArray[np.uint8]  # 16T x 16T x 3
    masks: Mask  # M x 8T x 8T
    void: Mask  # 8T x 8T, not counted in losses
    inside: Mask  # 8T x 8T, false in padding
    min_clicks: int
    picture: Floats | None = None  # 3 x pT x pT


@dataclass(frozen=True)
class Region:
    """A cut of the model image: origin and side in model pixels; `scale` window pixels per model pixel."""

    x: float
    y: float
    scale: float
    tokens: int

    @property
    def side(self) -> float:
        return self.tokens * TOKEN / self.scale


def paste(window: Window, other: Window, rng: np.random.Generator) -> Window:
    """The window with the first object of the other one on it, moved a little (copy-paste, Ghiasi et al., CVPR 2021).

    Only for windows that are encoded afterwards: the encoder then sees the composite. What the object hides is no
    longer part of other objects; of them, those that are still there are kept.
    """
    size, side = window.pixels.shape[0], window.masks.shape[1]
    move = rng.integers(-side // 5, side // 5 + 1, 2) * 2  # x, y in pixels
    matrix = np.array([[1, 0, move[0]], [0, 1, move[1]]], np.float64)
    front = cv2.resize(other.masks[0].astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    alpha = np.asarray(cv2.warpAffine(front, matrix, (size, size), flags=cv2.INTER_NEAREST))
    moved = np.asarray(cv2.warpAffine(other.pixels, matrix, (size, size), flags=cv2.INTER_NEAREST))
    cells = (cv2.resize(alpha, (side, side), interpolation=cv2.INTER_AREA) >= 0.5) & window.inside
    if other.min_clicks or cells.sum() < 60:
        return window
    alpha[~np.repeat(np.repeat(window.inside, 2, 0), 2, 1)] = 0
    pixels = window.pixels + (moved.astype(np.float32) - window.pixels) * alpha[:, :, None]
    left = [m & ~cells for m in window.masks]
    left = [m for m in left if m.sum() >= 80][: len(window.masks) - 1]
    masks = ([cells, *left] * len(window.masks))[: len(window.masks)]
    return replace(
        window,
        pixels=pixels.round().astype(np.uint8),
        masks=np.stack(masks),
        void=window.void & ~cells,
    )


def _warp(source: NDArray[Any], region: Region, out: int, fx: float, fy: float, border: Any) -> NDArray[Any]:
    """Resample so that an output of `out` pixels a side shows the region; fx, fy: source pixels per model pixel."""
    step = region.side / out
    matrix = np.array(
        [
            [step * fx, 0, (0.5 * step + region.x) * fx - 0.5],
            [0, step * fy, (0.5 * step + region.y) * fy - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(source, matrix, (out, out), flags=flags, borderValue=border))


def cut_mask(mask: Mask, image: CachedImage, region: Region, threshold: float = 0.5) -> Mask:
    """The part of an H x W mask (image pixels) in the region, at stride 2."""
    fx, fy = 1 / image.frame.scale_x, 1 / image.frame.scale_y
    out = region.tokens * TOKEN
    fine = _warp(mask.astype(np.uint8) * np.uint8(255), region, out, fx, fy, 0)
    coarse = cv2.resize(fine, (out // 2, out // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(coarse >= 255 * threshold)


def cut_pixels(pixels: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """The region's pixels, 16T x 16T x 3; averaged first where it is shrunk a lot."""
    height, width = pixels.shape[:2]
    shrunk = np.asarray(pixels)
    if region.scale < 0.75:
        size = (round(width * region.scale), round(height * region.scale))
        shrunk = np.asarray(cv2.resize(shrunk, size, interpolation=cv2.INTER_AREA))
    fx, fy = shrunk.shape[1] / width, shrunk.shape[0] / height
    return _warp(shrunk, region, region.tokens * TOKEN, fx, fy, PAD_COLOUR)


def cut_tokens(tokens: NDArray[np.float16], region: Region) -> NDArray[np.float16]:
    """T x T x C. Scale 1 copies; any other scale resamples with a triangle filter as wide as the step."""
    t = region.tokens
    h, w, c = tokens.shape
    if region.scale == 1.0:
        x, y = round(region.x / TOKEN), round(region.y / TOKEN)
        out = np.zeros((t, t, c), np.float16)
        part = tokens[y : y + t, x : x + t]
        out[: part.shape[0], : part.shape[1]] = part
        return out
    rows = triangle(region.y / TOKEN, 1 / region.scale, t, h)
    columns = triangle(region.x / TOKEN, 1 / region.scale, t, w)
    y0, y1 = _span(rows)
    x0, x1 = _span(columns)
    cut = tokens[y0:y1, x0:x1].astype(np.float32)
    mixed = (rows[:, y0:y1] @ cut.reshape(y1 - y0, -1)).reshape(t, x1 - x0, c)
    return np.matmul(columns[:, x0:x1], mixed).astype(np.float16)


def triangle(origin: float, step: float, out: int, size: int) -> Floats:
    """out x size weights of a linear resampling; rows wholly outside of the source are 0."""
    at = origin + (np.arange(out) + 0.5) * step - 0.5
    reach = max(1.0, step)
    weights = np.maximum(0.0, 1 - np.abs(at[:, None] - np.arange(size)[None]) / reach)
    outside = (at < -0.5) | (at > size - 0.5)
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-6)
    weights[outside] = 0
    return weights.astype(np.float32)


def _span(weights: Floats) -> tuple[int, int]:
    used = np.flatnonzero(weights.any(0))
    return int(used[0]), int(used[-1]) + 1


def jitter(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Brightness and contrast of what the stem sees (the tokens are cached and stay as they are)."""
    table = np.clip((np.arange(256) - 127) * rng.uniform(0.8, 1.2) + 127 + rng.uniform(-16, 16), 0, 255)
    return np.asarray(cv2.LUT(pixels, table.astype(np.uint8)))
