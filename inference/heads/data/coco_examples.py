"""COCO-format files as training examples of heads."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inference.core.arrays import Half
from inference.data.coco import CocoImage, DataError, read_rgb
from inference.data.device import Compute
from inference.data.encoder_files import read_encoder
from inference.data.token_cache import TokenCache
from inference.heads.data.batches import MIN_WINDOW
from inference.heads.data.examples import Example, Labelled
from inference.networks.vit import SMALL

SAME = {  # VOC's names for classes of COCO
    "aeroplane": "airplane",
    "motorbike": "motorcycle",
    "sofa": "couch",
    "tvmonitor": "tv",
    "pottedplant": "potted plant",
    "diningtable": "dining table",
}


def category_names(file: Path) -> dict[int, str]:
    """Names of a COCO-format file's categories, VOC's as COCO spells them."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["categories"]
        return {c["id"]: SAME.get(c["name"], c["name"]) for c in entries}
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{file}: no 'categories' with 'id' and 'name': {error!r}") from None


def stuff_names(file: Path) -> frozenset[str]:
    """The categories that a panoptic file calls no things."""
    entries = json.loads(file.read_text(encoding="utf-8"))["categories"]
    return frozenset(SAME.get(c["name"], c["name"]) for c in entries if not c.get("isthing", 1))


def read_examples(file: Path, cache: Path, encoder: Path | None = None, weight: float = 1.0) -> list[Example]:
    """The images of a COCO-format file; `weight` is that of all of them.

    Their tokens are computed once and kept in `cache`; with `encoder` (a file of weights) what is missing is computed
    now, without it only finished images are given. Images that the cache keeps at less than 12 x 12 tokens are left
    out: users' images are always encoded larger.
    """
    tokens = TokenCache(file, cache)
    if encoder is not None and len(tokens.done) < len(tokens.images):
        compute = Compute.choose()
        tokens.fill(read_encoder(encoder, None, compute).vit, compute)
    names, crowds = category_names(file), crowds_of(file)
    large = [k for k in sorted(tokens.done) if np.prod(tokens.images[k].frame.tokens) >= MIN_WINDOW**2]
    return [_example(tokens, k, names, crowds.get(tokens.images[k].source.id, ()), weight / len(large)) for k in large]


def _example(
    cache: TokenCache, index: int, names: dict[int, str], crowds: Sequence[Labelled], weight: float
) -> Example:
    source, frame = cache.images[index].source, cache.images[index].frame

    def load() -> Half:
        last = cache.tokens(index)[..., -SMALL.dim :]
        return np.ascontiguousarray(last.transpose(2, 0, 1))

    return Example(
        name=f"{cache.name}/{source.id}",
        group=f"{cache.name}/{source.group}",
        frame=frame,
        tokens=load,
        objects=objects_of(source, names),
        crowds=tuple(crowds),
        void=() if source.ignore is None else (source.ignore,),
        known=frozenset(names.values()),
        weight=weight,
        picture=lambda: read_rgb(source.path),
    )


def objects_of(image: CocoImage, names: dict[int, str]) -> tuple[Labelled, ...]:
    return tuple(Labelled(a["segmentation"], names[a["category_id"]]) for a in image.annotations)


def crowds_of(file: Path) -> dict[Any, list[Labelled]]:
    """Crowd regions by image: `inference.data.coco.read_set` leaves them out."""
    names = category_names(file)
    found: dict[Any, list[Labelled]] = defaultdict(list)
    for a in json.loads(file.read_text(encoding="utf-8"))["annotations"]:
        if a.get("iscrowd") and a.get("segmentation"):
            found[a["image_id"]].append(Labelled(a["segmentation"], names[a["category_id"]]))
    return found
