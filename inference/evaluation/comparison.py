"""Two models on the same objects, and tables of figures for the model card."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

from inference.data.simulated_user import SimulatedClick
from inference.measure.noc import AFTER, SIZES, TARGETS, Trial, figures

Key = tuple[str, int, int]  # name of the set, image id, annotation id


@dataclass(frozen=True)
class Published:
    """A model's figures as its authors, or others who ran it, published them: NoC@90 on data that is not ours."""

    model: str
    source: str
    noc90: tuple[float | None, float | None, float | None, float | None]  # GrabCut, Berkeley, SBD, DAVIS
    seconds: float | None  # CPU seconds a click, the encoder's time shared out


PUBLISHED = (
    Published("InterFormer-Light, ViT-B", "FocSAM's re-run (arXiv 2405.18706)", (1.50, 3.14, 6.34, 6.19), 0.13),
    Published("InterFormer-Tiny, ViT-L", "FocSAM's re-run (arXiv 2405.18706)", (1.36, 2.53, 5.51, 5.21), 0.23),
    Published("SimpleClick, ViT-B", "FocSAM's re-run (arXiv 2405.18706)", (None, None, None, None), 1.26),
    Published("SimpleClick, ViT-H, trained on SBD", "its abstract (arXiv 2210.11006)", (None, None, 4.15, None), None),
)


def write_record(path: Path, trials: Mapping[Key, Trial]) -> None:
    """One JSON line an object, for later comparisons: who it was, its pixels, the clicks and the IoU after each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for (name, image, annotation), t in trials.items():
            line = {"set": name, "image": image, "annotation": annotation, "area": t.area}
            line |= {"ious": [round(v, 5) for v in t.ious], "clicks": [list(c) for c in t.clicks]}
            line |= {} if t.box is None else {"box": round(t.box, 5)}
            file.write(json.dumps(line) + "\n")


def read_record(path: Path) -> dict[Key, Trial]:
    """What `write_record` wrote."""
    trials = {}
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = json.loads(text)
            clicks = tuple(SimulatedClick(*c) for c in line["clicks"])
            found = Trial(tuple(line["ious"]), (), line["area"], clicks, box=line.get("box"))
            trials[line["set"], line["image"], line["annotation"]] = found
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}, line {number}, is no line of an evaluation's record: {error!r}") from None
    return trials


def paired(ours: Mapping[Key, Trial], theirs: Mapping[Key, Trial], limit: int) -> dict[str, Any]:
    """Object by object, on the objects that both have: mean difference (ours - theirs), half the width of its 95 %
    confidence interval, and the shares of objects where ours is better or worse. Fewer clicks, or a larger IoU, are
    better; IoUs that differ by less than 0.005 are equal. `iou_box` is over those that both answered to a box."""
    both = [key for key in ours if key in theirs]
    if not both:
        raise ValueError("the two evaluations have no object in common: give the same files, limit and seed")
    out: dict[str, Any] = {"objects": len(both)}
    for name, value, sign, step in measures(limit):
        pairs = [(value(ours[key]), value(theirs[key])) for key in both]
        differences = [a - b for a, b in pairs if a is not None and b is not None]
        if not differences:
            continue
        spread = statistics.stdev(differences) if len(differences) > 1 else 0.0
        out[name] = {
            "difference": round(statistics.fmean(differences), 4),
            "ci95": round(1.96 * spread / len(differences) ** 0.5, 4),
            "better": round(sum(sign * d >= step for d in differences) / len(differences), 4),
            "worse": round(sum(sign * d <= -step for d in differences) / len(differences), 4),
        }
    return out


def measures(limit: int) -> Iterator[tuple[str, Callable[[Trial], float | None], int, float]]:
    """Name, value of a trial (None: not measured), sign of what is better, and the smallest difference that counts."""
    for target in TARGETS:
        yield f"noc{round(100 * target)}", partial(Trial.clicks_to, target=target, limit=limit), -1, 0.5
    for clicks in AFTER:
        yield f"iou_at_{clicks}", partial(Trial.iou_at, clicks=clicks), 1, 0.005
    yield "iou_box", attrgetter("box"), 1, 0.005


def _cell(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _row(name: str, model: str, f: dict[str, Any]) -> str:
    nocs = " / ".join(_cell(f[f"noc{round(100 * t)}"]) for t in TARGETS)
    ious = " / ".join(_cell(f[f"iou_at_{k}"], 3) for k in AFTER)
    worse = "–" if f["worse_share"] is None else f"{100 * f['worse_share']:.1f} %"
    return f"| {name} | {model} | {f['objects']} | {nocs} | {f['failures90']} | {ious} | {worse} |"


def table(models: Mapping[str, Mapping[Key, Trial]], limit: int) -> str:
    """Markdown for the model card: every model on every set, the first model by object size, published figures.
    `models`: trials by name, the model of this run first."""
    first = next(iter(models.values()))
    names = list(dict.fromkeys(key[0] for key in first))
    head = (
        "| data | model | objects | clicks to IoU .80 / .85 / .90 | never .90 | mean IoU after 1 / 3 / 5 / 10 clicks "
    )
    lines = [head + "| clicks that lower IoU by > .02 |", "| --- " * 7 + "|"]
    for name in names:
        for model, trials in models.items():
            some = [t for key, t in trials.items() if key[0] == name and key in first]
            if some:
                lines.append(_row(name, model, figures(some, limit)))
    lines += ["", head.replace("data", "object, pixels", 1) + "| clicks that lower IoU by > .02 |", "| --- " * 7 + "|"]
    for size, (low, high) in SIZES.items():
        for model, trials in models.items():
            some = [t for key, t in trials.items() if low <= t.area < high and key in first]
            if some:
                lines.append(_row(size, model, figures(some, limit)))
    lines += ["", *published()]
    return "\n".join(lines) + "\n"


def published() -> list[str]:
    """The lines of a table of other models' figures."""
    head = "| published, on other data | GrabCut | Berkeley | SBD | DAVIS | s a click, CPU | source |"
    lines = ["Clicks to IoU .90, **published, on other data**: not to be compared number by number.", "", head]
    lines.append("| --- " * 7 + "|")
    for one in PUBLISHED:
        cells = " | ".join([*(_cell(v) for v in one.noc90), _cell(one.seconds)])
        lines.append(f"| {one.model} | {cells} | {one.source} |")
    return lines


def trials_of(trials: Mapping[Key, Trial], name: str) -> Sequence[Trial]:
    """Those of one set."""
    return [t for key, t in trials.items() if key[0] == name]
