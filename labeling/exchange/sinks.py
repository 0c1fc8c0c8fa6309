"""Putting a finished export into a bucket: the zip, or its files unpacked.

Each export has a folder of its own there, so nothing is written over but what a killed worker left of the same export.
`manifest.json` comes last: whoever finds it finds all.
"""

from __future__ import annotations

import mimetypes
import secrets
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.text import slugify

from labeling.exchange.errors import ExportProblem
from labeling.projects.models import Project
from labeling.storage.roots import checked_prefix
from labeling.web.api import ApiError

LAST = "manifest.json"


@dataclass(frozen=True)
class Sink:
    """Where an export is put: `place` is one of EXPORT_BUCKETS, `folder` is in it, `name` is this export's own."""

    place: str
    folder: str
    name: str
    unpack: bool = False

    @property
    def address(self) -> str:
        """For people: `s3://bucket/folder/name/`, or of the zip."""
        return f"s3://{self.bucket}/{self.key}" + ("/" if self.unpack else ".zip")

    @property
    def bucket(self) -> str:
        return self.place.partition("/")[0]

    @property
    def key(self) -> str:
        inner = self.place.partition("/")[2]
        return "/".join(part for part in (inner, self.folder, self.name) if part)

    def plain(self) -> dict[str, Any]:
        """For the database; `Sink(**plain)` reads it."""
        return asdict(self)


def chosen(project: Project, format: str, place: str, folder: str, unpack: bool) -> Sink:
    """Where a new export goes.

    Raises: ApiError 400 `unknown_bucket` for a bucket that is not allowed, `bad_folder`.
    """
    place = place.removeprefix("s3://").strip("/")
    if place not in settings.EXPORT_BUCKETS:
        known = ", ".join(settings.EXPORT_BUCKETS) or "there is none: the administrator sets EXPORT_BUCKETS"
        raise ApiError(400, "unknown_bucket", f"Exports can't be put into “{place[:80]}” here ({known}).")
    try:
        inner = checked_prefix(folder)
    except ValueError as error:
        raise ApiError(400, "bad_folder", str(error)) from error
    name = f"{slugify(project.name) or 'project'}-{format}-{secrets.token_hex(4)}"
    return Sink(place, inner, name, unpack)


def chosen_address(project: Project, format: str, address: str, unpack: bool) -> Sink:
    """The same for `s3://bucket/folder`, in whichever allowed place that is. Raises: as `chosen`."""
    whole = address.removeprefix("s3://").strip("/")
    inside = [place for place in settings.EXPORT_BUCKETS if whole == place or whole.startswith(f"{place}/")]
    place = max(inside, key=len, default=whole)
    return chosen(project, format, place, whole[len(place) :], unpack)


def deliver(path: Path, sink: Sink, tell: Callable[[int, int], None] = lambda done, total: None) -> str:
    """Put the zip at `path` into the bucket; returns the address. tell: gets files put and files in all.

    Raises: ExportProblem when the store does not take it.
    """
    from labeling.storage import s3

    def put(file: IO[bytes], key: str) -> None:
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        with s3.telling(key):
            s3.client().upload_fileobj(file, sink.bucket, key, ExtraArgs={"ContentType": kind})

    if sink.place not in settings.EXPORT_BUCKETS:
        raise ExportProblem(f"Exports can't be put into s3://{sink.place} any more. Choose another bucket.")
    try:
        if not sink.unpack:
            with path.open("rb") as file:
                put(file, f"{sink.key}.zip")
            return sink.address
        with zipfile.ZipFile(path) as archive:
            names = sorted(archive.namelist(), key=lambda name: (name == LAST, name))
            for number, name in enumerate(names, 1):
                with archive.open(name) as entry:
                    put(entry, f"{sink.key}/{name}")
                tell(number, len(names))
    except (OSError, s3.UPLOAD_ERRORS) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ExportProblem(
            f"The export could not be put into s3://{sink.bucket}: {reason}. Try again; if it fails again, ask the "
            "administrator whether the bucket exists and this server may write there."
        ) from error
    return sink.address
