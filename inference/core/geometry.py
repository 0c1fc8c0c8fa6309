"""Where things are: image pixels, model pixels, tokens.

One convention everywhere. Coordinates are continuous, the top-left corner of the image is (0, 0) and pixel (i, j)
covers [i, i+1) x [j, j+1); its centre is (i + 0.5, j + 0.5). A click at (x, y) means the pixel (floor x, floor y).

An image is resized so that its long side is 640 ("model pixels"), then padded at the right and at the bottom to
multiples of 64, which keeps the number of different shapes small. A token covers 16 model pixels; the ViT sees
the same picture at 14 pixels a token.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inference.core.arrays import Floats, Image, Mask

LONG_SIDE = 640
PAD = 64
TOKEN = 16
VIT_PATCH = 14
VIT_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
VIT_STD = np.array([58.395, 57.12, 57.375], np.float32)
PAD_COLOUR = (124, 116, 104)


@dataclass(frozen=True)
class Frame:
    """Sizes of one image: its own (height, width), inside the padded model image, and padded."""

    height: int
    width: int
    inner_height: int
    inner_width: int
    padded_height: int
    padded_width: int

    @classmethod
    def of(cls, height: int, width: int, long_side: int = LONG_SIDE) -> Frame:
        if height < 1 or width < 1:
            raise ValueError(f"an image has at least one pixel, not {width}x{height}")
        scale = long_side / max(height, width)
        inner_h, inner_w = max(1, round(height * scale)), max(1, round(width * scale))
        return cls(height, width, inner_h, inner_w, -(-inner_h // PAD) * PAD, -(-inner_w // PAD) * PAD)

    @property
    def scale_x(self) -> float:
        """Model pixels per image pixel, along x."""
        return self.inner_width / self.width

    @property
    def scale_y(self) -> float:
        return self.inner_height / self.height

    @property
    def tokens(self) -> tuple[int, int]:
        return self.padded_height // TOKEN, self.padded_width // TOKEN

    def valid_cells(self) -> Mask:
        """Which cells at stride 2 lie in the picture, not in its padding."""
        valid = np.zeros((self.padded_height // 2, self.padded_width // 2), bool)
        valid[: -(-self.inner_height // 2), : -(-self.inner_width // 2)] = True
        return valid

    def resize(self, image: Image) -> Image:
        """H x W x 3 uint8 to the padded model image."""
        shrink = self.inner_width * self.inner_height < self.width * self.height
        how = cv2.INTER_AREA if shrink else cv2.INTER_CUBIC
        inner = cv2.resize(image, (self.inner_width, self.inner_height), interpolation=how)
        out = np.empty((self.padded_height, self.padded_width, 3), np.uint8)
        out[:] = PAD_COLOUR
        out[: self.inner_height, : self.inner_width] = inner
        return out


def vit_input(model_image: Image) -> Floats:
    """Padded model image to 3 x 14h x 14w, normalised."""
    height, width = model_image.shape[:2]
    size = (width // TOKEN * VIT_PATCH, height // TOKEN * VIT_PATCH)
    small = cv2.resize(model_image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.ascontiguousarray(((small - VIT_MEAN) / VIT_STD).transpose(2, 0, 1))


def stem_input(model_image: Image) -> Floats:
    """Padded model image to 3 x H x W, values (pixel - 127) / 128."""
    return np.ascontiguousarray(((model_image.astype(np.float32) - 127.0) / 128.0).transpose(2, 0, 1))
