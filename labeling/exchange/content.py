"""What a dataset holds, in no format's terms: readers make it of files, the import keeps it.

A format says of an object what it can; what it can't stays at its default. Masks are compressed COCO RLE of the whole
upright picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Kind = Literal["thing", "stuff"]
Value = str | int | float | bool


@dataclass(frozen=True)
class ReadClass:
    """A class as the dataset has it. `number` is the dataset's own id; `color` is like `#1f77b4` or empty."""

    name: str
    number: int | None = None
    color: str = ""
    kind: Kind = "thing"


@dataclass(frozen=True)
class Frame:
    """The picture that objects belong to: an image of the project, or (without `image`) a picture that is to be added.

    `name`: as the project has it or will have it. `height`, `width`: of the upright view. `picture`: the source's file.
    """

    name: str
    height: int
    width: int
    image: int | None = None
    picture: str | None = None


@dataclass(frozen=True)
class ReadObject:
    """An object: compressed counts over the whole frame. `where`: its place in the files, for people.

    `attributes` by name. `uid`: its own name, where the dataset is one of ours. `score`: of a prediction, 0 to 1.
    """

    category: str
    counts: str
    where: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    crowd: bool = False
    uid: UUID | None = None
    score: float | None = None


@dataclass(frozen=True)
class ReadImage:
    """An image of the dataset with its objects in drawing order, the lowest first. `split`: train, val, … or empty."""

    frame: Frame
    objects: Sequence[ReadObject]
    split: str = ""


@dataclass(frozen=True)
class Defect:
    """Something that can't be imported as it is: the file and annotation, why, and what to do. `image`: its name."""

    where: str
    reason: str
    image: str = ""
