"""What is in an export, in no format's terms, and how that differs from another export.

A content file is a gzip of lines: first the classes as JSON, then a line for each image, sorted by the labels' folder
and the image's id: `folder TAB image TAB digest TAB JSON`. Images that are the same in two files are told by their
digests; only the others are looked into, one at a time. So a difference takes no more memory for a large dataset.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from labeling.exchange.dataset import Item
from labeling.projects.models import Category

SCHEMA = 1
_DIGEST = 16
"""Hexadecimal digits of a SHA-256 that tell two contents apart."""


class ContentWriter:
    """Writes the content file of an export."""

    def __init__(self, file: IO[bytes], categories: Sequence[Category]) -> None:
        self._file = file
        self.folder = ""
        """Of the labels that are being written."""

        classes = [{"number": one.number, "name": one.name, "color": one.color} for one in categories]
        self._line(json.dumps({"schema": SCHEMA, "classes": classes}, ensure_ascii=False))

    def add(self, item: Item) -> None:
        """The next image."""
        objects = {
            str(one.uid): [
                one.category.number,
                _digest(one.counts, json.dumps(one.attributes, sort_keys=True), one.crowd),
            ]
            for one in item.objects
        }
        content = {"number": item.number, "name": item.image.name, "split": item.split, "objects": objects}
        plain = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        digest = _digest(item.image.sha256, item.image.name, item.split, *objects, plain.partition('"objects":')[2])
        self._line(f"{self.folder}\t{item.image.pk}\t{digest}\t{plain}")

    def _line(self, text: str) -> None:
        self._file.write(f"{text}\n".encode())


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:_DIGEST]


@contextmanager
def writing(path: Path, categories: Sequence[Category]) -> Iterator[ContentWriter]:
    """A content file at `path`."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        yield ContentWriter(file, categories)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Line:
    """An image of a content file. `text`: its content as JSON."""

    folder: str
    image: int
    digest: str
    text: str

    @property
    def key(self) -> tuple[str, int]:
        """Where it stands in the file."""
        return self.folder, self.image

    @property
    def content(self) -> dict[str, Any]:
        """`number` in the export, `name`, `split`, and `objects`: uid → class number and digest."""
        found: dict[str, Any] = json.loads(self.text)
        return found


@contextmanager
def reading(file: IO[bytes]) -> Iterator[tuple[list[dict[str, Any]], Iterator[Line]]]:
    """The classes of a content file, and its images."""
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        head = json.loads(lines.readline())
        yield head["classes"], (_parsed(line) for line in lines)


def _parsed(line: str) -> Line:
    folder, image, digest, text = line.rstrip("\n").split("\t", 3)
    return Line(folder, int(image), digest, text)


@dataclass
class Counts:
    """Of how many."""

    added: int = 0
    removed: int = 0
    changed: int = 0


@dataclass(frozen=True)
class ImageChange:
    """What became of an image. `objects`: of its objects, by class number."""

    what: str
    """`added`, `removed` or `changed`."""

    image: int
    name: str
    folder: str
    objects: dict[int, Counts]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        objects = {str(number): vars(counts) for number, counts in sorted(self.objects.items())}
        return {"what": self.what, "image": self.image, "name": self.name, "folder": self.folder, "objects": objects}


@dataclass
class Difference:
    """How a dataset differs from an earlier one. `changes` goes through the images; the sums are whole after that.

    An object is *changed* that has another mask, class or attributes, and is counted under the class that it has now.
    """

    before: Sequence[dict[str, Any]]
    after: Sequence[dict[str, Any]]
    """The classes of both."""

    images: Counts = field(default_factory=Counts)
    objects: dict[int, Counts] = field(default_factory=dict)

    def changes(self, old: Iterator[Line], new: Iterator[Line]) -> Iterator[ImageChange]:
        """Each image that is not the same in both."""
        one, other = next(old, None), next(new, None)
        while one is not None or other is not None:
            if other is None or (one is not None and one.key < other.key):
                yield self._change("removed", one, None)
                one = next(old, None)
            elif one is None or other.key < one.key:
                yield self._change("added", None, other)
                other = next(new, None)
            else:
                if one.digest != other.digest:
                    yield self._change("changed", one, other)
                one, other = next(old, None), next(new, None)

    def _change(self, what: str, old: Line | None, new: Line | None) -> ImageChange:
        before: dict[str, list[Any]] = old.content["objects"] if old else {}
        after: dict[str, list[Any]] = new.content["objects"] if new else {}
        objects: dict[int, Counts] = {}
        for uid, (number, digest) in after.items():
            counts = objects.setdefault(number, Counts())
            if uid not in before:
                counts.added += 1
            elif before[uid] != [number, digest]:
                counts.changed += 1
        for uid, (number, _) in before.items():
            if uid not in after:
                objects.setdefault(number, Counts()).removed += 1
        objects = {number: counts for number, counts in objects.items() if counts != Counts()}
        setattr(self.images, what, getattr(self.images, what) + 1)
        for number, counts in objects.items():
            total = self.objects.setdefault(number, Counts())
            for name, value in vars(counts).items():
                setattr(total, name, getattr(total, name) + value)
        line = new or old
        assert line is not None
        return ImageChange(what, line.image, line.content["name"], line.folder, objects)

    def summary(self) -> dict[str, Any]:
        """The sums, by class, and what became of classes, as JSON."""
        old = {one["number"]: one["name"] for one in self.before}
        new = {one["number"]: one["name"] for one in self.after}
        names = old | new
        total = Counts()
        for counts in self.objects.values():
            for name, value in vars(counts).items():
                setattr(total, name, getattr(total, name) + value)
        return {
            "images": vars(self.images),
            "objects": vars(total),
            "by_class": [
                {"number": number, "name": names.get(number, str(number)), **vars(counts)}
                for number, counts in sorted(self.objects.items())
            ],
            "classes_added": [name for number, name in sorted(new.items()) if number not in old],
            "classes_removed": [name for number, name in sorted(old.items()) if number not in new],
            "classes_renamed": [
                {"number": number, "before": old[number], "after": name}
                for number, name in sorted(new.items())
                if number in old and old[number] != name
            ],
        }
