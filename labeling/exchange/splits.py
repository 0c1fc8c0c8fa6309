"""Which part of a dataset an image belongs to: train, val or test.

By hash, an image stays in its part however many others come or go, because only its own bytes decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
By = Literal["none", "hash", "tags"]

_TAGS: dict[str, Split] = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test",
}  # fmt: skip
_DIGITS = 8
"""Hexadecimal digits of an image's SHA-256 that decide."""


@dataclass(frozen=True)
class Division:
    """How a dataset is divided. `val`, `test`: percent of the images, by hash. By tags: an image with none of the tags
    train, val and test is for training."""

    by: By = "none"
    val: int = 10
    test: int = 0

    def of(self, sha256: str, tags: Iterable[str]) -> Split:
        """The part of an image with this hash of its original and these tags."""
        if self.by == "tags":
            found = {_TAGS[tag.casefold()] for tag in tags if tag.casefold() in _TAGS}
            return next((one for one in reversed(SPLITS) if one in found), "train")  # never trained on what is held out
        if self.by == "none":
            return "train"
        place = 100 * int(sha256[:_DIGITS], 16) / 16**_DIGITS
        if place < self.val:
            return "val"
        return "test" if place < self.val + self.test else "train"
