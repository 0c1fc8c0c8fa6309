"""XML of a dataset, element by element, whatever is in it. No entity is ever expanded: a DOCTYPE is refused."""

from collections import deque
from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from labeling.exchange.errors import ImportProblem
from labeling.exchange.source import Source

_CHUNK = 256 * 1024
_DEEPEST = 50
LARGEST_ELEMENT = 64 * 1024**2
"""Bytes of an element that is kept, with all that is in it, and of any tag."""

MOST_INSIDE = 3_000_000
"""Elements and attributes in an element that is kept: 64 MB of empty ones took 2.5 GB."""


class NotThisXml(ImportProblem):
    """The file is XML of another kind."""


def elements(source: Source, name: str, root: str, wanted: Collection[str]) -> Iterator[Element]:
    """The elements of a file that are called one of `wanted`, each whole, in order; nothing else is kept. What is
    inside of one is no element of its own.

    Raises: NotThisXml when the outermost element is not called `root`; ImportProblem for what is no XML or has a
    DOCTYPE, an element of more than `LARGEST_ELEMENT` or with more than `MOST_INSIDE`, or more than 50 elements in each
    other.
    """
    reader = _Reader(name, root, wanted)
    with source.open(name) as file:
        while chunk := file.read(_CHUNK):
            reader.feed(chunk)
            while reader.found:
                yield reader.found.popleft()
    reader.close()
    yield from reader.found


class _Reader:
    def __init__(self, name: str, root: str, wanted: Collection[str]) -> None:
        self._name, self._root, self._wanted = name, root, wanted
        self.found: deque[Element] = deque()
        self._depth = 0
        self._fed = 0
        self._begun, self._begun_tag = 0, ""
        self._kept_from = 0
        self._inside = 0
        self._tree: TreeBuilder | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes) -> None:
        self._fed += len(chunk)
        self._parse(chunk, False)
        at = max(self._parser.CurrentByteIndex, 0)
        if self._fed - at > LARGEST_ELEMENT or (self._tree is not None and at - self._kept_from > LARGEST_ELEMENT):
            raise ImportProblem(
                f"{self._name} has an element of more than {LARGEST_ELEMENT // 1024**2} MB near byte {at:,}. "
                "That is not a dataset."
            )

    def close(self) -> None:
        self._parse(b"", True)

    def _parse(self, chunk: bytes, last: bool) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            text = expat.errors.messages.get(error.code, "damaged")
            place = f"line {error.lineno}, column {error.offset + 1}"
            raise ImportProblem(
                f"{self._name} is not valid XML: {text} at {place}. It may have been cut short."
            ) from error
        except (ValueError, LookupError) as error:  # an encoding that Python does not have
            raise ImportProblem(f"{self._name} is not valid XML ({error}). Save it as UTF-8.") from error

    def _doctype(self, *_: object) -> None:
        raise ImportProblem(f"{self._name} has a DOCTYPE, which labels don't need and entities hide in. Remove it.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._depth and tag != self._root:
            raise NotThisXml(f"{self._name} has <{tag[:40]}> as its outermost element, not <{self._root}>.")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ImportProblem(f"{self._name} is nested too deeply to be a dataset.")
        if self._tree is None and tag in self._wanted:
            self._tree, self._begun, self._begun_tag = TreeBuilder(), self._depth, tag
            self._kept_from, self._inside = self._parser.CurrentByteIndex, 0
        if self._tree is not None:
            self._inside += 1 + len(attributes)
            if self._inside > MOST_INSIDE:
                raise ImportProblem(
                    f"{self._name} has a <{self._begun_tag}> with more than {MOST_INSIDE:,} elements and attributes in "
                    "it. Cut the dataset into parts."
                )
            self._tree.start(tag, attributes)

    def _data(self, text: str) -> None:
        if self._tree is not None:
            self._tree.data(text)

    def _end(self, tag: str) -> None:
        if self._tree is not None:
            self._tree.end(tag)
            if self._depth == self._begun:
                self.found.append(self._tree.close())
                self._tree = None
        self._depth -= 1
