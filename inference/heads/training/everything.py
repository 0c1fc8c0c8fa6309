"""`python -m inference.train everything`: the discoverer learns from boxes of every data set, classes ignored.

A batch is some windows of cached tokens at random scales, with the boxes of all objects that are in them.
"""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from inference.core.arrays import Floats, Half
from inference.core.geometry import LONG_SIDE, TOKEN, Frame
from inference.data.coco import set_name
from inference.data.crops import Region, cut_tokens
from inference.data.device import Compute
from inference.heads.data.coco_examples import read_examples
from inference.heads.data.examples import Example, hold_out
from inference.heads.data.variants import with_mirrored
from inference.heads.everything import anchors, as_tuples, choose, decode_boxes, inside
from inference.heads.networks.discoverer import Discovery, DiscoveryConfig, WidenedDiscovery, discovery_loss
from inference.heads.proposals import box_iou
from inference.heads.training.head_files import draw_tokens
from inference.heads.training.heads import HEAD
from inference.heads.training.options import add_options
from inference.heads.training.publish import publish
from inference.heads.training.simple import learn, make_loop
from inference.training.loop import Losses
from inference.training.optim import OptimConfig
from inference.training.options import named_weights

WINDOWS = ((28, 6, 0.5), (40, 3, 0.5))  # tokens a side, windows a batch, chance
SCALES = (0.65, 1.35)  # of the scale that a picture has when it is encoded for a user
UNSCALED_SHARE = 0.4  # share of the windows that are not resampled
MIN_VISIBLE_SHARE = 0.35  # an object with less of its box in a window is not in it
MIN_SIDE = 8.0  # model pixels; smaller boxes are not learned


@dataclass(frozen=True)
class Share:
    """How a set enters the mix. weight: share of the windows. negatives: how much background counts; little where most
    objects have no label. union: is the whole of a picture's regions an object, too?"""

    weight: float = 0.1
    negatives: float = 0.5
    union: bool = False


SHARES = {
    "coco": Share(0.32, 1.0),
    "coco128": Share(0.16, 0.7),
    "voc": Share(0.28, 0.25),
    "davis": Share(0.08, 0.1),
    "ccp": Share(0.06, 0.5, union=True),
    "bsds": Share(0.06, 1.0),
    "food": Share(0.04, 1.0),
}


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture to learn from: its boxes in model pixels, M x 4."""

    example: Example
    boxes: Floats
    share: Share


def boxes_of(example: Example) -> Floats:
    """The tight boxes of an example's objects, M x 4 model pixels."""
    frame = example.frame
    found = [example.box(thing.segmentation) for thing in example.objects]
    scale = np.array([frame.scale_x, frame.scale_y] * 2, np.float32)
    return np.asarray(found, np.float32).reshape(-1, 4) * scale


def scene(example: Example, share: Share) -> Scene:
    """With the box around all of its objects where the set's rule says so."""
    boxes = boxes_of(example)
    if share.union and len(boxes):
        whole = np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)])
        boxes = np.concatenate([boxes, whole[None]])
    return Scene(example, boxes, share)


@dataclass(frozen=True, eq=False)
class Windows:
    """A batch: tokens B x C x T x T fp16, boxes of each window (M x 4 model pixels), how much its background counts."""

    tokens: Half
    boxes: list[Floats]
    negatives: list[float]


class WindowsOfScenes:
    """Draws batches. A picture's chance is its set's share, spread evenly over the set."""

    def __init__(self, scenes: Sequence[Scene], windows: Sequence[tuple[int, int, float]] = WINDOWS) -> None:
        self.scenes, self.windows = [s for s in scenes if len(s.boxes)], windows
        weights = np.array([s.example.weight for s in self.scenes], np.float64)
        self.chances = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> Windows:
        """One batch."""
        side, count, _ = self.windows[int(rng.choice(len(self.windows), p=[w[2] for w in self.windows]))]
        chosen = [self.scenes[int(k)] for k in rng.choice(len(self.scenes), count, p=self.chances)]
        cuts = [cut(rng, one, side) for one in chosen]
        tokens = np.ascontiguousarray(np.stack([c[0] for c in cuts]).transpose(0, 3, 1, 2))
        return Windows(tokens, [c[1] for c in cuts], [one.share.negatives for one in chosen])


def cut(rng: np.random.Generator, one: Scene, side: int) -> tuple[Half, Floats]:
    """A window of side x side tokens (T x T x C) around one of the objects, and the boxes in it."""
    frame = one.example.frame
    region = choose_window(rng, frame, one.boxes[int(rng.integers(len(one.boxes)))], side)
    tokens = np.asarray(one.example.tokens()).transpose(1, 2, 0)
    return cut_tokens(tokens, region), boxes_in(one.boxes, region)


def choose_window(rng: np.random.Generator, frame: Frame, box: Floats, side: int) -> Region:
    """Scale and place of a window that has as much of a box as fits."""
    scale = 1.0
    if rng.random() >= UNSCALED_SHARE:
        usual = LONG_SIDE / max(frame.inner_height, frame.inner_width)
        scale = usual * float(np.exp(rng.uniform(*np.log(SCALES))))
    reach, place = side * TOKEN / scale, []
    for low, high, size in ((box[0], box[2], frame.inner_width), (box[1], box[3], frame.inner_height)):
        a, b = sorted((float(high) - reach, float(low)))
        at = min(max(rng.uniform(a, b), 0.0), max(0.0, size - reach))
        place.append(float(round(at / TOKEN) * TOKEN) if scale == 1.0 else at)
    return Region(place[0], place[1], scale, side)


