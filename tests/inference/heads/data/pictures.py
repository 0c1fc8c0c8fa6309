"""A picture that is different after every turn, and an example made of it."""

import numpy as np

from inference.core.arrays import Image
from inference.core.geometry import Frame
from inference.heads.data.examples import Example, Labelled
from inference.heads.proposals import encode

HALL, WIDTH = 256, 320  # a map without padding


def picture_and_mask(seed: int) -> tuple[Image, np.ndarray]:
    """A bright region that looks otherwise after every turn."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((HALL, WIDTH), bool)
    mask[16:80, 32:208] = True
    mask[80:160, 160:208] = True
    picture = rng.integers(0, 60, (HALL, WIDTH, 3), np.uint8)
    picture[mask] += 150
    return picture, mask


def made(picture: Image, mask: np.ndarray) -> Example:
    frame = Frame.of(*mask.shape)
    tokens = np.zeros((4, *frame.tokens), np.float16)
    label = Labelled(encode(mask), "thing")
    return Example("set/1", "1", frame, lambda: tokens, (label,), picture=lambda: picture)
