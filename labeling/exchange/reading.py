"""What a reader works with: the source's files, the frames of images, and where it tells what it can't take."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from labeling import masks
from labeling.exchange.codecs import CodecError, size_text
from labeling.exchange.content import Defect, Frame, ReadClass, ReadObject, Value
from labeling.exchange.errors import ImportProblem
from labeling.exchange.json_entries import memory
from labeling.exchange.json_files import MOST_MEMORY
from labeling.exchange.matching import Matcher, NoFrame
from labeling.exchange.source import Source

MOST_DEFECTS = 10_000
"""Defects that are told one by one, and notes; further ones are counted."""

_LONGEST = 80
"""Characters of a class's name."""

MOST_CLASSES = 100_000
MOST_OBJECTS = 100_000
"""Of an image: they are in memory together."""

MOST_UNMATCHED = 1000
MOST_FITS = 20
"""Images that are listed to be mapped, and images of the project that are named for each."""


OTHER_SIZE = (
    "its polygon is for a picture of another size, which the file states. If it was drawn on this picture, correct the "
    "size of the image in the file"
)
"""Why a polygon is left out whose places may be another picture's."""


NOT_STORABLE = "It has characters that no text can have: NUL, or half of a pair of surrogates."
_NEVER_STORED = re.compile("[\0\ud800-\udfff]")


def storable(value: Any) -> Any:
    """The same of texts, lists and dicts without the characters that a database does not take: � stands for each."""
    if isinstance(value, str):
        return _NEVER_STORED.sub("�", value)
    if isinstance(value, list):
        return [storable(one) for one in value]
    if isinstance(value, dict):
        return {storable(name): storable(one) for name, one in value.items()}
    return value


class Skip(Exception):
    """An object or image can't be taken; the message says why. Raised inside `Reading.taking`."""


@dataclass(frozen=True)
class ExportIds:
    """What the numbers in an earlier export of the project mean."""

    images: Mapping[int, int]
    """The id that an image has in the export → the image's own."""

    classes: Mapping[int, str]