def boxes_in(boxes: Floats, region: Region) -> Floats:
    """The boxes that are enough in a window, cut at its border, in its pixels."""
    corner = np.array([region.x, region.y] * 2, np.float32)
    moved = (boxes - corner) * np.float32(region.scale)
    seen = np.clip(moved, 0, region.tokens * TOKEN)
    areas = [np.maximum(b[:, 2:] - b[:, :2], 0) for b in (moved, seen)]
    kept = (areas[1].prod(1) >= MIN_VISIBLE_SHARE * areas[0].prod(1)) & (areas[1].min(1) >= MIN_SIDE)
    return np.asarray(seen[kept], np.float32)


def loss(model: nn.Module, batch: Windows, compute: Compute) -> Losses:
    """Of a batch; see `discovery_loss`."""
    tokens = compute.put(batch.tokens).float()
    with compute.autocast():
        logits, distances = model(tokens)
    truths = [compute.put(b) for b in batch.boxes]
    shape = (tokens.shape[2], tokens.shape[3])
    return discovery_loss(logits, distances, truths, batch.negatives, shape)


def read_scenes(files: Sequence[Path], cache: Path, encoder: Path | None, weights: dict[str, float]) -> list[Scene]:
    """The pictures of data files, through the token cache."""
    scenes = []
    for file in files:
        share = SHARES.get(set_name(file), Share())
        examples = read_examples(file, cache, encoder, weights.get(set_name(file), share.weight))
        scenes += [scene(example, share) for example in examples]
    return scenes


def box_recall(model: nn.Module, scenes: Sequence[Scene], limit: int = 100) -> dict[str, float]:
    """Share of the boxes that the best `limit` discovered ones find, at IoU .5 and .75; no click model is asked."""
    found: list[float] = []
    for one in scenes:
        frame = one.example.frame
        with torch.inference_mode():
            logits, distances = model(torch.from_numpy(np.asarray(one.example.tokens(), np.float32)[None]))
        boxes = inside(decode_boxes(distances[0].numpy(), anchors(*frame.tokens)), frame)
        chosen = boxes[choose(logits[0].sigmoid().numpy(), boxes, frame, limit, 0.0)]
        overlap = box_iou(as_tuples(one.boxes), as_tuples(chosen))
        found += overlap.max(1, initial=0.0).tolist()
    return {f"box_recall_{q}": round(float(np.mean(np.array(found) >= q / 100)), 4) for q in (50, 75)}


def write(state: dict[str, torch.Tensor], cfg: DiscoveryConfig, folder: Path, about: dict[str, Any]) -> float:
    """The folder that `Everything` reads."""
    module = WidenedDiscovery(Discovery(cfg))
    module.head.load_state_dict({k: v.cpu() for k, v in state.items()})
    outputs: dict[str, tuple[int, ...]] = {"logits": (1,), "distances": (1,)}
    facts = {"kind": "everything"} | asdict(cfg) | about
    return publish(module, folder, draw_tokens(cfg.dim), outputs, {"tokens": (2, 3)}, facts)


def add_command(commands: Any) -> None:
    """The sub-command of `inference.train`."""
    sub = commands.add_parser("everything", help="the discoverer of segment everything, on cached tokens")
    add_options(sub, 1200)
    sub.add_argument("--mirrored", action="store_true", help="learn from mirrored pictures, too; each is encoded once")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace, stop: threading.Event) -> None:
    """`python -m inference.train everything`."""
    files, weights = named_weights(args.sets)
    compute = Compute.choose(not args.fp32, args.device)
    scenes = read_scenes(files, args.cache, None if args.no_fill else args.encoder, weights)
    kept, held = hold_out([s.example for s in scenes], args.hold_out)
    names = {e.name for e in kept}
    seen = [s for s in scenes if s.example.name in names]
    if args.mirrored:
        both = with_mirrored([s.example for s in seen], args.cache, args.encoder, compute)
        seen = [scene(e, s.share) for e, s in zip(both, [*seen, *seen], strict=True)]
    torch.manual_seed(args.seed)
    cfg = DiscoveryConfig()
    sampler = WindowsOfScenes(seen)
    loop = make_loop(Discovery(cfg), sampler.draw, loss, OptimConfig(rate=args.rate), args.seed, compute)
    print(f"{len(kept)} pictures to learn from, {len(held)} held out", flush=True)
    done = learn(loop, args, stop)
    model = Discovery(cfg).eval()
    model.load_state_dict({k: v.cpu() for k, v in loop.average.items()})
    found = box_recall(model, [s for s in scenes if s.example.name not in names])
    sets = sorted(f"{file.parent.name}/{file.stem}" for file in files)
    about = {"sets": sets, "images": len(kept), "steps": loop.step, "held_out": found, "finished": done}
    write(loop.average, cfg, args.out / HEAD, about)
    print(json.dumps({"head": str(args.out / HEAD)} | about))
