"""What a reader works with: the source's files, the frames of images, and where it tells what it can't take."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from labeling.exchange.codecs import CodecError
from labeling.exchange.content import Defect, Frame, ReadClass
from labeling.exchange.matching import Matcher, NoFrame
from labeling.exchange.source import Source


class Skip(Exception):
    """An object or image can't be taken; the message says why. Raised inside `Reading.taking`."""


class Reading:
    """One pass over a dataset. `classes` by name: a reader adds those that the dataset defines, used or not."""

    def __init__(self, source: Source, matcher: Matcher) -> None:
        self.source = source
        self._matcher = matcher
        self.classes: dict[str, ReadClass] = {}
        self.defects: list[Defect] = []
        self.notes: list[Defect] = []
        """What was repaired or taken in another way than it stands there. Nothing of it is lost."""

    def add_class(self, name: str, number: int | None = None, color: str = "", *, stuff: bool = False) -> str:
        """A class of the dataset; returns its name, without spaces around it. The first definition of a name counts."""
        name = " ".join(str(name).split())[:80]
        self.classes.setdefault(name, ReadClass(name, number, color, "stuff" if stuff else "thing"))
        return name

    def label_files(self, names: Iterable[str]) -> None:
        """These files are labels: they are not taken for the pictures of images."""
        self._matcher.without(names)

    def frame(self, name: str, where: str, sha256: str = "") -> Frame | None:
        """The frame of an image of the dataset; None when it has none, which is told."""
        try:
            return self._matcher.frame(name, sha256)
        except NoFrame as problem:
            self.defect(where, str(problem), name)
            return None

    def defect(self, where: str, reason: str, image: str = "") -> None:
        """Something is left out."""
        self.defects.append(Defect(where, reason, image))

    def note(self, where: str, text: str, image: str = "") -> None:
        """Something was repaired."""
        self.notes.append(Defect(where, text, image))

    @contextmanager
    def taking(self, where: str, image: str = "") -> Iterator[None]:
        """A `Skip` or `CodecError` inside is told as a defect at `where`."""
        try:
            yield
        except (Skip, CodecError) as problem:
            reason = str(problem)
            self.defect(where, f"{reason[:1].upper()}{reason[1:].rstrip('.')}.", image)
