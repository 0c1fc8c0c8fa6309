"""The click model as a library: encode an image once, then ask as often as you like.

predictor = ClickPredictor()
features = predictor.encode(image)                      # H x W x 3 uint8 RGB, once per image
mask = predictor.predict(features, [Click(120, 80, True)])
session = predictor.session(features)                   # or click by click, with undo and redo
mask = session.click(120, 80, True)
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.clicks.batch import MAX_SESSIONS, ObjectPrompt, drive_together
from inference.clicks.encoder_runtime import Encoder, make_encoder
from inference.clicks.image_maps import SharedMaps
from inference.clicks.session import ClickSession, Inputs
from inference.clicks.tiled_session import TiledSession
from inference.clicks.tiles import TILE, Grid, Tile, TileFeatures
from inference.core.arrays import Box, Floats, Mask
from inference.core.features import PYRAMID, WEIGHTS, Features, FeaturesError, read_manifest
from inference.core.geometry import Frame, stem_input, vit_input
from inference.core.masks import Click, MaskPatch, PackedPatch
from inference.onnx.runtime import session


class ClickPredictor:
    """Encodes images and answers clicks.

    weights: a folder written by `inference.export_weights` (default: the shipped one). threads: CPU threads of one
    encoding or decoding. device, encode_runtime: where the encoder runs (see `runtime.make_encoder`); the decoder is
    always ONNX Runtime on the CPU. Nothing is loaded before it is needed: a process that only decodes loads a few
    megabytes and never PyTorch. Safe to share between threads.
    """

    def __init__(
        self,
        weights: Path | None = None,
        *,
        threads: int = 1,
        device: str = "auto",
        encode_runtime: str = "auto",
        zoom: bool = True,
    ) -> None:
        self.weights = weights or WEIGHTS
        self.version: str = read_manifest(self.weights)["features_version"]
        self.threads = threads
        self.device = device
        self.encode_runtime = encode_runtime
        self.zoom = zoom
        self._shared = SharedMaps()
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None
        self._decoder: Any = None

    def encode(self, image: NDArray[np.uint8]) -> Features:
        """Features of one image, H x W x 3 uint8 RGB."""
        return self.encode_batch([image])[0]

    def encode_batch(
        self, images: list[NDArray[np.uint8]], sizes: Sequence[tuple[int, int]] | None = None
    ) -> list[Features]:
        """Features of several images of any sizes; on a GPU those of equal model size share a batch. sizes: (height,
        width) of the images themselves, where those given are shrunk already."""
        frames = []
        for image, size in zip(images, sizes or [image.shape[:2] for image in images], strict=True):
            if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
                raise ValueError(f"an image is H x W x 3 uint8, not {image.shape} {image.dtype}")
            frames.append(Frame.of(*size))
        encoder = self._get_encoder()
        results: dict[int, Features] = {}
        todo = sorted(range(len(images)), key=lambda i: frames[i].tokens)
        while todo:
            some = [i for i in todo[: encoder.batch] if frames[i].tokens == frames[todo[0]].tokens]
            todo = todo[len(some) :]
            resized = [frames[i].resize(images[i]) for i in some]
            maps = encoder(np.stack([vit_input(r) for r in resized]), np.stack([stem_input(r) for r in resized]))
            for i, found in zip(some, maps, strict=True):
                results[i] = Features(self.version, frames[i].height, frames[i].width, found)
        return [results[i] for i in range(len(images))]

    def encode_tile(self, image: NDArray[np.uint8], tile: Tile) -> TileFeatures:
        """Features of a tile of an image, H x W x 3 uint8 RGB."""
        grid = Grid(*image.shape[:2])
        x0, y0, x1, y1 = grid.box(tile)
        return self.encode_cut(image[y0:y1, x0:x1], grid, tile)

    def encode_cut(self, cut: NDArray[np.uint8], grid: Grid, tile: Tile) -> TileFeatures:
        """The same from the tile's part alone, which may be shrunk already, of an image that is never held whole."""
        if cut.ndim != 3 or cut.shape[2] != 3 or cut.dtype != np.uint8:
            raise ValueError(f"a picture is H x W x 3 uint8, not {cut.shape} {cut.dtype}")
        x0, y0, x1, y1 = grid.box(tile)
        resized = Frame.of(y1 - y0, x1 - x0, TILE).resize(cut)
        found = self._get_encoder()(vit_input(resized)[None], stem_input(resized)[None])[0]
        maps = {name: found[name] for name in PYRAMID}  # tiles are for clicks
        return TileFeatures(self.version, y1 - y0, x1 - x0, maps, tile, grid.height, grid.width)

    def tiled_session(
        self, features: Features, previous: Mask | MaskPatch | PackedPatch | None = None, box: Box | None = None
    ) -> TiledSession:
        """As `session`, for an object that may be answered on tiles, too."""
        return TiledSession(self.session, features, previous, box)

    def predict(
        self,
        features: Features,
        clicks: Sequence[Click | tuple[float, float, bool]],
        box: Box | None = None,
        previous: Mask | None = None,
    ) -> Mask:
        """The mask after these clicks (x, y, positive), height x width bool. The same as a session fed click by
        click, bit for bit."""
        current = self.session(features, previous, box)
        for click in clicks:
            current.add(Click(*click))
        return current.mask()

    def session(
        self, features: Features, previous: Mask | MaskPatch | PackedPatch | None = None, box: Box | None = None
    ) -> ClickSession:
        """A new object on an image. previous: a mask to refine, height x width bool, or a patch. box: (x0, y0, x1, y1)
        around the object, which alone gives a first mask; ignored where there is a previous mask."""
        self._check(features)
        return ClickSession(self._decode, self._shared.of(features), previous, box, self.zoom)

    def predict_batch(self, features: Features, prompts: Sequence[ObjectPrompt]) -> list[MaskPatch]:
        """The masks of many objects of one image, as patches: what `session(…).patch()` gives for each, bit for bit.

        For hundreds of boxes of *segment everything*: objects are decoded several at a time, and the memory needed
        does not grow with their number (the patches themselves aside).
        """
        return [session.patch() for session in self.sessions(features, prompts)]

    def sessions(self, features: Features, prompts: Sequence[ObjectPrompt]) -> Iterator[ClickSession]:
        """The same as sessions that have had their prompts, in order; decoded together, a few at a time."""
        self._check(features)
        shared = self._shared.of(features)
        for first in range(0, len(prompts), MAX_SESSIONS):
            some = prompts[first : first + MAX_SESSIONS]
            sessions = [ClickSession(self._decode, shared, p.previous, zoom=self.zoom) for p in some]
            jobs = [
                s.steps([Click(*c) for c in p.clicks], p.box, p.at_once) for s, p in zip(sessions, some, strict=True)
            ]
            drive_together(jobs, self._decode)
            yield from sessions

    def warm_up(self) -> None:
        """Load the decoder now instead of at the first click."""
        self._get_decoder()

    def _check(self, features: Features) -> None:
        if features.version != self.version:
            raise FeaturesError(f"features are of version {features.version}, this model needs {self.version}")

    def _decode(self, inputs: Inputs) -> Floats:
        logits: Floats = self._get_decoder().run(None, inputs)[0]
        return logits

    def _get_decoder(self) -> Any:
        with self._lock:
            if self._decoder is None:
                self._decoder = session(self.weights / "decoder.onnx", self.threads)
            return self._decoder

    def _get_encoder(self) -> Encoder:
        with self._lock:
            if self._encoder is None:
                self._encoder = make_encoder(self.weights, self.threads, self.device, self.encode_runtime)
            return self._encoder
