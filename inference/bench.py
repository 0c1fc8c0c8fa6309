"""How long encoding and clicking take here, beside the paper's decoder in the same run.

    python -m inference.bench [--size 640x448] [--threads 1,2] [--rounds 15] [--quick]

For each number of threads: encoding by every runtime, the first click on an object, later clicks (with regions of
interest and without), boxes one by one and together, and InterFormer-Light's decoder in eager PyTorch
(`inference.evaluation.interformer`).
What is compared takes turns, so that other work on the machine slows all of it alike. Figures are medians in
milliseconds, by the wall clock and in processor time (what would be left on an idle machine, for one thread); ratios
are how many times the reference takes ours. Progress goes to stderr; a table, then one JSON object on the last line.

The picture is drawn: objects of several sizes on noise, clicked on by the simulated user of the evaluation.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch

from inference.clicks.batch import ObjectPrompt
from inference.clicks.encoder_runtime import Encoder, OnnxEncoder, TorchEncoder
from inference.core.arrays import Box, Image, Mask
from inference.core.features import FEATURES_VERSION, WEIGHTS, Features
from inference.core.geometry import Frame, stem_input, vit_input
from inference.data.simulated_user import next_click
from inference.evaluation.interformer import ReferenceDecoder, make_pyramid
from inference.predictor import ClickPredictor

SIZE = (640, 448)
OBJECTS = (0.15, 0.25, 0.4, 0.6)  # heights of the drawn objects, of the picture's
CLICKS = 5  # on an object, the first included
BATCH = 16


@dataclass(frozen=True, eq=False)
class SizedFeatures(Features):
    """Features of a model image that is as large as the picture, instead of `geometry.LONG_SIDE`."""

    @property
    def frame(self) -> Frame:
        return Frame.of(self.height, self.width, max(self.height, self.width))


class Stopwatch:
    """Milliseconds by name: by the wall clock, and processor time of the whole process."""

    def __init__(self) -> None:
        self.wall: dict[str, list[float]] = defaultdict(list)
        self.processor: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def time(self, name: str, parts: int = 1) -> Iterator[None]:
        """Time what is inside, which did the work of so many `parts`."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.processor[name].append((time.process_time() - processor) * 1e3 / parts)
        self.wall[name].append((time.perf_counter() - wall) * 1e3 / parts)

    def medians(self) -> dict[str, dict[str, float]]:
        return {
            name: {
                "wall_ms": round(statistics.median(self.wall[name]), 2),
                "processor_ms": round(statistics.median(self.processor[name]), 2),
            }
            for name in self.wall
        }


def scene(width: int, height: int, share: float, seed: int) -> tuple[Image, Mask]:
    """Noise with an ellipse of a share of the picture's height, and the ellipse's mask."""
    rng = np.random.default_rng(seed)
    image = rng.integers(40, 110, (height, width, 3), dtype=np.uint8)
    mask = np.zeros((height, width), np.uint8)
    centre = (int(width * rng.uniform(0.35, 0.65)), int(height * rng.uniform(0.35, 0.65)))
    axes = (round(share * height * 0.6), round(share * height * 0.5))
    cv2.ellipse(mask, centre, axes, 20, 0, 360, 1, -1)
    image[mask > 0] //= 2
    image[mask > 0] += np.array([110, 60, 20], np.uint8)
    return image, mask > 0


def encode(encoder: Encoder, image: Image) -> SizedFeatures:
    """What `ClickPredictor.encode` does, at the picture's own size."""
    height, width = image.shape[:2]
    resized = Frame.of(height, width, max(height, width)).resize(image)
    maps = encoder(vit_input(resized)[None], stem_input(resized)[None])[0]
    return SizedFeatures(FEATURES_VERSION, height, width, maps)


def boxes(width: int, height: int) -> list[Box]:
    """Boxes of many sizes, as something that looks for objects would find."""
    rng = np.random.default_rng(0)
    found: list[Box] = []
    for _ in range(BATCH):
        w, h = rng.uniform(0.08, 0.35, 2) * (width, height)
        x, y = rng.uniform(0, 1, 2) * (width - w, height - h)
        found.append((float(x), float(y), float(x + w), float(y + h)))
    return found


