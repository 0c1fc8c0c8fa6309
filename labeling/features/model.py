"""The click model of this process, loaded when first used: a worker that finds no weights starts all the same, and
says so on each image instead of dying."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from inference import ClickPredictor

WEIGHT_FILES = ("manifest.json", "encoder.onnx", "encoder.safetensors", "pyramid.onnx", "click.safetensors")


class ModelMissing(Exception):
    """The weights are not there; the message says how to get them."""


@cache
def predictor() -> ClickPredictor:
    """The predictor of this process, encoding on the GPU where there is one, else on all CPU cores.

    Raises: ModelMissing.
    """
    try:
        from inference import ClickPredictor  # reads the manifest of the weights

        found = ClickPredictor(threads=len(os.sched_getaffinity(0)))
    except FileNotFoundError as error:
        raise _missing("manifest.json") from error
    missing = [name for name in WEIGHT_FILES if not (found.weights / name).is_file()]
    if missing:
        raise _missing(", ".join(missing))
    return found


def version() -> str:
    """The version of the features that the installed model makes and reads. Raises: ModelMissing."""
    return predictor().version


def batch_size() -> int:
    """How many images to encode at once. On a CPU one: nothing is gained by more, and an image that somebody opens
    meanwhile is waited for less."""
    try:
        from inference.clicks.encoder_runtime import has_cuda
    except FileNotFoundError:  # no manifest: `predictor` will say so for each image
        return 1
    return settings.ENCODE_BATCH if has_cuda() else 1


def _missing(files: str) -> ModelMissing:
    return ModelMissing(
        f"The model's weights are missing on the worker ({files}). They are part of the repository: run "
        "“git checkout inference/weights” there, start the worker again, then press Retry."
    )
