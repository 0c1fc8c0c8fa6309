"""Places outside of this product's own storage that an administrator allows: folders of the server and buckets, to take
pictures from without copying them. There is no way to write here, none to delete, and none out of a place.

A file is told apart by its size and its mark: the time of its last change in nanoseconds, in a bucket its ETag.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from django.conf import settings


class OriginalGone(FileNotFoundError):
    """A file that is referenced is not there any more, or is another one; the message says what to do."""


class RootUnavailable(OSError):
    """A place as a whole can't be read; the message says why. A server's trouble like that of a disk."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.EIO, message)

    def __str__(self) -> str:
        return str(self.strerror)


@dataclass(frozen=True)
class Found:
    """A file of a place: its path from there, with `/` between folders, its bytes, and its mark."""

    path: str
    size: int
    mark: str


class Root(Protocol):
    """A place. Paths are relative to it; `prefix` is a folder in it, "" for all of it."""

    name: str
    """As it is kept with an image: `folder:scans`, `s3:bucket/prefix`."""

    title: str

    def files(self, prefix: str, after: str) -> Iterator[Found]:
        """All files of a folder and those in it, in an order that stays, from the first one behind `after` on.

        Raises: RootUnavailable.
        """

    def look(self, path: str) -> Found:
        """Raises: FileNotFoundError, RootUnavailable; ValueError for a path that leads out."""

    def open(self, found: Found) -> IO[bytes]:
        """The bytes of a file that was looked at. Raises: as `look`; OriginalGone when it is another one by now."""

    def local(self, path: str) -> Path | None:
        """Where it is on this machine; None in a bucket."""

    def download_url(self, path: str, filename: str, content_type: str) -> str | None:
        """Where a browser gets it without this server; None for a folder."""


def roots() -> dict[str, Root]:
    """The places that are allowed (SOURCE_FOLDERS, SOURCE_BUCKETS), by name."""
    found: list[Root] = [Folder(name, path) for name, path in settings.SOURCE_FOLDERS.items()]
    found += [Bucket(place) for place in settings.SOURCE_BUCKETS]
    return {root.name: root for root in found}


def root_named(name: str) -> Root:
    """Raises: RootUnavailable for a place that is not allowed any more."""
    root = roots().get(name)
    if root is None:
        shown = name.partition(":")[2] or name
        raise RootUnavailable(
            f"“{shown}” is not among the folders and buckets that this server allows any more. Ask the administrator "
            "to allow it again."
        )
    return root


def place_of(path: str) -> tuple[str, str]:
    """The name of the allowed place that a path of the server or `s3://bucket/folder` is in, and the folder in it.

    Raises: RootUnavailable when there is none.
    """
    if path.startswith("s3://"):
        whole = path.removeprefix("s3://").strip("/")
        places = {f"s3:{place}": place for place in settings.SOURCE_BUCKETS}
    else:
        whole = os.path.abspath(os.path.expanduser(path))
        places = {f"folder:{name}": str(top) for name, top in settings.SOURCE_FOLDERS.items()}
    inside = {name: top for name, top in places.items() if whole == top or whole.startswith(f"{top}/")}
    if not inside:
        setting = "SOURCE_BUCKETS" if path.startswith("s3://") else "SOURCE_FOLDERS"
        raise RootUnavailable(f"{path} may not be referenced here. Add it, or a folder above it, to {setting}.")
    name = max(inside, key=lambda one: len(inside[one]))
    return name, whole[len(inside[name]) :].strip("/")


def checked_prefix(given: str) -> str:
    """A folder in a place, without slashes at its ends; "" for all of it. Raises: ValueError that says why not."""
    parts = [part for part in given.strip().split("/") if part]
    if any(part in (".", "..") for part in parts) or "\\" in given or "\0" in given:
        raise ValueError(f"“{given[:80]}” is no folder below the place. Name one like 2024/street, without “..”.")
    return "/".join(parts)


@dataclass(frozen=True)
class Reference:
    """A file of a place as it was when it was taken, which is what counts."""

    root: str
    path: str
    size: int
    mark: str

    def look(self) -> Root:
        """Its place, if it is still the same file. Raises: OriginalGone, RootUnavailable."""
        root = root_named(self.root)
        try:
            found = root.look(self.path)
        except (FileNotFoundError, ValueError) as error:
            raise OriginalGone(
                f"The original “{self.path}” is not in {root.title} any more, or may not be read. Put it "
                "back, or delete the image."
            ) from error
        if (found.size, found.mark) != (self.size, self.mark):
            raise self._changed(root)
        return root

    def open(self) -> IO[bytes]:
        """Its bytes. Raises: as `look`."""
        root = root_named(self.root)
        try:
            return root.open(Found(self.path, self.size, self.mark))
        except (FileNotFoundError, ValueError) as error:
            self.look()  # says whether it is gone or changed
            raise self._changed(root) from error

    def _changed(self, root: Root) -> OriginalGone:
        return OriginalGone(
            f"The original “{self.path}” in {root.title} was changed since it was added. Put the old file back, or "
            "delete the image and scan the folder again to get the new picture."
        )


