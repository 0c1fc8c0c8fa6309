"""Training examples: tokens of a labelled image and what is on it. Starter models and projects learn from the same.

A COCO-format file becomes examples through the token cache (`coco_examples`); a project's images become examples by
giving, for each, a function that loads its tokens from the feature store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pycocotools import mask as coco_rle

from inference.core.arrays import Box, Half, Image, Mask
from inference.core.geometry import Frame
from inference.data.coco import DataError, decode, encoded


@dataclass(frozen=True)
class Labelled:
    """One object. segmentation: whatever `inference.data.coco.decode` reads, at the image's size. weight: how much it
    counts; a reviewer's correction may count more."""

    segmentation: Any
    category: str
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Example:
    """One labelled image.

    name: unique. group: images of one group (a video sequence) are never split between training and hold-out.
    tokens: loads them, C x h x w fp16 for `frame`. crowds: regions full of uncounted objects of a category. void: where
    nothing is known. rejected: proposals that people said no to. known: the categories that are labelled completely
    here (None: all). weight: how often it is drawn, relative to others. picture: loads H x W x 3 for reports.
    """

    name: str
    group: str
    frame: Frame
    tokens: Callable[[], Half]
    objects: tuple[Labelled, ...]
    crowds: tuple[Labelled, ...] = ()
    void: tuple[Any, ...] = ()
    rejected: tuple[Labelled, ...] = ()
    known: frozenset[str] | None = None
    weight: float = 1.0
    picture: Callable[[], Image] | None = None

    def mask(self, segmentation: Any) -> Mask:
        """Height x width bool."""
        return decode(segmentation, self.frame.height, self.frame.width)

    def box(self, segmentation: Any) -> Box:
        """The tight box (x0, y0, x1, y1) of a segmentation, image pixels; without decoding an RLE."""
        coded = encoded(segmentation, self.frame.height, self.frame.width)
        x, y, width, height = (float(v) for v in coco_rle.toBbox(coded))
        return x, y, x + width, y + height


@dataclass(frozen=True)
class Vocabulary:
    """The categories of a head, in its order. Those in `stuff` are not counted: all of one is one segment."""

    names: tuple[str, ...]
    stuff: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) < len(self.names):
            raise DataError("a vocabulary is at least one category, each once")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def things(self) -> Vocabulary:
        """Without stuff."""
        return Vocabulary(tuple(n for n in self.names if n not in self.stuff))

    def stuff_numbers(self) -> list[int]:
        return [k for k, name in enumerate(self.names) if name in self.stuff]


def hold_out(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Examples to learn from, and about `share` of them to measure by. Whether a group is held out depends on its name
    alone: when a project has more images next time, none that was held out is learned from."""
    kept: tuple[list[Example], list[Example]] = ([], [])
    for example in examples:
        number = int.from_bytes(hashlib.blake2b(example.group.encode(), digest_size=4).digest(), "big")
        kept[number < share * 2**32].append(example)
    return kept
