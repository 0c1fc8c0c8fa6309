"""Pictures of what the model does: an object with its true border, the answer and the clicks, and sheets of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import PIL.Image

from inference.core.arrays import Image, Mask
from inference.data.simulated_user import SimulatedClick

TILE = 160
LINE = 20  # height of the words below

ANSWER = (30, 110, 255)
POSITIVE, NEGATIVE, WHITE, BLACK = (20, 150, 55), (220, 30, 40), (255, 255, 255), (0, 0, 0)


def tile(
    image: Image, truth: Mask, mask: Mask, clicks: Sequence[SimulatedClick], words: str, size: int = TILE
) -> Image:
    """The part of an H x W x 3 picture around the object: the answer blue, the true border white, clicks as numbered
    dots (green in, red out), words below. (size + 20) x (size + 6) x 3."""
    x0, y0, side = _square(truth | mask)
    cut = (slice(y0, y0 + side), slice(x0, x0 + side))
    part = image[cut]
    scale = size / side
    shape = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    out: Image = np.asarray(cv2.resize(part, shape, interpolation=cv2.INTER_AREA), np.uint8)
    true, made = (cv2.resize(m[cut].view(np.uint8), shape, interpolation=cv2.INTER_NEAREST) for m in (truth, mask))
    blue = np.asarray(made) > 0
    out[blue] = (0.5 * out[blue] + 0.5 * np.array(ANSWER)).astype(np.uint8)
    outline, _ = cv2.findContours(true, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, outline, -1, WHITE, 1)
    for number, click in enumerate(clicks, 1):
        _dot(out, int((click.x + 0.5 - x0) * scale), int((click.y + 0.5 - y0) * scale), click.positive, str(number))
    framed = np.full((size + LINE, size + 6, 3), 255, np.uint8)
    framed[: out.shape[0], : out.shape[1]] = out
    cv2.putText(framed, words, (2, size + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.38, BLACK, 1, cv2.LINE_AA)
    return framed


def _square(shown: Mask) -> tuple[int, int, int]:
    """Left, top and side of a square with some room around what is to be shown, moved into the picture."""
    height, width = shown.shape
    ys, xs = np.nonzero(shown)
    if not len(xs):
        return 0, 0, max(height, width)
    side = min(int(1.25 * max(np.ptp(xs), np.ptp(ys))) + 24, max(height, width))
    x0 = int(np.clip((xs.min() + xs.max() - side) // 2, 0, max(0, width - side)))
    y0 = int(np.clip((ys.min() + ys.max() - side) // 2, 0, max(0, height - side)))
    return x0, y0, side


def _dot(out: Image, x: int, y: int, positive: bool, number: str) -> None:
    cv2.circle(out, (x, y), 7, WHITE, -1, cv2.LINE_AA)
    cv2.circle(out, (x, y), 6, POSITIVE if positive else NEGATIVE, -1, cv2.LINE_AA)
    at = (x - 3 * len(number), y + 3)
    cv2.putText(out, number, at, cv2.FONT_HERSHEY_SIMPLEX, 0.3, WHITE, 1, cv2.LINE_AA)


def sheet(tiles: Sequence[Image], columns: int) -> Image:
    """Tiles of one size in rows; the last row is filled with white."""
    blank = np.full_like(tiles[0], 255)
    rows = []
    for k in range(0, len(tiles), columns):
        row = list(tiles[k : k + columns])
        rows.append(np.hstack(row + [blank] * (columns - len(row))))
    return np.vstack(rows)


def save(path: Path, picture: Image) -> None:
    """As a PNG of 96 colours: small enough for a repository."""
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(picture).quantize(96, dither=PIL.Image.Dither.NONE).save(path, optimize=True)
