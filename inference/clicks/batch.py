"""Decoding for many objects of one image at once, for whoever does not wait for a single answer.

The objects go step by step together. Those whose regions have the same shape share a run of ONNX Runtime, which gives
each the same bits as a run of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.clicks.session import Decode, Inputs, Steps
from inference.core.arrays import Box, Mask
from inference.core.masks import Click, MaskPatch

RUN_PIXELS = 1 << 18  # model pixels in one run: four small regions. More leave the processor's cache and take longer
MAX_SESSIONS = 32  # sessions at once; each keeps half a megabyte


@dataclass(frozen=True)
class ObjectPrompt:
    """What is asked about one object, as for `ClickPredictor.predict`: clicks, a box, a mask to refine.

    at_once: the first click comes with the box, not after its answer. Worse than the box alone where the box is right,
    better where it is a guess (docs/internals/heads.md).
    """

    clicks: Sequence[Click | tuple[float, float, bool]] = ()
    box: Box | None = None
    previous: Mask | MaskPatch | None = None
    at_once: bool = False


def drive_together(jobs: Sequence[Steps], decode: Decode, run_pixels: int = RUN_PIXELS) -> None:
    """Do the work of many sessions, decoding for several at a time: at most `run_pixels` a run, but one object."""
    waiting: dict[int, Inputs] = {}

    def go_on(job: int, logits: NDArray[np.float32] | None) -> None:
        try:
            waiting[job] = next(jobs[job]) if logits is None else jobs[job].send(logits)
        except StopIteration:
            waiting.pop(job, None)

    for job in range(len(jobs)):
        go_on(job, None)
    while waiting:
        alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for job, inputs in waiting.items():
            alike[inputs["label"].shape].append(job)
        for shape, group in alike.items():
            count = max(1, run_pixels // (4 * shape[2] * shape[3]))
            for first in range(0, len(group), count):
                some = group[first : first + count]
                parts = [waiting[job] for job in some]
                stacked = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
                logits = decode(stacked)
                for k, job in enumerate(some):
                    go_on(job, logits[k : k + 1])
