"""How long it takes to compare two sets of an image: drawn ellipses, as two people would draw them."""

import time
from statistics import median

import numpy as np

from labeling.masks import encode_runs
from labeling.quality.comparison import compare
from labeling.quality.segments import Segment, Size, segment

HEIGHT, WIDTH = 3000, 4000
"""Twelve megapixels."""


def ellipse(x: float, y: float, across: float, down: float, size: Size) -> str:
    """The RLE of an ellipse inside the view, made column by column."""
    columns = np.arange(int(np.ceil(x - across)), int(np.floor(x + across)) + 1)
    half = down * np.sqrt(np.maximum(0, 1 - ((columns - x) / across) ** 2))
    tops, bottoms = np.ceil(y - half).astype(int), np.floor(y + half).astype(int) + 1
    kept = bottoms > tops
    ends = np.stack([columns * size.height + tops, columns * size.height + bottoms], 1)[kept].ravel()
    lengths = np.diff(ends, prepend=0, append=size.height * size.width)
    return encode_runs(lengths, size.height, size.width)


def drawn(objects: int, random: np.random.Generator, size: Size) -> tuple[list[Segment], list[Segment]]:
    """The same objects by two people, who differ by some pixels and now and then by the class."""
    first, second = [], []
    for index in range(objects):
        across, down = random.uniform(40, 300, 2)
        x, y = random.uniform(310, size.width - 310), random.uniform(310, size.height - 310)
        category = int(random.integers(1, 6))
        first.append(segment(str(index), category, ellipse(x, y, across, down, size), size))
        dx, dy = random.normal(0, 4, 2)
        other = category if random.random() < 0.9 else category % 5 + 1
        second.append(segment(str(index), other, ellipse(x + dx, y + dy, across * 0.98, down, size), size))
    return first, second


def measure(images: int, objects: int, seed: int) -> dict[str, float]:
    """Milliseconds for each image: median and 95th percentile, and seconds in all. The masks are made before."""
    random, size, seconds = np.random.default_rng(seed), Size(HEIGHT, WIDTH), []
    for _ in range(images):
        first, second = drawn(objects, random, size)
        started = time.perf_counter()
        compare(first, second, size)
        seconds.append(time.perf_counter() - started)
    return {
        "median_ms": round(1000 * median(seconds), 2),
        "p95_ms": round(1000 * float(np.percentile(seconds, 95)), 2),
        "seconds": round(sum(seconds), 2),
    }
