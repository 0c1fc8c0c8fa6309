"""Features of a picture of noise, on which a model answers anything."""

import numpy as np

from inference import Features
from inference.core.features import FEATURES_VERSION
from inference.core.geometry import Frame


def noise(height: int, width: int) -> Features:
    """Features of no picture, for what has to hold whatever the model says."""
    rng = np.random.default_rng(5)
    frame = Frame.of(height, width)
    rows, columns = frame.tokens
    sizes = {"s4": (32, 4.0), "s8": (64, 2.0), "s16": (128, 1.0), "s32": (192, 0.5)}
    maps = {k: rng.normal(0, 1, (c, int(rows * f), int(columns * f))).astype(np.float16) for k, (c, f) in sizes.items()}
    sim = rng.normal(size=(4, 16, 2 * rows, 2 * columns))
    maps["sim"] = (sim / np.linalg.norm(sim, axis=1, keepdims=True)).astype(np.float16)
    return Features(FEATURES_VERSION, height, width, maps)
