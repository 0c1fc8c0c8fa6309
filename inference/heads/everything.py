"""Segment everything: objects are discovered first, then decoded in batch, one mask each.

After MobileSAMv2 (Zhang et al., arXiv 2312.09579): the mask decoder is what costs time in "segment everything", so it
is asked only about prompts that are valid. A small class-agnostic detector finds boxes, NMS leaves at most 320, every
box becomes a prompt of the click model, and nothing is filtered afterwards: a box is unambiguous.

The discoverer knows where objects are; how good a mask became is seen in the mask. A proposal's score is therefore its
mask's stability, as the grid of points that the paper compares with ranks its masks (SAM, arXiv 2304.02643, section B),
times what the box was worth: the best hundred of 180 hold more objects than the hundred best boxes.

Ours differs in the detector: not a YOLOv8 on pixels, but a light head on the frozen encoder's tokens (`discovery.py`),
so that it costs some milliseconds, and stays valid whatever becomes of the click model, whose pyramid it does not read.
Its boxes are anchor-free: a position of the maps at stride 8, 16 or 32 says how far the box's four sides are away.

everything = Everything(predictor)
proposals = everything.discover(features)                # masks with scores, best first, for a slider
boxes, scores = everything.boxes(features)               # without decoding

Boxes are (x0, y0, x1, y1), N x 4 float32; model pixels unless said otherwise. NumPy and ONNX Runtime only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.clicks.batch import ObjectPrompt
from inference.clicks.session import ClickSession
from inference.core.arrays import Box, Floats
from inference.core.features import WEIGHTS, Features
from inference.core.geometry import TOKEN, Frame
from inference.core.masks import Click
from inference.heads.graph import Graph
from inference.heads.proposals import Between, Proposal, nothing_between, suppress
from inference.predictor import ClickPredictor

FOLDER = WEIGHTS / "heads" / "everything"
STRIDES = (8, 16, 32)  # model pixels
MAX_BOXES = 180  # boxes; the paper's 320 find little more and take longer
MAX_BOX_IOU = 0.5  # IoU of boxes above which the worse one goes; more would give ten masks of one object
MIN_SCORE = 0.02  # of a box's score: less likely ones are not worth a decoding
MAX_CANDIDATES = 1500  # boxes that NMS looks at
MIN_SIDE = 6.0  # model pixels, of a box's side
REDECODE_SCORE = (
    0.15  # of a score: people see such masks, so one that leaves its box's region is answered on the whole map
)
DUPLICATE_IOU = 0.9  # IoU of masks above which the worse one is the same again
STABILITY_OFFSET = 0.5  # logits between which a mask should not change


class Anchors(NamedTuple):
    """The positions that may say a box, N of them: the maps' cells, finest map first, row by row.

    points: N x 4, the cell's centre twice (x, y, x, y), model pixels. steps: N x 4, how far one unit of a distance
    moves each side: minus the stride for left and top, the stride for right and bottom.
    """

    points: Any
    steps: Any


@lru_cache(maxsize=16)
def anchors(rows: int, columns: int) -> Anchors:
    """Of rows x columns tokens."""
    points, steps = [], []
    for stride in STRIDES:
        h, w = rows * TOKEN // stride, columns * TOKEN // stride
        y, x = np.mgrid[:h, :w].reshape(2, -1).astype(np.float32) * stride + stride / 2
        points.append(np.stack([x, y, x, y], 1))
        steps.append(np.tile(np.array([-stride, -stride, stride, stride], np.float32), (h * w, 1)))
    return Anchors(np.concatenate(points), np.concatenate(steps))


def decode_boxes(distances: Any, where: Anchors) -> Any:
    """Boxes from the distances to their sides (left, top, right, bottom, in strides). NumPy or PyTorch."""
    return where.points + distances * where.steps


def encode_boxes(boxes: Any, where: Anchors) -> Any:
    """The opposite of `decode_boxes`."""
    return (boxes - where.points) / where.steps


def suppressed(
    boxes: Floats, scores: Floats, overlap: float = MAX_BOX_IOU, limit: int = MAX_BOXES
) -> NDArray[np.int64]:
    """Greedy non-maximum suppression: the indices that stay, best first, at most `limit`. Of equal scores the earlier
    one wins."""
    order = np.argsort(-scores, kind="stable")
    x0, y0, x1, y1 = boxes[order].T
    areas = (x1 - x0) * (y1 - y0)
    alive = np.ones(len(order), bool)
    kept: list[int] = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(i)
        if len(kept) == limit:
            break
        width = np.minimum(x1[i], x1[i + 1 :]) - np.maximum(x0[i], x0[i + 1 :])
        height = np.minimum(y1[i], y1[i + 1 :]) - np.maximum(y0[i], y0[i + 1 :])
        common = np.maximum(width, 0) * np.maximum(height, 0)
        alive[i + 1 :] &= common <= overlap * (areas[i] + areas[i + 1 :] - common)
    return np.asarray(order[kept], np.int64)


def as_tuples(boxes: Floats) -> list[Box]:
    """Boxes as prompts and proposals have them."""
    return [(float(x0), float(y0), float(x1), float(y1)) for x0, y0, x1, y1 in boxes]


def middle(box: Box) -> Click:
    """A click into the middle of a box."""
    x0, y0, x1, y1 = box
    return Click((x0 + x1) / 2, (y0 + y1) / 2, True)


def stability(session: ClickSession) -> float:
    """Of a session's answer: IoU of the masks at logits of plus and minus STABILITY_OFFSET. SAM takes 1; our logits are
    smaller."""
    if session.logits is None:
        return 0.0
    logits = np.asarray(session.logits, np.float32)  # compares faster than float16
    if not (logits > 0).any():
        return 0.0
    return float((logits > STABILITY_OFFSET).sum() / (logits > -STABILITY_OFFSET).sum())


def score_of(stable: float, box_score: float) -> float:
    """A proposal's score from its mask's stability and its box's score, all in [0, 1]. Ranks best of what was tried,
    and is about the share of such masks that are labelled objects (docs/internals/heads.md)."""
    return stable**2 * box_score**0.5


def doubles_last(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Best first; a mask that a better proposal has already says nothing new: those go to the end with a score of 0."""
    ranked = suppress(proposals, DUPLICATE_IOU)
    first = {id(proposal) for proposal in ranked}
    return ranked + [replace(proposal, score=0.0) for proposal in proposals if id(proposal) not in first]


