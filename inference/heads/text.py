"""Segment by text: where in the picture is what a sentence means?

After LTS (Jing et al., arXiv 2103.16284): a kernel made of the sentence filters a map in which picture and sentence are
fused; the response map says where, and a small decoder says which pixels (`lts_model.py` has the network). Here the
answer does not end as that mask: its box and its deepest point go to the click model as a box and a click, so that a
text reference is an object like any other, refined by the same clicks.

text = Text(predictor)
response, proposal = text.locate(features, "the dog on the left")

NumPy and ONNX Runtime only.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from inference.core.arrays import Box, Floats, Mask
from inference.core.features import WEIGHTS, Features
from inference.core.geometry import TOKEN, Frame
from inference.core.masks import Click
from inference.heads.graph import Graph
from inference.heads.proposals import Proposal
from inference.heads.sentences import Sentences
from inference.predictor import ClickPredictor

FOLDER = WEIGHTS / "heads" / "text"
CELL = TOKEN // 2  # model pixels of a cell of the mask
MASK_THRESHOLD = 0.5  # of the mask's probability
PLACES = 3  # x and y in the picture, and whether there is picture


class Located(NamedTuple):
    """response: how much each token is what the sentence means, in [0, 1]; rows x columns, where cell (r, c) covers
    model pixels 16c to 16c + 16 and 16r to 16r + 16 of the picture (not of its padding). proposal: the object; its
    score is the response's peak, and low where the picture has no such thing."""

    response: Floats
    proposal: Proposal


class Prompt(NamedTuple):
    """What is handed to the click model, in image pixels."""

    click: Click
    box: Box


class Text:
    """Finds what a sentence means. predictor: draws the object. folder: an exported head. Nothing is loaded before it
    is needed. Safe to share between threads."""

    def __init__(
        self,
        predictor: ClickPredictor,
        folder: Path = FOLDER,
        sentences: Sentences | None = None,
        threads: int = 1,
    ) -> None:
        self.predictor = predictor
        self.sentences = sentences or Sentences()
        self.graph = Graph(folder, threads)

    @property
    def ready(self) -> bool:
        """Are the head's weights and the sentence encoder's installed?"""
        return self.graph.ready and self.sentences.ready

    def locate(self, features: Features, text: str) -> Located:
        """The response map and the object. Raises TextError for a text without a word (its message can be shown),
        FeaturesError for features without tokens or of another encoder, FileNotFoundError where weights are missing.
        The same features and text give the same bits."""
        response, mask = self.maps(features, text)
        click, box = prompt(response, mask, features.frame)
        session = self.predictor.session(features, box=box)
        session.add(click)
        peak = float(response.max())
        size = (features.height, features.width)
        return Located(response, Proposal.of_patch(session.patch(), *size, score=peak, clicks=(click,)))

    def maps(self, features: Features, text: str) -> tuple[Floats, Floats]:
        """The response map, and the head's own mask as probabilities at stride 8; both without the padding."""
        sentence = self.sentences.encode(text)[None]
        frame = features.frame
        found = self.graph(features, ["response", "mask"], {"sentence": sentence, "place": places(frame)[None]})
        response, mask = (1 / (1 + np.exp(-m[0])) for m in found)
        rows, columns = shown(frame, TOKEN)
        fine = shown(frame, CELL)
        return np.ascontiguousarray(response[:rows, :columns]), np.ascontiguousarray(mask[: fine[0], : fine[1]])


def shown(frame: Frame, stride: int) -> tuple[int, int]:
    """Rows and columns of a map that show picture."""
    return -(-frame.inner_height // stride), -(-frame.inner_width // stride)


@lru_cache(maxsize=16)
def places(frame: Frame) -> Floats:
    """3 x h x w: x and y from -1 to 1 over the picture, and 1 where there is picture; all 0 in the padding."""
    h, w = frame.tokens
    x = (np.arange(w, dtype=np.float32) + 0.5) * TOKEN / frame.inner_width * 2 - 1
    y = (np.arange(h, dtype=np.float32) + 0.5) * TOKEN / frame.inner_height * 2 - 1
    rows, columns = shown(frame, TOKEN)
    out = np.zeros((PLACES, h, w), np.float32)
    out[0, :rows, :columns] = x[:columns].clip(-1, 1)
    out[1, :rows, :columns] = y[:rows, None].clip(-1, 1)
    out[2, :rows, :columns] = 1
    out.setflags(write=False)
    return out


def prompt(response: Floats, mask: Floats, frame: Frame) -> Prompt:
    """Click and box of the part of the mask that has the strongest response.

    Where the mask is sure of nothing, the part of the response that reaches half of its peak takes its place.
    """
    part = strongest(mask >= MASK_THRESHOLD, response)
    if not part.any():
        wide = response.repeat(2, 0).repeat(2, 1)[: mask.shape[0], : mask.shape[1]]
        part = strongest(wide >= 0.5 * response.max(), response)
    rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
    box = (columns[0] * CELL, rows[0] * CELL, (columns[-1] + 1) * CELL, (rows[-1] + 1) * CELL)
    inner = np.pad(part, 1).view(np.uint8)  # the picture's border is a border
    depth = cv2.distanceTransform(inner, cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = divmod(int(np.asarray(depth).argmax()), part.shape[1])
    at = ((x + 0.5) * CELL / frame.scale_x, (y + 0.5) * CELL / frame.scale_y)
    click = Click(min(at[0], frame.width - 0.5), min(at[1], frame.height - 0.5), True)
    scale = (frame.scale_x, frame.scale_y) * 2
    x0, y0, x1, y1 = (float(v / s) for v, s in zip(box, scale, strict=True))
    return Prompt(click, (x0, y0, min(x1, frame.width), min(y1, frame.height)))


def strongest(mask: Mask, response: Floats) -> Mask:
    """The connected part of a mask at stride 8 in which the response sums up to most; an empty mask stays empty."""
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    if count < 2:
        return mask
    wide = response.repeat(2, 0).repeat(2, 1)[: mask.shape[0], : mask.shape[1]]
    sums = np.bincount(np.asarray(labels).ravel(), weights=wide.ravel(), minlength=count)
    return np.asarray(labels == 1 + int(sums[1:].argmax()))
