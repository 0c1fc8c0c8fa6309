"""Sizes of a head, and what its losses weigh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["instances", "panoptic"]
"""FastInst and Mask2Former, by what they are for."""


@dataclass(frozen=True)
class HeadConfig:
    """Sizes of FastInst and Mask2Former."""

    classes: int
    tokens: int = 384  # channels of the encoder's tokens
    dim: int = 128  # channels everywhere else
    heads: int = 4  # of the attention
    hidden: int = 512  # of the queries' feed-forward blocks; the pixels' have half of it
    queries: int = 100
    auxiliary: int = 8  # FastInst: learned queries that gather the background
    layers: int = 1  # FastInst: dual-path layers. Mask2Former: rounds of three layers, one a stride

    @classmethod
    def read(cls, sizes: Mapping[str, Any]) -> HeadConfig:
        return cls(**sizes)

    def write(self) -> dict[str, int]:
        return asdict(self)


def default_config(kind: Kind, classes: int) -> HeadConfig:
    """What starter models and projects use: FastInst-D1 and Mask2Former with its nine layers."""
    return HeadConfig(classes, layers=1) if kind == "instances" else HeadConfig(classes, queries=60, layers=3)


@dataclass(frozen=True)
class LossWeights:
    """As in both papers, with two of our own: what a matched or unmatched query's class counts."""

    category: float = 2.0
    bce: float = 5.0
    dice: float = 5.0
    no_object: float = 0.1
    rejected: float = 1.0  # a query that repeats what a person has rejected, instead of `no_object`
    activation: float = 20.0  # FastInst's auxiliary class head
    location: float = 1000.0  # FastInst: matching a pixel outside of an object to it


WEIGHTS = LossWeights()
