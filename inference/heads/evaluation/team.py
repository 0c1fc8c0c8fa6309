"""`python -m inference.evaluate learning DATA.json`: does a project's own head save its team clicks?

A simulated team labels the first k pictures by clicks (each object until its IoU is .9, at most 20 clicks), a head
learns from the masks that the team made, and suggests objects on the last half of the pictures. There the team accepts
what is good, corrects by clicks what is not, and clicks what is missing. Counted are the clicks still needed, against
those without suggestions; and all actions: a click, an acceptance, a refusal and a change of class are one each.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from inference.clicks.session import ClickSession
from inference.core.arrays import Half, Image, Mask
from inference.core.features import Features
from inference.core.geometry import Frame
from inference.data.device import Compute
from inference.data.simulated_user import next_click
from inference.heads.data.examples import Example, Labelled, Vocabulary
from inference.heads.data.rotated_labels import has_rotated_labels
from inference.heads.data.variants import ALL, MIRRORED, with_variants
from inference.heads.evaluation.heads import Encoded, pictures
from inference.heads.head import Head
from inference.heads.measure.metrics import average_precision, seen
from inference.heads.proposals import DUPLICATE, Proposal, Rle, decode, encode, mask_iou, suppress
from inference.heads.refine import refine
from inference.heads.training.heads import HEAD, HeadOptim, train_head
from inference.measure.noc import iou
from inference.predictor import ClickPredictor

TARGET_IOU, MAX_CLICKS = 0.9, 20  # an object is finished at this IoU, or given up after so many clicks
TURNS = {"none": (), "mirrored": MIRRORED, "all": ALL}
SAME_OBJECT = 0.5  # IoU at which a person takes a suggestion for this object


def add_command(commands: Any) -> None:
    """The sub-command of `inference.evaluate`."""
    sub = commands.add_parser("learning", help="clicks saved by a head that learns from a simulated team's labels")
    add = sub.add_argument
    add("data", type=Path, help="COCO-format file of one domain")
    add("--out", type=Path, required=True, help="folder for labels, heads and results; what is there is not made again")
    add("--after", type=int, nargs="+", default=[10, 20, 40, 80], metavar="K", help="labelled pictures to learn from")
    add("--steps", type=int, default=600, help="of each training")
    add("--start", type=Path, help="folder of a head to begin with (default: a random one)")
    add("--threshold", type=float, default=0.4, help="least score of a suggestion that people see")
    add("--refine", action="store_true", help="let the click model draw the suggestions again")
    add("--variants", choices=TURNS, default="all", help="turned and mirrored pictures to learn from, too")
    add("--keep-rotated", action="store_true", help="don't leave out pictures whose labels are those of a turned one")
    add("--limit", type=int, help="only the first pictures of the file")
    add("--seed", type=int, default=0, help="of the order of the pictures and of the trainings")
    add("--weights", type=Path, help="folder of exported weights (default: the shipped ones)")
    add("--threads", type=int, default=1, help="CPU threads")
    sub.set_defaults(run=run)


@dataclass(frozen=True, eq=False)
class Finished:
    """An object that somebody worked on: the mask in the end, and the clicks it took."""

    mask: Mask
    clicks: int


def finish(session: ClickSession, truth: Mask, void: Mask) -> Finished:
    """Click as the NoC protocol does until the mask is good or the limit is reached, from what the session shows."""
    mask, clicks = session.mask(), 0
    while clicks < MAX_CLICKS and iou(mask, truth, void) < TARGET_IOU:
        click = next_click(mask, truth, void)
        if click is None:
            break
        mask, clicks = session.click(click.x + 0.5, click.y + 0.5, click.positive), clicks + 1
    return Finished(mask, clicks if iou(mask, truth, void) >= TARGET_IOU else MAX_CLICKS)


class Team:
    """Labels pictures by clicks and keeps the labels in a file, so that it never labels one twice."""

    def __init__(self, predictor: ClickPredictor, encoded: Encoded, file: Path) -> None:
        self.predictor, self.encoded, self.file = predictor, encoded, file
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        self.known: dict[str, list[dict[str, Any]]] = {k: v for line in lines for k, v in json.loads(line).items()}

    def alone(self, example: Example) -> list[dict[str, Any]]:
        """The picture's objects by clicks alone: `rle` and `clicks` of each, in the picture's order."""
        if example.name not in self.known:
            features, void = self.encoded.of(example), seen(example).void
            made = []
            for thing in example.objects:
                done = finish(self.predictor.session(features), example.mask(thing.segmentation), void)
                made.append({"rle": encode(done.mask), "clicks": done.clicks})
            self.known[example.name] = made
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({example.name: made}) + "\n")
        return self.known[example.name]

    def tokens(self, picture: Image, frame: Frame) -> Half:
        """Of a picture that is no image of the file."""
        return self.predictor.encode_batch([picture], [(frame.height, frame.width)])[0].tokens

    def labelled(self, example: Example) -> Example:
        """The picture with the team's masks instead of the true ones; its tokens are the features'."""
        made = self.alone(example)
        objects = [Labelled(m["rle"], t.category) for m, t in zip(made, example.objects, strict=True)]
        return dataclasses.replace(
            example, objects=tuple(objects), tokens=lambda: self.encoded.of(example).tokens, weight=1.0
        )


@dataclass
class Count:
    """What finishing some pictures took."""

    objects: int = 0
    clicks: int = 0
    accepted: int = 0  # suggestions that were taken, with or without corrections
    untouched: int = 0  # of these: without a click
    renamed: int = 0  # of these: with another class
    refused: int = 0

    @property
    def actions(self) -> int:
        return self.clicks + self.accepted + self.renamed + self.refused


def partners(truths: Sequence[Rle], proposals: Sequence[Proposal]) -> dict[int, int]:
    """For each object the suggestion that a person takes for it: the largest overlaps first, each once."""
    overlap = mask_iou(truths, [p.rle for p in proposals])
    found: dict[int, int] = {}
    while overlap.size and overlap.max() >= SAME_OBJECT:
        thing, which = (int(v) for v in np.unravel_index(overlap.argmax(), overlap.shape))
        found[thing] = which
        overlap[thing], overlap[:, which] = 0, 0
    return found


def opened(proposal: Proposal, features: Features, predictor: ClickPredictor) -> ClickSession:
    """A suggestion that a person corrects: its own clicks, if it has any, are the first."""
    if not proposal.clicks:
        return predictor.session(features, proposal.mask())
    session = predictor.session(features, None if proposal.basis is None else decode(proposal.basis))
    for click in proposal.clicks:
        session.add(click)
    return session


def finish_picture(
    count: Count, example: Example, features: Features, proposals: Sequence[Proposal], team: Team
) -> None:
    """Add what one picture takes with suggestions: corrections of those that fit an object, clicks for the others."""
    alone, void = team.alone(example), seen(example).void
    masks = [example.mask(o.segmentation) for o in example.objects]
    taken = partners([encode(m) for m in masks], proposals)
    for k, (truth, thing) in enumerate(zip(masks, example.objects, strict=True)):
        count.objects += 1
        if k not in taken:
            count.clicks += alone[k]["clicks"]
            continue
        proposal = proposals[taken[k]]
        clicks = finish(opened(proposal, features, team.predictor), truth, void).clicks
        count.clicks += clicks
        count.accepted += 1
        count.untouched += clicks == 0
        count.renamed += proposal.category != thing.category
    count.refused += len(proposals) - len(taken)


def learn(labelled: Sequence[Example], words: Vocabulary, folder: Path, team: Team, args: argparse.Namespace) -> Head:
    """The head that the team's labels give."""
    if not (folder / HEAD / "manifest.json").exists():
        train_head(
            "instances",
            with_variants(labelled, TURNS[args.variants], team.tokens, args.out / "variants"),
            folder,
            vocabulary=words,
            steps=args.steps,
            start=args.start,
            resume=True,
            seed=args.seed,
            optim=HeadOptim(),
            compute=Compute.choose(),
        )
    return Head.load(folder / HEAD, args.threads)


