"""Which image of the project a dataset means: by a mapping, by content, by name.

Names are compared without case and composition, first whole (`train/a.jpg`), then as the end of a path, then the last
part alone, then that without its suffix. A name that fits several images fits none: that is told, never guessed.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeVar

from labeling.exchange.content import Frame
from labeling.exchange.names import SUFFIX
from labeling.exchange.source import Source
from labeling.images import decoder
from labeling.images.models import Image
from labeling.images.reading import Rejected
from labeling.projects.models import Project

SHOWN = 3
_NO_SUFFIX = ".none"


_T = TypeVar("_T")


class NoFrame(Exception):
    """The dataset's image has no counterpart; the message says why."""


class Matcher:
    """Finds the frame of each image that a dataset names.

    create: pictures of the source that the project does not have are to be added. mapping: names of the dataset → names
    of the project's images, where they differ.
    """

    def __init__(self, project: Project, source: Source, *, create: bool, mapping: Mapping[str, str]) -> None:
        self._project, self._source, self._create = project, source, create
        self._mapping = {_key(theirs): ours for theirs, ours in mapping.items()}
        self._by: tuple[dict[str, list[int]], ...] = (defaultdict(list), defaultdict(list), defaultdict(list))
        self._names: dict[int, str] = {}
        self._by_content: dict[str, int] = {}
        for pk, name, digest in project.images.order_by("pk").values_list("pk", "name", "sha256"):
            self._names[pk] = name
            self._by_content[digest] = pk
            for index, key in zip(self._by, _keys(name), strict=True):
                index[key].append(pk)
        self._labels: set[str] = set()
        self._pictures = _Pictures(source.pictures())
        self._frames: dict[tuple[str, bool], Frame] = {}

    def without(self, names: Iterable[str]) -> None:
        """These files of the source are labels, not pictures, whatever their suffix."""
        self._labels.update(names)
        self._pictures = _Pictures(set(self._source.pictures()) - self._labels)

    def frame(self, name: str, sha256: str = "", *, stem: bool = False) -> Frame:
        """The frame of the image that the dataset calls `name`; its suffix may be missing. sha256: of the original,
        where the dataset says it. stem: the name never has a suffix, so what looks like one (`street.1`) is none.

        Raises: NoFrame; ImportProblem when the source is damaged.
        """
        known = self._frames.get((name, stem))
        if known is None:
            known = self._frames[name, stem] = self._find(name, sha256, stem)
        return known

    def _find(self, shown: str, sha256: str, stem: bool) -> Frame:
        mapped = self._mapping.get(_key(shown))
        name = f"{shown}{_NO_SUFFIX}" if stem else shown
        if mapped is not None:
            return self._image(self._one(mapped, "The mapping leads to"), None)
        picture = self._pictures.named(name)
        pk = self._by_content.get(sha256)
        if pk is None and picture is not None:
            pk = self._by_content.get(self._digest(picture))
        if pk is None:
            pk = self._by_name(name, shown)
        if pk is not None:
            return self._image(pk, picture)
        if picture is None:
            raise NoFrame(f"The project has no image “{shown}”, and the dataset does not hold the picture.")
        if not self._create:
            raise NoFrame(f"The project has no image “{shown}”. Add it first, or import the pictures, too.")
        return self._new(picture)

    def _by_name(self, name: str, as_shown: str = "") -> int | None:
        """Raises: NoFrame when several fit."""
        for index, key in zip(self._by, _keys(name), strict=True):
            found = index.get(key, [])
            if len(found) > 1:
                found = _nearest(found, [self._names[pk] for pk in found], name) or found
            if len(found) == 1:
                return found[0]
            if found:
                shown = ", ".join(self._names[pk] for pk in found[:SHOWN])
                raise NoFrame(
                    f"“{as_shown or name}” fits {len(found)} images "
                    f"({shown}{', …' if len(found) > SHOWN else ''}). Give a mapping "
                    "that says which one is meant."
                )
        return None

    def _one(self, name: str, why: str) -> int:
        pk = self._by_name(name)
        if pk is None:
            raise NoFrame(f"{why} “{name}”, which the project does not have. Correct the mapping.")
        return pk

    def _image(self, pk: int, picture: str | None) -> Frame:
        found = Image.objects.filter(pk=pk).values_list("name", "height", "width").first()
        if found is None:
            raise NoFrame(f"“{self._names[pk]}” was deleted meanwhile.")
        name, height, width = found
        return Frame(name, height, width, image=pk, picture=picture)

    def _new(self, picture: str) -> Frame:
        """A picture that is to be added: it is decoded, so that its size is that of the image that it becomes."""
        try:
            with self._source.open(picture) as file:
                height, width = decoder.measured(file)
        except Rejected as rejected:
            raise NoFrame(f"{picture}: {rejected.message}") from rejected
        return Frame(picture, height, width, picture=picture)

    def _digest(self, picture: str) -> str:
        found = hashlib.sha256()
        with self._source.open(picture) as file:
            while chunk := file.read(1024 * 1024):
                found.update(chunk)
        return found.hexdigest()


class _Pictures:
    """The pictures of a source, found by the names that a dataset gives them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by: tuple[dict[str, list[str]], ...] = (defaultdict(list), defaultdict(list), defaultdict(list))
        for name in sorted(names):
            for index, key in zip(self._by, _keys(name), strict=True):
                index[key].append(name)

    def named(self, name: str) -> str | None:
        """The one picture that is meant; None where there is none, or no telling which."""
        for index, key in zip(self._by, _keys(name), strict=True):
            found = index.get(key, [])
            if len(found) > 1:
                found = _nearest(found, found, name)
            if len(found) == 1:
                return found[0]
        return None


def _key(name: str) -> str:
    """What two names of one picture have in common: no case, no composition, `/` between folders."""
    return unicodedata.normalize("NFC", name.replace("\\", "/")).casefold().removeprefix("./").lstrip("/")


def _keys(name: str) -> tuple[str, str, str]:
    key = _key(name)
    last = PurePosixPath(key).name
    return key, last, SUFFIX.sub("", last)


def _nearest(found: Sequence[_T], names: Sequence[str], wanted: str) -> list[_T]:
    """The one of several whose path is that wanted, or the longest that is its end; else the one whose end is wanted;
    else none. Suffixes do not count."""
    paths = [PurePosixPath(SUFFIX.sub("", _key(name))).parts for name in (wanted, *names)]
    length = len(paths[0])
    longest = max(map(len, paths[1:]), default=0)
    for parts in range(min(length, longest), 0, -1):
        near = [one for one, path in zip(found, paths[1:], strict=True) if path == paths[0][length - parts :]]
        if near:
            return near if len(near) == 1 else []
    near = [one for one, name in zip(found, names, strict=True) if _ends(name, wanted)]
    return near if len(near) == 1 else []


def _ends(ours: str, theirs: str) -> bool:
    """Whether one of two paths ends with the other, part by part; suffixes may be missing."""
    one = PurePosixPath(SUFFIX.sub("", _key(ours))).parts
    other = PurePosixPath(SUFFIX.sub("", _key(theirs))).parts
    short, long = sorted((one, other), key=len)
    return long[len(long) - len(short) :] == short