class Folder:
    """A folder of the server. Links in it are not followed, wherever they lead."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.title = f"folder:{name}", f"the folder {name}"
        self._top = path

    def files(self, prefix: str, after: str) -> Iterator[Found]:
        begin = tuple(after.split("/")) if after else ()
        try:
            with self._entered(prefix):
                pass
        except FileNotFoundError as error:
            where = f"{self.title}, {prefix}" if prefix else self.title
            raise RootUnavailable(
                f"There is no folder {where}. Is it mounted, and spelled as on the server?"
            ) from error
        inner = tuple(prefix.split("/")) if prefix else ()
        yield from self._walk(inner, begin)

    def _walk(self, folder: tuple[str, ...], begin: tuple[str, ...]) -> Iterator[Found]:
        try:
            with self._entered("/".join(folder)) as descriptor:
                names = sorted(os.listdir(descriptor.number))
                kinds = {}
                for name in names:
                    with contextlib.suppress(FileNotFoundError):  # deleted at this moment
                        kinds[name] = os.stat(name, dir_fd=descriptor.number, follow_symlinks=False)
        except FileNotFoundError:
            return  # deleted since it was listed
        except OSError as error:
            where = "/".join((self.title, *folder))
            raise RootUnavailable(f"{where} can't be read: {error.strerror or error}.") from error
        for name in names:
            place, kind = (*folder, name), kinds.get(name)
            if kind is None or not _is_text(name) or name.startswith("."):
                continue
            if stat.S_ISDIR(kind.st_mode):
                if place >= begin[: len(place)]:
                    yield from self._walk(place, begin)
            elif stat.S_ISREG(kind.st_mode) and place > begin:
                yield Found("/".join(place), kind.st_size, str(kind.st_mtime_ns))

    def look(self, path: str) -> Found:
        with self._entered(*_split(path)) as descriptor:
            found = os.fstat(descriptor.number)
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(f"{path} is no file")
        return Found(path, found.st_size, str(found.st_mtime_ns))

    def open(self, found: Found) -> IO[bytes]:
        descriptor = self._entered(*_split(found.path))
        now = os.fstat(descriptor.number)
        if (now.st_size, str(now.st_mtime_ns)) != (found.size, found.mark) or not stat.S_ISREG(now.st_mode):
            descriptor.close()
            raise OriginalGone(f"{found.path} was changed")
        return os.fdopen(descriptor.number, "rb")

    def local(self, path: str) -> Path | None:
        return self._top / path

    def download_url(self, path: str, filename: str, content_type: str) -> str | None:
        return None

    def _entered(self, folder: str, name: str = "") -> _Descriptor:
        """Opens step by step from the top, without following any link: not one that is put there meanwhile either."""
        descriptor = _Descriptor(self._open_top())
        steps = [part for part in folder.split("/") if part]
        for step in steps:
            descriptor = descriptor.step(step, os.O_DIRECTORY)
        return descriptor.step(name, os.O_NONBLOCK) if name else descriptor

    def _open_top(self) -> int:
        try:
            return os.open(self._top, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            reason = error.strerror or str(error)
            raise RootUnavailable(f"{self.title} can't be read: {reason}. Is it mounted?") from error


class _Descriptor:
    """An open file or folder."""

    def __init__(self, number: int) -> None:
        self.number = number

    def step(self, name: str, flags: int) -> _Descriptor:
        """What has this name in the folder, in place of the folder. Raises: FileNotFoundError for a link, too."""
        try:
            return _Descriptor(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=self.number))
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EACCES):
                raise FileNotFoundError(f"{name} is a link, no folder, or may not be read") from error
            raise
        finally:
            self.close()

    def close(self) -> None:
        os.close(self.number)

    def __enter__(self) -> _Descriptor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Bucket:
    """A bucket, or what is under a prefix of one."""

    def __init__(self, place: str) -> None:
        self.name, self.title = f"s3:{place}", f"the bucket s3://{place}"
        self.bucket, _, inner = place.partition("/")
        self._inner = f"{inner}/" if inner else ""

    def key(self, path: str) -> str:
        """The object's key."""
        return self._inner + path

    def files(self, prefix: str, after: str) -> Iterator[Found]:
        from labeling.storage import s3

        asked = {"Bucket": self.bucket, "Prefix": self._inner + (f"{prefix}/" if prefix else "")}
        if after:
            asked["StartAfter"] = self.key(after)
        try:
            with s3.telling(self.title):
                for page in s3.client().get_paginator("list_objects_v2").paginate(**asked):
                    for one in page.get("Contents", ()):
                        path = str(one["Key"])[len(self._inner) :]
                        if not path.endswith("/") and _is_plain(path):
                            yield Found(path, int(one["Size"]), str(one["ETag"]))
        except FileNotFoundError as error:
            raise RootUnavailable(f"There is no such bucket: {self.title}.") from error
        except OSError as error:
            raise RootUnavailable(f"{self.title} can't be listed: {error.strerror or error}.") from error

    def look(self, path: str) -> Found:
        from labeling.storage import s3

        _split(path)
        with s3.telling(path):
            found = s3.client().head_object(Bucket=self.bucket, Key=self.key(path))
        return Found(path, int(found["ContentLength"]), str(found["ETag"]))

    def open(self, found: Found) -> IO[bytes]:
        from labeling.storage import s3

        return io.BufferedReader(s3.ObjectFile(self.bucket, self.key(found.path), found.mark), s3.CHUNK)

    def local(self, path: str) -> Path | None:
        return None

    def download_url(self, path: str, filename: str, content_type: str) -> str | None:
        from labeling.storage import s3

        return s3.presigned(self.bucket, self.key(path), filename, content_type) if settings.DOWNLOAD_SECONDS else None


def _split(path: str) -> tuple[str, str]:
    """Folder and name. Raises: ValueError for a path that leads out."""
    if not _is_plain(path):
        raise ValueError(f"{path!r} leads out of the place")
    whole = PurePosixPath(path)
    return ("" if str(whole.parent) == "." else str(whole.parent)), whole.name


def _is_plain(path: str) -> bool:
    return bool(path) and "\0" not in path and not any(part in ("", ".", "..") for part in path.split("/"))


def _is_text(name: str) -> bool:
    """Whether a file's name is UTF-8: no other can be kept in a database."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in name
