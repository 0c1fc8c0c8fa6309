"""The curves of a training run out of its log: OUT/curves.png.

Needs matplotlib (requirements-dev.txt); without it training goes on and says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LOSS, RATE = "loss", "rate"


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of log.jsonl. A run that was killed may have made some steps twice: the later line counts."""
    lines: dict[tuple[int, bool], dict[str, Any]] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        lines[line["step"], LOSS in line] = line
    return [lines[key] for key in sorted(lines)]


def draw(log: Path, out: Path) -> bool:
    """Loss, IoU after k clicks (on training windows and on validation pictures) and learning rate against the hours.
    False if matplotlib is not there."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    lines = read_log(log)
    trained = [line for line in lines if LOSS in line]
    checked = [line for line in lines if LOSS not in line]
    figure = Figure(figsize=(13, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3)
    _plot(left, trained, LOSS, "loss", color="0.3")
    for k, colour in ((1, "tab:blue"), (3, "tab:orange"), (5, "tab:green")):
        _plot(middle, trained, f"iou{k}", f"training windows, {k}", color=colour, alpha=0.35)
        _plot(middle, checked, f"val_iou{k}", f"validation, {k}", color=colour, marker="o", markersize=3)
    _plot(right, trained, RATE, "learning rate", color="0.3")
    for axes, title in ((left, "loss"), (middle, "mean IoU after so many clicks"), (right, "learning rate")):
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("hours")
        axes.grid(alpha=0.3)
    if middle.lines:
        middle.legend(fontsize=7)
    figure.savefig(out, dpi=90)
    return True


def _plot(axes: Any, lines: list[dict[str, Any]], key: str, label: str, **style: Any) -> None:
    points = [(line["seconds"] / 3600, line[key]) for line in lines if key in line]
    if points:
        axes.plot(*zip(*points, strict=True), label=label, linewidth=1, **style)
