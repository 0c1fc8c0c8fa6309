"""Which image of the project a dataset means: by a mapping, by content, by name.

Names are compared without case and composition, first whole (`train/a.jpg`), then as the end of a path, then the last
part alone, then that without its suffix. A name that fits several images fits none: that is told, never guessed.

Our own exports say what their files were called when they were uploaded (renamed.json), and of those that were called
alike which content they had (manifest.json).
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Generic, TypeVar

from labeling.exchange import json_files
from labeling.exchange.content import Frame
from labeling.exchange.errors import ImportProblem
from labeling.exchange.names import SUFFIX
from labeling.exchange.source import Source
from labeling.images import decoder
from labeling.images.models import Image, content_of
from labeling.images.reading import Rejected
from labeling.projects.models import Project

SHOWN = 3
_NO_SUFFIX = ".none"
_DEEPEST = 100  # parts of a path that are compared


_T = TypeVar("_T")


BY_ID = re.compile(r"id:(\d{1,18})")
"""In a mapping: the image of the project with this id, where several have one name."""


class NoFrame(Exception):
    """The dataset's image has no counterpart; the message says why. `fits`: ids of the images that it may be."""

    def __init__(self, message: str, fits: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.fits = fits


class Matcher:
    """Finds the frame of each image that a dataset names.

    create: pictures of the source that the project does not have are to be added. mapping: names of the dataset → names
    of the project's images, where they differ.
    """

    def __init__(self, project: Project, source: Source, *, create: bool, mapping: Mapping[str, str]) -> None:
        self._project, self._source, self._create = project, source, create
        self._mapping = {_key(theirs): ours for theirs, ours in mapping.items()}
        self._images: _Named[int] = _Named()
        self._by_content: dict[str, int] = {}
        for pk, name, digest, page in project.images.order_by("pk").values_list("pk", "name", "sha256", "page"):
            self._images.add(pk, name)
            self._by_content[content_of(digest, page)] = pk
        self._uploads = _uploads(source)
        self._labels: set[str] = set()
        self._pictures = _pictures(source.pictures())
        self._frames: dict[tuple[str, bool], Frame] = {}

    def without(self, names: Iterable[str]) -> None:
        """These files of the source are labels, not pictures, whatever their suffix."""
        self._labels.update(names)
        self._pictures = _pictures(set(self._source.pictures()) - self._labels)

    def frame(self, name: str, content: str = "", *, stem: bool = False) -> Frame:
        """The frame of the image that the dataset calls `name`; its suffix may be missing. content: `Image.content`,
        where the dataset says it. stem: the name never has a suffix, so what looks like one (`street.1`) is none.

        Raises: NoFrame; ImportProblem when the source is damaged.
        """
        known = self._frames.get((name, stem))
        if known is None:
            known = self._frames[name, stem] = self._find(name, content, stem)
        return known

    def of_image(self, pk: int) -> Frame:
        """The frame of an image of the project by its id. Raises: NoFrame."""
        if pk not in self._images.names:
            raise NoFrame("The image was deleted since the export whose ids these are.")
        return self._image(pk, None)

    def _find(self, shown: str, content: str, stem: bool) -> Frame:
        mapped = self._mapping.get(_key(shown))
        name = f"{shown}{_NO_SUFFIX}" if stem else shown
        if mapped is not None:
            return self._image(self._one(mapped, "The mapping leads to"), None)
        pictures = self._pictures.find(name)
        upload = self._upload(name)
        picture = pictures[0] if len(pictures) == 1 else None
        pk = self._by_content.get(content or upload.sha256)
        if pk is None and picture is not None:
            pk = self._by_content.get(self._digest(picture))
        if pk is None and upload.name:
            pk = self._by_name(upload.name)
        if pk is None:
            pk = self._by_name(name, shown)
        if pk is not None:
            return self._image(pk, picture)
        if picture is None:
            raise NoFrame(f"The project has no image “{shown}”, and the dataset does not hold the picture.")
        if not self._create:
            raise NoFrame(f"The project has no image “{shown}”. Add it first, or import the pictures, too.")
        return self._new(picture)

    def _upload(self, name: str) -> "_Upload":
        """What an export of ours says of an image. The longest end of the path counts that is a name at all, so that
        `day/a-2` is not taken for `a-2`."""
        parts = _stem(name).split("/")[-_DEEPEST:] if self._uploads else ()
        for at in range(len(parts)):
            end = "/".join(parts[at:])
            if end in self._uploads or self._images.has_path(end):
                return self._uploads.get(end, _Upload())
        return _Upload()

    def _by_name(self, name: str, as_shown: str = "") -> int | None:
        """Raises: NoFrame when several fit."""
        found = self._images.find(name)
        if len(found) > 1:
            shown = ", ".join(self._images.names[pk] for pk in found[:SHOWN])
            raise NoFrame(
                f"“{as_shown or name}” fits {len(found)} images ({shown}{', …' if len(found) > SHOWN else ''}). Give a "
                "mapping that says which one is meant.",
                found,
            )
        return found[0] if found else None

    def _one(self, name: str, why: str) -> int:
        by_id = BY_ID.fullmatch(name)
        if by_id and int(by_id[1]) in self._images.names:
            return int(by_id[1])
        pk = self._by_name(name)
        if pk is None:
            raise NoFrame(f"{why} “{name}”, which the project does not have. Correct the mapping.")
        return pk

    def _image(self, pk: int, picture: str | None) -> Frame:
        found = Image.objects.filter(pk=pk).values_list("name", "height", "width").first()
        if found is None:
            raise NoFrame(f"“{self._images.names[pk]}” was deleted meanwhile.")
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


class _Named(Generic[_T]):
    """Images or pictures, found by names that a dataset gives them. `names`: what each is really called."""

    def __init__(self) -> None:
        self.names: dict[_T, str] = {}
        self._by: tuple[dict[str, list[_T]], ...] = (defaultdict(list), defaultdict(list), defaultdict(list))
        self._paths: dict[str, list[_T]] = defaultdict(list)

    def add(self, one: _T, name: str) -> None:
        self.names[one] = name
        self._paths[_stem(name)].append(one)
        for index, key in zip(self._by, _keys(name), strict=True):
            index[key].append(one)

    def has_path(self, stem: str) -> bool:
        """Whether one has just this path, as `_stem` gives it."""
        return stem in self._paths

    def find(self, name: str) -> list[_T]:
        """The one that is meant; several where there is no telling which; none."""
        for level, (index, key) in enumerate(zip(self._by, _keys(name), strict=True)):
            found = index.get(key, [])
            if len(found) > 1:
                return self._nearest(found, name, level, key) or found
            if found:
                return found
        return []

    def _nearest(self, found: list[_T], wanted: str, level: int, key: str) -> list[_T]:
        """The one of several whose path is that wanted, or the longest that is its end; else the one whose end is
        wanted; else none. Suffixes do not count, and upper and lower case only between those that differ in nothing
        else."""
        parts = _stem(wanted).split("/")[-_DEEPEST:]
        for at in range(len(parts)):
            same = self._paths.get("/".join(parts[at:]), ())
            near = [one for one in same if _keys(self.names[one])[level] == key]  # which is that it is in `found`
            if len(near) > 1:
                near = [one for one in near if _composed(wanted).endswith(_composed(self.names[one]))] or near
            if near:
                return near if len(near) == 1 else []
        near = [one for one in found if _ends(self.names[one], wanted)]
        return near if len(near) == 1 else []


def _pictures(names: Iterable[str]) -> _Named[str]:
    found: _Named[str] = _Named()
    for name in sorted(names):
        found.add(name, name)
    return found


@dataclass
class _Upload:
    """What an image was called when it was uploaded, and the SHA-256 of its file, as far as an export says it."""

    name: str = ""
    sha256: str = ""


def _uploads(source: Source) -> dict[str, _Upload]:
    """What an export of ours says of images whose names do not say it, by their names as `_stem` gives them."""
    found: dict[str, _Upload] = defaultdict(_Upload)
    for renamed in _ours(source, json_files.RENAMED):
        for name, uploaded in renamed.items():
            if isinstance(uploaded, str) and uploaded.strip():
                found[_stem(name)].name = uploaded
    for manifest in _ours(source, json_files.MANIFEST):
        contents = manifest.get("contents")
        for name, digest in contents.items() if isinstance(contents, dict) else ():
            if isinstance(digest, str):
                found[_stem(name)].sha256 = digest
    return dict(found)


def _ours(source: Source, wanted: str) -> Iterator[Mapping[str, Any]]:
    """What files beside an export's labels hold; not those that are damaged or another tool's."""
    for name in source.names(".json"):
        if PurePosixPath(name).name == wanted:
            with suppress(ImportProblem):
                content = json_files.load(source, name)
                if isinstance(content, dict):
                    yield content


def _composed(name: str) -> str:
    """A name as one spells it: composed, `/` between folders, without suffix."""
    return SUFFIX.sub("", unicodedata.normalize("NFC", name.replace("\\", "/")))


def _key(name: str) -> str:
    """What two names of one picture have in common: no case, no composition, `/` between folders."""
    return unicodedata.normalize("NFC", name.replace("\\", "/")).casefold().removeprefix("./").lstrip("/")


def _stem(name: str) -> str:
    return SUFFIX.sub("", _key(name))


def _keys(name: str) -> tuple[str, str, str]:
    key = _key(name)
    last = PurePosixPath(key).name
    return key, last, SUFFIX.sub("", last)


def _ends(ours: str, theirs: str) -> bool:
    """Whether one of two paths ends with the other, part by part; suffixes may be missing."""
    one = PurePosixPath(SUFFIX.sub("", _key(ours))).parts
    other = PurePosixPath(SUFFIX.sub("", _key(theirs))).parts
    short, long = sorted((one, other), key=len)
    return long[len(long) - len(short) :] == short