class Reading:
    """One pass over a dataset. `classes` by name: a reader adds those that the dataset defines, used or not."""

    def __init__(self, source: Source, matcher: Matcher, look: Callable[[], object] = lambda: None) -> None:
        self.source = source
        self._look = look
        self._matcher = matcher
        self.unmatched: dict[str, tuple[int, ...]] = {}
        """Names of the dataset's images that no image of the project has, or several: ids of those."""

        self.export_ids: ExportIds | None = None
        """Of the export that the dataset's ids are from, where somebody said so."""

        self.classes: dict[str, ReadClass] = {}
        self._cut: set[str] = set()
        self._image, self._objects = "", 0  # whose objects are taken, and how many were
        self.defects: list[Defect] = []
        self.notes: list[Defect] = []
        """What was repaired or taken in another way than it stands there. Nothing of it is lost."""

        self.counted: Counter[str] = Counter()
        """How many further `defects` and `notes` there were since these lists were emptied."""

    def add_class(self, name: str, number: int | None = None, color: str = "", *, stuff: bool = False) -> str:
        """A class of the dataset; returns its name, without spaces around it. The first definition of a name counts.

        Raises: ImportProblem for more than `MOST_CLASSES`.
        """
        whole = " ".join(str(name).split())
        if (kept := storable(whole)) != whole:
            if whole not in self._cut:
                self._cut.add(whole)
                self.note(self.source.label, f"The name of the class “{kept[:_LONGEST]}”: {NOT_STORABLE} They are �.")
            whole = kept
        name = whole[:_LONGEST]
        if name != whole and whole not in self._cut:
            self._cut.add(whole)
            text = f"The name of a class is cut to {_LONGEST} characters: “{name}”."
            self.note(self.source.label, text + (" Another class has that name, too." if name in self.classes else ""))
        if name not in self.classes:
            if len(self.classes) >= MOST_CLASSES:
                raise ImportProblem(f"{self.source.label} has more than {MOST_CLASSES:,} classes. It is no dataset.")
            self.classes[name] = ReadClass(name, number, color, "stuff" if stuff else "thing")
        return name

    def label_files(self, names: Iterable[str]) -> None:
        """These files are labels: they are not taken for the pictures of images."""
        self._matcher.without(names)

    def frame(
        self,
        name: str,
        where: str,
        content: str = "",
        *,
        stem: bool = False,
        others: Sequence[str] = (),
        hint: str = "",
    ) -> Frame | None:
        """The frame of an image of the dataset; None when it has none, which is told.

        stem: names never have a suffix. others: what the image may be called if `name` fits none. hint: what
        to do when it has none, after the reason.
        """
        first: NoFrame | None = None
        for one in (name, *others):
            try:
                return self._matcher.frame(one, content, stem=stem)
            except NoFrame as problem:
                first = first or problem
        if first is not None and len(self.unmatched) < MOST_UNMATCHED:
            self.unmatched.setdefault(name, tuple(first.fits[:MOST_FITS]))
        self.defect(where, f"{first} {hint}".strip(), name)
        return None

    def frame_of(self, image: int, where: str) -> Frame | None:
        """The frame of an image of the project by its id; None when it is gone, which is told."""
        try:
            return self._matcher.of_image(image)
        except NoFrame as problem:
            self.defect(where, str(problem))
            return None

    def defect(self, where: str, reason: str, image: str = "") -> None:
        """Something is left out."""
        self._tell("defects", self.defects, Defect(where, reason, image))

    def note(self, where: str, text: str, image: str = "") -> None:
        """Something was repaired."""
        self._tell("notes", self.notes, Defect(where, text, image))

    def _tell(self, name: str, told: list[Defect], one: Defect) -> None:
        if len(told) < MOST_DEFECTS:
            told.append(one)
        else:
            self.counted[name] += 1

    def told(self, where: str, notes: str, image: str) -> None:
        """Tell what a codec repaired; nothing when that is ""."""
        if notes:
            self.note(where, f"{notes[:1].upper()}{notes[1:]}.", image)

    def tell_size(self, where: str, frame: Frame, height: Any, width: Any) -> bool:
        """Whether the size that a dataset states (None: none) is the picture's; if it is not, that is noted."""
        if (height is None and width is None) or (height, width) == (frame.height, frame.width):
            return True
        said = f"{shown(width)} × {shown(height)}"
        self.note(where, f"It says {said}; the picture is {size_text(frame.height, frame.width)}.", frame.name)
        return False

    def has_size(self, where: str, frame: Frame, height: Any, width: Any) -> bool:
        """Whether the size that a dataset states is the picture's; if not, the image is left out, as places in pixels
        are for another picture."""
        if (height is None and width is None) or (height, width) == (frame.height, frame.width):
            return True
        said = f"{shown(width)} × {shown(height)}"
        real = size_text(frame.height, frame.width)
        self.defect(where, f"Its labels are for {said}; the picture is {real}. Use the picture they were made on.",
                    frame.name)  # fmt: skip
        return False

    def of_one_image(self, where: str, rows: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """The JSON texts of an image's objects, which are in memory together.

        Raises: ImportProblem where that are more than `MOST_OBJECTS`, or their values take too much memory.
        """
        taken = 0
        for count, (place, text) in enumerate(rows, 1):
            taken += memory(text)
            if count > MOST_OBJECTS or taken > MOST_MEMORY:
                raise _too_many(where)
            yield place, text

    @contextmanager
    def taking(self, where: str, image: str = "") -> Iterator[None]:
        """A `Skip` or `CodecError` inside is told as a defect at `where`. Whether to go on is looked at first.

        Raises: ImportProblem for more than `MOST_OBJECTS` of an image.
        """
        if image != self._image:
            self._image, self._objects = image, 0
        self._objects += bool(image)
        self._look()
        if self._objects > MOST_OBJECTS:
            raise _too_many(f"{where}: “{image}”")
        try:
            yield
        except (Skip, CodecError) as problem:
            reason = str(problem)
            self.defect(where, f"{reason[:1].upper()}{reason[1:].rstrip('.')}.", image)


def _too_many(of: str) -> ImportProblem:
    return ImportProblem(f"{of} has more than {MOST_OBJECTS:,} objects, or too large ones. Cut the picture into parts.")


def with_pixels(counts: str, frame: Frame, hint: str = "") -> str:
    """The counts. hint: ends the sentence about a mask without any. Raises: Skip when it has no pixel."""
    if not masks.area_and_box(counts, frame.height, frame.width)[0]:
        raise Skip(f"its mask has no pixel in the picture{hint}")
    return counts


def fill_hint(fill: str) -> str:
    """What to do about a polygon without pixels."""
    if fill != "coco":
        return ""
    return " by the rule of pycocotools; if OpenCV traced the polygons, choose its rule for filling them"


def united(
    reading: Reading, frame: Frame, objects: Iterable[tuple[object, ReadObject]], what: str = "group", *,
    noted: bool = True,
) -> list[ReadObject]:  # fmt: skip
    """One object of those of a class that are in the same group (None: in none), at the place of the first.

    noted: whether that is told, as it is wherever the format does not say that they are one.
    """
    found: dict[object, list[ReadObject]] = {}
    for place, (group, one) in enumerate(objects):
        found.setdefault(place if group is None else (what, group, one.category), []).append(one)
    if noted:
        for parts in found.values():
            if len(parts) > 1:
                text = f"{len(parts)} masks of “{parts[0].category}” are one object, as they have the same {what}."
                reading.note(parts[0].where, text, frame.name)
    return [parts[0] if len(parts) == 1 else _one(reading, frame, parts) for parts in found.values()]


def _one(reading: Reading, frame: Frame, parts: Sequence[ReadObject]) -> ReadObject:
    first = parts[0]
    attributes: dict[str, Value] = {}
    for part in parts:
        for name, value in part.attributes.items():
            if attributes.setdefault(name, value) != value:
                reading.defect(part.where, f"Its “{name}” is not kept: another part of the object has another value.",
                               frame.name)  # fmt: skip
    counts = masks.union([part.counts for part in parts], frame.height, frame.width)
    return ReadObject(
        first.category, counts, first.where, attributes, any(part.crowd for part in parts), first.uid, first.score
    )


def plain_attributes(given: Any) -> dict[str, Value]:
    """Attributes by name, of what a dataset has for them; empty ones and lists are not among them."""
    if not isinstance(given, Mapping):
        return {}
    return {str(name): value for name, value in given.items() if isinstance(value, str | int | float | bool)}


def shown(value: Any) -> str:
    """A value of a file as messages have it: not longer than a line."""
    if value is None:
        return "(missing)"
    text = str(value) if isinstance(value, int | float | str) else type(value).__name__
    return text if len(text) <= 40 else f"{text[:40]}…"


def is_id(value: Any) -> bool:
    """Whether it can name something: a whole number or a text."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def uid_of(value: Any) -> UUID | None:
    """An object's own name in our exports; None for anything else."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
