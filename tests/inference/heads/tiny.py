"""Small heads and made-up images for tests: two kinds of rectangles whose tokens say what they are."""

import functools

import numpy as np
import torch

from inference.core.geometry import Frame
from inference.data.device import CPU, Compute
from inference.heads.data.examples import Example, Labelled, Vocabulary
from inference.heads.data.truth import rasterise
from inference.heads.networks.config import HeadConfig
from inference.heads.networks.criterion import Targets
from inference.heads.proposals import encode
from inference.heads.training.heads import HeadOptim

CHANNELS = 12
WORDS = Vocabulary(("cup", "plate"))
SIDE = 256  # image pixels; 16 tokens
FP32 = Compute(torch.device("cpu"), None)
OPTIM = HeadOptim(batch=4, rate=4e-3, warmup=10, average=0.9)
CONFIG = HeadConfig(classes=2, tokens=CHANNELS, dim=32, heads=2, hidden=64, queries=9, auxiliary=2, layers=1)
Box = tuple[int, int, int, int]  # tokens: x0, y0, x1, y1


def example(seed: int, boxes: list[tuple[Box, str]] | None = None, side: int = SIDE, **more: object) -> Example:
    """An image of side x side pixels with rectangles of whole tokens."""
    rng = np.random.default_rng(seed)
    cells = side // 16
    if boxes is None:
        boxes = []
        for k, name in enumerate(("cup", "plate")):
            x, y = rng.integers(1, 4), rng.integers(1, cells // 2 - 3) + k * cells // 2
            boxes.append(((int(x), int(y), int(x + rng.integers(4, 8)), int(y + 3)), name))
    frame = Frame.of(side, side, side)
    tokens = rng.normal(0, 0.3, (CHANNELS, *frame.tokens)).astype(np.float16)
    objects = []
    for (x0, y0, x1, y1), name in boxes:
        tokens[WORDS.names.index(name), y0:y1, x0:x1] += 3
        mask = np.zeros((side, side), bool)
        mask[16 * y0 : 16 * y1, 16 * x0 : 16 * x1] = True
        objects.append(Labelled(encode(mask), name))
    return Example(f"made/{seed}", str(seed), frame, functools.partial(np.asarray, tokens), tuple(objects), **more)  # type: ignore[arg-type]


def learned(examples: list[Example]) -> tuple[torch.Tensor, list[Targets]]:
    """Tokens and targets as a head's `loss` takes them."""
    from inference.heads.data.batches import Batch

    tokens = np.stack([e.tokens() for e in examples])
    return Batch(tokens, [rasterise(e, WORDS) for e in examples]).on(CPU)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_boxes(count: int, seed: int = 0, size: float = 256) -> np.ndarray:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, size * 0.7, (count, 2))
    return np.concatenate([corner, corner + rng.uniform(8, size * 0.3, (count, 2))], 1).astype(np.float32)


FOUR = [example(k) for k in range(4)]
