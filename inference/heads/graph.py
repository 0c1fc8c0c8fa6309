"""The graph of a trained head, run by ONNX Runtime. Every head is one of these with something around it.

A head's folder holds `head.onnx`, its weights in `head.safetensors`, and `manifest.json`, which names the encoder that
the head reads tokens of. Never imports PyTorch.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Floats, Half
from inference.core.features import Features, FeaturesError
from inference.onnx.runtime import session

GRAPH, MANIFEST, WEIGHTS_FILE = "head.onnx", "manifest.json", "head.safetensors"


def encoder_of(version: str) -> str:
    """The encoder that a features version names: its first part. Heads read nothing that depends on the others."""
    return version.split("-")[0]


class Graph:
    """`head.onnx` of a folder. Manifest and graph are read when they are needed. Safe to share between threads."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.folder, self.threads = folder, threads
        self._lock = threading.Lock()
        self._manifest: dict[str, Any] | None = None
        self._session: Any = None

    @property
    def ready(self) -> bool:
        """Is there a trained head?"""
        return (self.folder / MANIFEST).is_file()

    @property
    def manifest(self) -> dict[str, Any]:
        """What the folder says of its head. Raises FileNotFoundError where no head is installed, ValueError where the
        manifest is no JSON."""
        if self._manifest is None:
            if not self.ready:
                raise FileNotFoundError(f"{self.folder} holds no trained head: {MANIFEST} is missing")
            self._manifest = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        return self._manifest

    def load(self) -> Any:
        """The ONNX Runtime session."""
        with self._lock:
            if self._session is None:
                self._session = session(self.folder / GRAPH, self.threads)
            return self._session

    def check(self, features: Features) -> None:
        """Raises FeaturesError unless the features have tokens of this head's encoder."""
        encoder = str(self.manifest["encoder"])
        if encoder_of(features.version) != encoder:
            raise FeaturesError(f"features are of version {features.version}, {self.folder.name} needs {encoder}")

    def run(
        self, tokens: Half, outputs: Sequence[str], more: Mapping[str, NDArray[np.generic]] | None = None
    ) -> list[Floats]:
        """The named outputs for tokens C x h x w and whatever more the graph reads; each with a batch axis of 1."""
        found: list[Floats] = self.load().run(list(outputs), {"tokens": tokens[None], **(more or {})})
        return found

    def __call__(
        self, features: Features, outputs: Sequence[str], more: Mapping[str, NDArray[np.generic]] | None = None
    ) -> list[Floats]:
        """`run` for the tokens of features, which are checked. Raises FileNotFoundError, FeaturesError."""
        self.check(features)
        return self.run(features.tokens, outputs, more)