class Bench:
    """All that is timed with one number of threads."""

    def __init__(self, width: int, height: int, threads: int) -> None:
        torch.set_num_threads(threads)
        self.width, self.height, self.threads = width, height, threads
        self.watch = Stopwatch()
        self.zoomed = ClickPredictor(threads=threads)
        self.whole = ClickPredictor(threads=threads, zoom=False)
        self.encoders: dict[str, Encoder] = {
            "encode, ONNX Runtime fp32": OnnxEncoder(WEIGHTS, threads),
            "encode, PyTorch fp32": TorchEncoder(WEIGHTS, threads, "cpu", half=False),
            "encode, PyTorch bf16": TorchEncoder(WEIGHTS, threads, "cpu"),
        }
        torch.manual_seed(0)
        self.reference = ReferenceDecoder().eval()
        self.pyramid = make_pyramid(height, width)
        self.label = torch.randint(0, 5, (1, height, width))
        self.scenes = [scene(width, height, share, seed) for seed, share in enumerate(OBJECTS)]
        first = self.encoders["encode, ONNX Runtime fp32"]
        self.features = [encode(first, image) for image, _ in self.scenes]

    def run(self, rounds: int, encodings: int) -> None:
        """So many rounds of everything after one that is not counted, encodings only in the first few."""
        for turn in range(-1, rounds):
            if turn == 0:
                self.watch = Stopwatch()
            words = f"\r{self.threads} thread(s), round {turn + 1} of {rounds}"
            print(words, end="", file=sys.stderr, flush=True)
            self.step_reference()
            self.clicks(turn % len(OBJECTS), self.zoomed, "first click", "later click")
            self.step_reference()
            self.clicks(turn % len(OBJECTS), self.whole, "first click, whole map", "later click, whole map")
            self.boxes(self.features[turn % len(OBJECTS)])
            if turn < encodings:
                for name, encoder in self.encoders.items():
                    with self.watch.time(name):
                        encode(encoder, self.scenes[0][0])
        print(file=sys.stderr)

    def step_reference(self) -> None:
        with self.watch.time("reference"), torch.inference_mode():
            self.reference(self.pyramid, self.label)

    def clicks(self, which: int, predictor: ClickPredictor, first: str, later: str) -> None:
        """A simulated user on one object."""
        truth = self.scenes[which][1]
        mask = np.zeros_like(truth)
        session = None
        for count in range(CLICKS):
            click = next_click(mask, truth)
            if click is None:
                break
            with self.watch.time(later if count else first):
                session = session or predictor.session(self.features[which])
                mask = session.click(click.x + 0.5, click.y + 0.5, click.positive)

    def boxes(self, features: Features) -> None:
        some = boxes(self.width, self.height)
        with self.watch.time("box, one by one", len(some)):
            for box in some:
                self.zoomed.predict_batch(features, [ObjectPrompt(box=box)])
        with self.watch.time(f"box, {BATCH} together", len(some)):
            self.zoomed.predict_batch(features, [ObjectPrompt(box=box) for box in some])


def ratios(medians: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """How many times the reference takes each of ours. Encodings have nothing to be compared with."""
    reference = medians["reference"]
    return {
        name: {clock: round(reference[clock] / ours[clock], 2) for clock in ours}
        for name, ours in medians.items()
        if name != "reference" and not name.startswith("encode")
    }


def bench(size: tuple[int, int], threads: Sequence[int], rounds: int, encodings: int) -> dict[str, Any]:
    """Everything, as the JSON object."""
    width, height = size
    result: dict[str, Any] = {"size": f"{width}x{height}", "rounds": rounds, "threads": {}}
    for count in threads:
        before = torch.get_num_threads()
        try:
            run = Bench(width, height, count)
            run.run(rounds, encodings)
        finally:
            torch.set_num_threads(before)
        medians = run.watch.medians()
        result["threads"][str(count)] = {"medians": medians, "reference_to_ours": ratios(medians)}
        result["features_mib"] = round(run.features[0].nbytes / 2**20, 2)
    result["load"] = [round(v, 1) for v in os.getloadavg()]
    result["processors"] = os.cpu_count()
    return result


def table(result: dict[str, Any]) -> str:
    """What people read."""
    lines = [f"model image {result['size']}, features {result['features_mib']} MiB, load {result['load'][0]}"]
    for count, found in result["threads"].items():
        lines.append(
            f"\n{count} thread(s)                      wall ms  processor ms   reference / ours (wall, processor)"
        )
        for name, times in found["medians"].items():
            row = f"{name:30s} {times['wall_ms']:9.1f} {times['processor_ms']:13.1f}"
            ratio = found["reference_to_ours"].get(name)
            lines.append(row + (f"   {ratio['wall_ms']:.1f}, {ratio['processor_ms']:.1f}" if ratio else ""))
    return "\n".join(lines)


def size_of(text: str) -> tuple[int, int]:
    """ "640x448" or "512" to (width, height), multiples of 64."""
    parts = [int(part) for part in text.lower().split("x")]
    width, height = (parts * 2)[:2]
    if len(parts) > 2 or min(width, height) < 64 or width % 64 or height % 64:
        raise ValueError(text)
    return width, height


def counts(text: str) -> list[int]:
    """ "1,2" to [1, 2]."""
    found = [int(part) for part in text.split(",")]
    if min(found) < 1:
        raise ValueError(text)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m inference.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=size_of, default=SIZE, help="model image, WIDTHxHEIGHT or one side")
    parser.add_argument("--threads", type=counts, default=[1, 2], help="numbers of CPU threads, with commas")
    parser.add_argument("--rounds", type=int, default=16, help="how often everything is timed")
    parser.add_argument("--encodings", type=int, default=5, help="how often encoding is timed, at most ROUNDS times")
    parser.add_argument("--quick", action="store_true", help="one round on a small picture, to see that it works")
    args = parser.parse_args(arguments)
    if args.rounds < 1 or args.encodings < 1:
        parser.error("at least one round")
    if args.quick:
        args.size, args.threads, args.rounds, args.encodings = (192, 128), [1], 1, 1
    result = bench(args.size, args.threads, args.rounds, args.encodings)
    print(table(result))
    print(json.dumps(result))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
