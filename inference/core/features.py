"""What is kept of an image: everything that does not depend on a click, as fp16 maps, with a version."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from inference.core.arrays import Half
from inference.core.geometry import Frame

WEIGHTS = Path(__file__).parents[1] / "weights"
TOKENS = "tokens"
PYRAMID = ("s4", "s8", "s16", "s32", "sim")  # all that clicks need
MAPS = (*PYRAMID, TOKENS)
FACTORS = {"s4": 4.0, "s8": 2.0, "s16": 1.0, "s32": 0.5, "sim": 2.0, TOKENS: 1.0}  # rows of a map a row of tokens


class FeaturesError(ValueError):
    """Features that cannot be used; the message says why in words that can be shown."""


def read_manifest(weights: Path) -> dict[str, Any]:
    """The manifest of a folder of exported weights: versions and sizes, without loading any weight."""
    path = weights / "manifest.json"
    if not path.is_file():
        raise FileNotFoundError(f"{weights} holds no exported weights: manifest.json is missing")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


FEATURES_VERSION: str = read_manifest(WEIGHTS)["features_version"]


@dataclass(frozen=True, eq=False)
class Features:
    """The cached features of one image.

    height, width: the image's own size. maps: named fp16 arrays, C x h x w of the padded model image: `s4`, `s8`,
    `s16`, `s32` (the pyramid), `sim` (heads x dim x h x w at stride 8, unit vectors), and `tokens` (stride 16: the
    frozen encoder's last ones after its final norm, so that heads that tell classes apart don't depend on how the
    click model was trained). 3.87 MiB for 640 x 480, of which the tokens are 0.94. Without tokens: those that were
    loaded for clicks only, and tiles.
    """

    version: str
    height: int
    width: int
    maps: Mapping[str, Half]

    @property
    def nbytes(self) -> int:
        return sum(m.nbytes for m in self.maps.values())

    @property
    def frame(self) -> Frame:
        return Frame.of(self.height, self.width)

    @property
    def tokens(self) -> Half:
        """dim x h x w. Raises FeaturesError where they were left out."""
        if TOKENS not in self.maps:
            raise FeaturesError("these features were loaded without tokens, for clicks only")
        return self.maps[TOKENS]

    def to_bytes(self) -> bytes:
        """Safetensors with `about` as metadata."""
        return save({name: np.ascontiguousarray(m) for name, m in self.maps.items()}, metadata=self.about())

    def about(self) -> dict[str, str]:
        """What is kept beside the maps: version and size."""
        return {"version": self.version, "height": str(self.height), "width": str(self.width)}

    @classmethod
    def made_of(cls, about: dict[str, str], maps: Mapping[str, Half]) -> Self:
        """The opposite of `about`. Raises KeyError or ValueError when it is incomplete."""
        height, width = int(about["height"]), int(about["width"])
        if height < 1 or width < 1:
            raise FeaturesError(f"features are damaged: an image of {width}x{height}")
        return cls(about["version"], height, width, maps)

    @classmethod
    def from_bytes(cls, data: bytes, version: str | None = None, without: Collection[str] = ()) -> Self:
        """The opposite of `to_bytes`; without the maps of these names, of which no memory is kept. Raises FeaturesError
        when the data is damaged or of another version than `version` (default: that of the shipped weights)."""
        meta = _metadata(data)
        wanted = version or FEATURES_VERSION
        found = meta.get("version", "")
        if found != wanted:
            raise FeaturesError(f"features are of version {found or 'unknown'}, this model needs {wanted}")
        try:
            features = cls.made_of(meta, {name: m for name, m in load(data).items() if name not in without})
        except FeaturesError:
            raise
        except (KeyError, ValueError, SafetensorError) as error:
            raise FeaturesError(f"features are damaged: {error}") from error
        features.check()
        return features

    def check(self) -> None:
        """Raise FeaturesError unless every map (but the tokens, which may be left out) is there with the shape that the
        image's size asks for."""
        rows, columns = self.frame.tokens
        if not set(PYRAMID) <= set(self.maps) <= set(MAPS):
            raise FeaturesError(f"features are damaged: maps {sorted(self.maps)}, expected {sorted(MAPS)}")
        for name, one in self.maps.items():
            shape = one.shape
            want = (int(rows * FACTORS[name]), int(columns * FACTORS[name]))
            if one.dtype != np.float16 or shape[-2:] != want:
                raise FeaturesError(f"features are damaged: map {name} is {shape}, expected ... x {want}")


def _metadata(data: bytes) -> dict[str, str]:
    """The metadata of safetensors bytes. The header is JSON behind eight bytes that give its length."""
    try:
        length = int.from_bytes(data[:8], "little")
        if len(data) < 8 or length > len(data) - 8:
            raise ValueError("the data ends early")
        header = json.loads(data[8 : 8 + length])
        meta = header.get("__metadata__", {})
    except (ValueError, AttributeError) as error:
        raise FeaturesError(f"features are damaged: {error}") from error
    if not isinstance(meta, dict):
        raise FeaturesError("features are damaged: no metadata")
    return meta


def tensor_offsets(path: Path) -> dict[str, tuple[int, int]]:
    """Where each tensor of a safetensors file lies: name to (offset in the file, length)."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    begin = 8 + length
    spans = {name: entry["data_offsets"] for name, entry in header.items() if name != "__metadata__"}
    return {name: (begin + a, b - a) for name, (a, b) in spans.items()}
