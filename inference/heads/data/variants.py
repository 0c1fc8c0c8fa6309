"""Turned and mirrored pictures to learn from.

A ViT is not equivariant: the map of a mirrored picture is not the mirrored map. So a variant is encoded like any other
picture, once, and kept until the training ends. Few pictures are learned by heart without variants: on 18 pictures of
plates, AP is .91 on them and .40 on others.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Box, Half, Image, Mask
from inference.core.geometry import Frame
from inference.data.coco import DataError
from inference.data.device import Compute
from inference.data.encoder_files import read_encoder
from inference.data.token_cache import encode
from inference.heads.data.examples import Example
from inference.networks.vit import SMALL, ViT

Encode = Callable[[Image, Frame], Half]
"""Tokens of a picture, C x h x w; the frame is its image's, of which the picture may be a smaller copy."""

MAX_FOR_ALL_TURNS, MAX_FOR_MIRRORED = 60, 300
MIRRORED = (4,)
ALL = tuple(range(1, 8))
"""The seven other ways to lay a picture down: quarter turns, each also mirrored."""


def turned(array: NDArray[Any], turn: int) -> NDArray[Any]:
    """An array of H x W (x C) after `turn % 4` quarter turns to the left, and, from 4 on, mirrored first."""
    return np.rot90(array[:, ::-1] if turn >= 4 else array, turn % 4)


@dataclasses.dataclass(frozen=True, eq=False)
class Variant(Example):
    """An example whose picture is turned; its segmentations are the original's."""

    turn: int = 0

    def mask(self, segmentation: Any) -> Mask:
        return np.ascontiguousarray(turned(Example.mask(self._original, segmentation), self.turn))

    def box(self, segmentation: Any) -> Box:
        x0, y0, x1, y1 = Example.box(self._original, segmentation)
        width, height = self._original.frame.width, self._original.frame.height
        if self.turn >= 4:
            x0, x1 = width - x1, width - x0
        for _ in range(self.turn % 4):  # a quarter to the left: what was on the right is on top
            x0, y0, x1, y1 = y0, width - x1, y1, width - x0
            width, height = height, width
        return x0, y0, x1, y1

    @property
    def _original(self) -> Variant:
        height, width = self.frame.height, self.frame.width
        size = Frame.of(width, height) if self.turn % 2 else self.frame
        return dataclasses.replace(self, frame=size, turn=0)


def variant(example: Example, turn: int, encode: Encode, folder: Path) -> Variant:
    """One variant; its tokens are encoded when they are missing in `folder`, which is of one encoder's."""
    height, width = example.frame.height, example.frame.width
    frame = Frame.of(width, height) if turn % 2 else example.frame
    picture, name = example.picture, blake2b(f"{example.group}/{example.name}".encode(), digest_size=12).hexdigest()
    path = folder / f"{name}~{turn}.npy"
    if picture is None:
        raise DataError(f"{example.name}: no picture to turn")

    def load() -> Half:
        if not path.exists():
            tokens = encode(np.ascontiguousarray(turned(picture(), turn)), frame)
            part = path.with_suffix(f".{os.getpid()}.part")
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                np.save(file, tokens)
            part.replace(path)
        return np.asarray(np.load(path, mmap_mode="r"))

    same = {f.name: getattr(example, f.name) for f in dataclasses.fields(Example)}
    shown = same | {"name": f"{example.name}~{turn}", "frame": frame, "tokens": load, "picture": None}
    return Variant(**shown, turn=turn)


def encoder_of(weights: Path, compute: Compute) -> Encode:
    """Encodes pictures with the encoder of a file of weights, which is read when the first one comes."""
    vit: list[ViT] = []

    def tokens(picture: Image, frame: Frame) -> Half:
        if not vit:
            vit.append(read_encoder(weights, None, compute).vit)
        found = encode(vit[0], compute, [frame.resize(picture)])[0][..., -SMALL.dim :]
        return np.ascontiguousarray(found.transpose(2, 0, 1))

    return tokens


def with_mirrored(examples: Sequence[Example], cache: Path, weights: Path, compute: Compute) -> list[Example]:
    """The examples of data files, then their mirrored pictures in the same order, kept in the token cache. Each is
    drawn half as often, so that a picture weighs what it did."""
    folder = cache / "mirrored" / weights_name(weights)
    both = with_variants(examples, MIRRORED, encoder_of(weights, compute), folder)
    return [dataclasses.replace(example, weight=example.weight / 2) for example in both]


def weights_name(weights: Path) -> str:
    """Tells the tokens of one file of weights from those of another."""
    with weights.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=8)).hexdigest()


def with_variants(examples: Sequence[Example], turns: Sequence[int], encode: Encode, folder: Path) -> list[Example]:
    """The examples and all their variants."""
    return [*examples, *(variant(e, turn, encode, folder) for e in examples for turn in turns)]


def turns_for(count: int) -> tuple[int, ...]:
    """Which variants of `count` pictures are worth their encoding: the fewer there are, the more are needed."""
    return ALL if count <= MAX_FOR_ALL_TURNS else MIRRORED if count <= MAX_FOR_MIRRORED else ()