def suggestions(head: Head, features: Features, predictor: ClickPredictor, args: argparse.Namespace) -> list[Proposal]:
    proposals = head.suggest(features, args.threshold)
    return suppress(refine(proposals, features, predictor) if args.refine else proposals, DUPLICATE)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """`python -m inference.evaluate learning`."""
    args.out.mkdir(parents=True, exist_ok=True)
    predictor = ClickPredictor(args.weights, threads=args.threads)
    team = Team(predictor, Encoded(predictor, args.out / "features"), args.out / "labels.jsonl")
    examples = pictures(args.data, args.limit)
    rotated = [] if args.keep_rotated else [e.name for e in examples if has_rotated_labels(e)]
    examples = [e for e in examples if e.name not in rotated]
    order = np.random.default_rng(args.seed).permutation(len(examples))
    shuffled = [examples[int(k)] for k in order]
    pool, last = shuffled[: len(shuffled) // 2], shuffled[len(shuffled) // 2 :]
    words = Vocabulary(tuple(sorted({o.category for e in examples for o in e.objects})))
    alone = sum(m["clicks"] for e in tqdm(last, "by clicks", file=sys.stderr) for m in team.alone(e))
    results = []
    for k in sorted(k for k in args.after if k <= len(pool)):
        labelled = [team.labelled(e) for e in tqdm(pool[:k], f"label {k}", file=sys.stderr)]
        head = learn(labelled, words, args.out / f"after-{k}", team, args)
        results.append({"after": k} | with_head(head, last, team, alone, args))
        print(json.dumps(results[-1]), flush=True)
    draw(results, alone, args.out / "learning.png")
    return {
        "command": "learning",
        "images": len(last),
        "rotated": rotated,
        "objects": sum(len(e.objects) for e in last),
        "clicks_alone": alone,
        "learning": results,
    }


def with_head(head: Head, last: Sequence[Example], team: Team, alone: int, args: argparse.Namespace) -> dict[str, Any]:
    """Finish the last pictures with a head's suggestions."""
    count, answers = Count(), []
    for example in tqdm(last, "suggest", file=sys.stderr):
        features = team.encoded.of(example)
        answers.append(head.suggest(features, 0.0))
        finish_picture(count, example, features, suggestions(head, features, team.predictor, args), team)
    figures = average_precision([seen(e) for e in last], answers, head.categories)
    return {
        "clicks": count.clicks,
        "saved": round(1 - count.clicks / max(alone, 1), 4),
        "actions": count.actions,
        "actions_saved": round(1 - count.actions / max(alone, 1), 4),
        "accepted": count.accepted,
        "untouched": count.untouched,
        "renamed": count.renamed,
        "refused": count.refused,
        "ap": figures["ap"],
        "ap50": figures["ap50"],
    }


def draw(results: Sequence[dict[str, Any]], alone: int, out: Path) -> bool:
    """Clicks and actions against labelled pictures. False without matplotlib (requirements-dev.txt)."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    after = [0, *(r["after"] for r in results)]
    for key, label, colour in (("clicks", "clicks", "tab:blue"), ("actions", "all actions", "tab:orange")):
        axes.plot(after, [alone, *(r[key] for r in results)], label=label, color=colour, marker="o", markersize=4)
    axes.axhline(alone / 2, color="0.6", linewidth=1, linestyle="--", label="half")
    axes.set_ylim(0)
    axes.set_xlabel("pictures labelled before")
    axes.set_ylabel("to finish the last half")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(out, dpi=90)
    return True
