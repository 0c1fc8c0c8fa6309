"""Options that several trainings share."""

from __future__ import annotations

from pathlib import Path

from inference.data.coco import set_name


def named_weights(texts: list[str]) -> tuple[list[Path], dict[str, float]]:
    """FILE or FILE=WEIGHT, each: the files, and the weights by set."""
    files, weights = [], {}
    for text in texts:
        name, _, weight = text.rpartition("=")
        try:
            value = float(weight) if name else None
        except ValueError:  # an = in the path
            value = None
        files.append(Path(text if value is None else name))
        if value is not None:
            weights[set_name(files[-1])] = value
    return files, weights