def inside(boxes: Floats, frame: Frame) -> Floats:
    """Boxes cut at the picture's border, without the padding."""
    limits = np.array([frame.inner_width, frame.inner_height] * 2, np.float32)
    return np.asarray(np.clip(boxes, 0, limits), np.float32)


def choose(
    scores: Floats, boxes: Floats, frame: Frame, limit: int = MAX_BOXES, min_score: float = MIN_SCORE
) -> NDArray[np.int64]:
    """Which boxes (cut at the border) become prompts: likely enough, not tiny, without duplicates; best first."""
    sides = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    usable = np.flatnonzero((scores >= min_score) & (sides >= MIN_SIDE))
    if len(usable) > MAX_CANDIDATES:
        usable = usable[np.argsort(-scores[usable], kind="stable")[:MAX_CANDIDATES]]
    return np.asarray(usable[suppressed(boxes[usable], scores[usable], limit=limit)], np.int64)


class Everything:
    """Discovers the objects of an image and decodes them.

    predictor: decodes the boxes. folder: an exported head. threads: CPU threads of the discoverer. Nothing is loaded
    before it is needed. Safe to share between threads.
    """

    def __init__(self, predictor: ClickPredictor, folder: Path = FOLDER, threads: int = 1) -> None:
        self.predictor = predictor
        self.graph = Graph(folder, threads)

    @property
    def ready(self) -> bool:
        """Are the head's weights installed?"""
        return self.graph.ready

    def discover(
        self,
        features: Features,
        limit: int = MAX_BOXES,
        min_score: float = MIN_SCORE,
        between: Between = nothing_between,
    ) -> list[Proposal]:
        """A proposal for every discovered object, best first: exactly one mask for each box, none dropped but those
        that are empty. Raises FeaturesError when the features have no tokens or are another encoder's."""
        return self.decode(features, *self.boxes(features, limit, min_score), between)

    def decode(
        self, features: Features, boxes: Floats, scores: Floats, between: Between = nothing_between
    ) -> list[Proposal]:
        """The second half of `discover`: the masks of boxes in image pixels, best first. Each box comes with a click
        into its middle, as a discovered box is a guess that the mask may correct (docs/internals/heads.md). Of a large
        image most of the time goes into the masks' pixels, so `between` is called before each of them."""
        prompts = [ObjectPrompt([middle(box)], box, at_once=True) for box in as_tuples(boxes)]
        found = []
        for session, prompt, box_score in zip(self.predictor.sessions(features, prompts), prompts, scores, strict=True):
            between()
            answer, score = session, score_of(stability(session), float(box_score))
            if session.cut_off and score >= REDECODE_SCORE:
                (answer,) = self.predictor.sessions(features, [ObjectPrompt(prompt.clicks, previous=session.mask())])
                score = score_of(stability(answer), float(box_score))
            patch = answer.patch()
            if patch.width:
                found.append(Proposal.of_patch(patch, features.height, features.width, score))
        return doubles_last(found)

    def boxes(self, features: Features, limit: int = MAX_BOXES, min_score: float = MIN_SCORE) -> tuple[Floats, Floats]:
        """Boxes in image pixels, N x 4, and their scores in [0, 1], best first; N <= limit."""
        logits, distances = self._run(features)
        frame = features.frame
        boxes = inside(decode_boxes(distances, anchors(*frame.tokens)), frame)
        scores = np.asarray(1 / (1 + np.exp(-logits)), np.float32)
        kept = choose(scores, boxes, frame, limit, min_score)
        scale = np.array([frame.scale_x, frame.scale_y] * 2, np.float32)
        return np.asarray(boxes[kept] / scale, np.float32), np.asarray(scores[kept], np.float32)

    def _run(self, features: Features) -> tuple[Floats, Floats]:
        """Logits N and distances N x 4 of all positions."""
        logits, distances = self.graph(features, ["logits", "distances"])
        return logits[0], distances[0]
