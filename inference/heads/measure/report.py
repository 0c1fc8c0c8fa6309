"""What a trained head is worth on images that it never saw: figures by category, its worst images, its loss curve."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Image
from inference.heads.data.examples import Example
from inference.heads.head import Head
from inference.heads.measure.metrics import Seen, average_precision, panoptic_quality, picture_quality, seen
from inference.heads.proposals import Proposal
from inference.measure.drawing import LINE, WHITE, save, sheet

WORST, SIDE = 8, 320
COLOURS = ((30, 110, 255), (240, 120, 20), (40, 170, 80), (200, 50, 160), (220, 190, 30), (20, 180, 190))


def write(head: Head, examples: Sequence[Example], out: Path, threshold: float | None = None) -> dict[str, Any]:
    """OUT/report.json and OUT/worst.png; returns the report.

    Instances: COCO AP of all answers. Panoptic: PQ of what the head would suggest. By category: the figure and the
    number of objects.
    """
    answers = [head.answer(e.tokens()) for e in examples]
    truths = [seen(e) for e in examples]
    suggested = [head.propose(a, e.frame, threshold) for a, e in zip(answers, examples, strict=True)]
    if head.kind == "instances":
        everything = [head.propose(a, e.frame, 0.0) for a, e in zip(answers, examples, strict=True)]
        found = average_precision(truths, everything, head.categories)
    else:
        stuff = frozenset(head.manifest["stuff"])
        found = panoptic_quality(truths, suggested, head.categories, stuff)
    objects = Counter(name for t in truths for _, name in t.objects)
    by_category = {n: {"figure": v, "objects": objects[n]} for n, v in found.pop("by_category").items()}
    result = {"images": len(examples), "objects": sum(objects.values())} | found | {"by_category": by_category}
    (out / "report.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    draw_worst(examples, truths, suggested, out / "worst.png")
    return result


def draw_worst(
    examples: Sequence[Example], truths: Sequence[Seen], answers: Sequence[Sequence[Proposal]], out: Path
) -> None:
    """The images with the lowest panoptic quality, of those whose pictures can be read: what was suggested in colours
    with names, the truth outlined in white. Nothing is written where there are none."""
    scores = [picture_quality(t, a) for t, a in zip(truths, answers, strict=True)]
    shown: list[Image] = []
    for k in np.argsort(scores, kind="stable"):
        load = examples[k].picture
        if load is not None and len(shown) < WORST:
            shown.append(drawn(load(), truths[k], answers[k], f"{examples[k].name}: {scores[k]:.2f}"))
    if shown:
        save(out, sheet(shown, 4))


def drawn(picture: Image, truth: Seen, proposals: Sequence[Proposal], words: str) -> Image:
    """One image with what was suggested, (SIDE + 20) x (SIDE + 6) x 3."""
    scale = SIDE / max(truth.height, truth.width)
    size = (max(1, round(truth.width * scale)), max(1, round(truth.height * scale)))
    out: Image = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    for k, proposal in enumerate(proposals):
        inside = _shrunk(proposal.mask(), size) > 0
        colour = COLOURS[k % len(COLOURS)]
        out[inside] = (0.5 * out[inside] + 0.5 * np.array(colour)).astype(np.uint8)
    for coded, _ in truth.objects:
        mask = Proposal(coded, (0, 0, 0, 0), 1.0).mask()
        outline, _ = cv2.findContours(_shrunk(mask, size), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(out, outline, -1, WHITE, 1)
    for proposal in proposals:
        x, y = int(proposal.box[0] * scale) + 2, int(proposal.box[1] * scale) + 10
        text = f"{proposal.category} {proposal.score:.2f}"
        for colour, width in (((0, 0, 0), 2), (WHITE, 1)):
            cv2.putText(out, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.33, colour, width, cv2.LINE_AA)
    framed = np.full((SIDE + LINE, SIDE + 6, 3), 255, np.uint8)
    framed[: size[1], : size[0]] = out
    cv2.putText(framed, words, (2, SIDE + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 1, cv2.LINE_AA)
    return framed


def _shrunk(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.uint8)


def read_curve(log: Path) -> list[dict[str, Any]]:
    """The states of a run by step. A run that was killed may have told some twice: the later one counts."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [by_step for _, by_step in sorted({line["step"]: line for line in lines}.items())]


def draw_curve(log: Path, out: Path) -> bool:
    """The loss against the steps. False without matplotlib (requirements-dev.txt): the data is in the log."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    if not log.exists():
        return False
    lines = read_curve(log)
    figure = Figure(figsize=(5, 3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([line["step"] for line in lines], [line["loss"] for line in lines], color="0.3", linewidth=1)
    axes.set_xlabel("steps")
    axes.set_ylabel("loss")
    axes.grid(alpha=0.3)
    figure.savefig(out, dpi=90)
    return True
