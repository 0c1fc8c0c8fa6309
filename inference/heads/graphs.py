"""A trained head's folder as something to call: the graph by ONNX Runtime, loaded when it is first needed."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.clicks.encoder_runtime import session
from inference.core.features import Features, FeaturesError
from inference.heads.head import GRAPH, MANIFEST, encoder_of


class Graph:
    """`head.onnx` of a folder, for features of the encoder that its manifest names. Safe to share between threads."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.folder, self.threads = folder, threads
        self._lock = threading.Lock()
        self._loaded: tuple[Any, str] | None = None

    @property
    def ready(self) -> bool:
        """Is there a trained head?"""
        return (self.folder / MANIFEST).is_file()

    def __call__(
        self, features: Features, outputs: Sequence[str], more: Mapping[str, NDArray[Any]] | None = None
    ) -> list[NDArray[np.float32]]:
        """The named outputs for the features' tokens and whatever more the graph reads. Raises FileNotFoundError where
        no head is installed, FeaturesError for features without tokens or of another encoder."""
        run, encoder = self._load()
        if encoder_of(features.version) != encoder:
            raise FeaturesError(f"features are of version {features.version}, {self.folder.name} needs {encoder}")
        found: list[NDArray[np.float32]] = run.run(list(outputs), {"tokens": features.tokens[None], **(more or {})})
        return found

    def _load(self) -> tuple[Any, str]:
        with self._lock:
            if self._loaded is None:
                if not self.ready:
                    raise FileNotFoundError(f"{self.folder} holds no trained head: {MANIFEST} is missing")
                manifest = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
                self._loaded = session(self.folder / GRAPH, self.threads), str(manifest["encoder"])
            return self._loaded
