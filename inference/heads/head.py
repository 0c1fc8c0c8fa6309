"""A trained head by ONNX Runtime: tokens in, proposals out. Never imports PyTorch.

head = Head.load(folder)
proposals = head.suggest(features, threshold=0.4)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Half
from inference.core.features import Features
from inference.core.geometry import Frame
from inference.core.upsample import Upsampler
from inference.heads.graph import Graph
from inference.heads.postprocess import Segment, instances, panoptic, patch_of, semantic
from inference.heads.proposals import Between, Proposal, nothing_between

Mode = Literal["instances", "panoptic", "semantic"]


class HeadError(ValueError):
    """A folder that holds no head that can be used; the message says why."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What the queries said: class logits N x (K + 1), mask logits N x h x w at stride 8."""

    classes: NDArray[np.float32]
    masks: NDArray[np.float32]


class Head:
    """FastInst or Mask2Former. Safe to share between threads."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.graph = Graph(folder, threads)
        try:
            self.manifest: dict[str, Any] = self.graph.manifest
            self.kind: Literal["instances", "panoptic"] = self.manifest["kind"]
            self.categories: tuple[str, ...] = tuple(self.manifest["categories"])
            self.encoder: str = self.manifest["encoder"]
            self.stuff = [k for k, name in enumerate(self.categories) if name in self.manifest["stuff"]]
        except (OSError, ValueError, KeyError) as error:
            raise HeadError(f"{folder} holds no head: {error!r}") from None
        self.graph.load()

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Head:
        """A head of a folder that `models.write_head` wrote. Raises HeadError."""
        return cls(folder, threads)

    def answer(self, tokens: Half) -> Answer:
        """Tokens C x h x w to what the queries say."""
        classes, masks = self.graph.run(tokens, ("classes", "masks"))
        return Answer(classes[0], masks[0])

    def suggest(
        self,
        features: Features,
        threshold: float | None = None,
        mode: Mode | None = None,
        limit: int = 100,
        between: Between = nothing_between,
    ) -> list[Proposal]:
        """Proposals of one image, best first; see `propose`. Raises FeaturesError for another encoder's features."""
        self.check(features)
        return self.propose(self.answer(features.tokens), features.frame, threshold, mode, limit, between)

    def check(self, features: Features) -> None:
        """Raises FeaturesError unless the features are of this head's encoder."""
        self.graph.check(features)

    def propose(
        self,
        answer: Answer,
        frame: Frame,
        threshold: float | None = None,
        mode: Mode | None = None,
        limit: int = 100,
        between: Between = nothing_between,
    ) -> list[Proposal]:
        """Proposals from an answer.

        mode: "instances" may overlap; "panoptic" and "semantic" don't. Default: what the head is for. threshold: the
        least score; default .3, .5 and .3.
        """
        mode = mode or self.kind
        if mode == "instances":
            segments = instances(answer.classes, answer.masks, limit, 0.3 if threshold is None else threshold)
        elif mode == "panoptic":
            segments = panoptic(answer.classes, answer.masks, self.stuff, 0.5 if threshold is None else threshold)
        else:
            segments = semantic(answer.classes, answer.masks, 0.3 if threshold is None else threshold)
        return to_proposals(segments[:limit], frame, self.categories, between)


def to_proposals(
    segments: list[Segment], frame: Frame, categories: tuple[str, ...], between: Between = nothing_between
) -> list[Proposal]:
    """Segments with masks at the image's size; those that turn out empty there are left out."""
    upsampler = Upsampler(frame)
    found = []
    for segment in segments:
        between()
        patch = patch_of(segment.logits, upsampler)
        if patch.width:
            name = categories[segment.category]
            found.append(Proposal.of_patch(patch, frame.height, frame.width, segment.score, name))
    return found
