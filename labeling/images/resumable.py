"""Files that arrive in parts, by the tus protocol 1.0 (https://tus.io/protocols/resumable-upload): a lost connection, a
reload of the page or a restart of the server costs one part, and the client asks how much is here and goes on.

Core, creation, expiration, termination and checksum. A part is stored as a file of its own on the media storage, whole
or not at all, so that any web process can take the next one and any Django storage will do. Once all parts are here,
the file becomes a file of an upload (`services.add_file`) or the dataset of an import: `taken` gives it as one.
"""

from __future__ import annotations

import base64
import binascii
import bisect
import hashlib
import io
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import http_date

from labeling.accounts.models import User
from labeling.images import ingest, zips
from labeling.images.models import FilePart, PartialFile
from labeling.images.reading import Rejected
from labeling.projects.models import Project
from labeling.storage.trees import delete_tree
from labeling.web.api import ApiError

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination,checksum"
CONTENT_TYPE = "application/offset+octet-stream"
CHECKSUMS: Mapping[str, Callable[[], Any]] = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "md5": hashlib.md5}
CHUNK = 1024 * 1024
MOST_PARTS = 20_000
MOST_UNFINISHED = 200
"""Files of one person that may wait for their next part."""

TAKING = timedelta(minutes=30)
"""After so long, who began to take a file and never ended was killed."""


def tell(response: HttpResponse) -> None:
    """Say which protocol this is: every answer does, also a refusal."""
    response["Tus-Resumable"] = response["Tus-Version"] = VERSION
    response["Tus-Extension"] = EXTENSIONS
    response["Tus-Max-Size"] = str(settings.MAX_UPLOAD_BYTES)
    response["Tus-Checksum-Algorithm"] = ",".join(CHECKSUMS)
    response["Cache-Control"] = "no-store"


def describe(whole: PartialFile, response: HttpResponse) -> None:
    """Say how much of a file is here, and until when it stays."""
    response["Upload-Offset"] = str(whole.offset)
    response["Upload-Length"] = str(whole.length)
    response["Upload-Expires"] = http_date(whole.expires_at.timestamp())


def require_version(request: HttpRequest) -> None:
    """Raises: ApiError 412 for a client of another version."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise ApiError(412, "tus_version", f"Send the header Tus-Resumable: {VERSION}.")


def create(request: HttpRequest, project: Project, user: User) -> PartialFile:
    """Announce a file: `Upload-Length`, and `filename` and maybe `path` in `Upload-Metadata`.

    Raises: ApiError 400 for a header that is missing or malformed, 413 for a file that is too large, 429 `too_many`.
    """
    length = _number(request, "Upload-Length")
    try:
        zips.check_bytes(length)
    except Rejected as rejected:
        raise ApiError(413, "too_large", rejected.message, limit=settings.MAX_UPLOAD_BYTES) from rejected
    told = _metadata(request.headers.get("Upload-Metadata", ""))
    name = ingest.checked_path(told.get("path", "")) or told.get("filename") or "unnamed"
    if PartialFile.objects.filter(created_by=user, taken_as="").count() >= MOST_UNFINISHED:
        hours = settings.RESUMABLE_HOURS
        text = f"{MOST_UNFINISHED} of your files are not sent to their end. Send them, or wait {hours} hours."
        raise ApiError(429, "too_many", text)
    folder = f"projects/{project.pk}/parts/{secrets.token_hex(16)}"
    return PartialFile.objects.create(
        project=project, created_by=user, folder=folder, name=ingest.clean_name(name), length=length
    )


def add_part(request: HttpRequest, whole: PartialFile) -> None:
    """Store the request's body behind what is here. The part and the file's new offset are one transaction.

    Raises: ApiError 409 `wrong_offset` when it does not begin where the file ends, 415, 413 for more bytes than
    announced, 460 `checksum` for damaged ones, 410 for a file that was taken or is too old.
    """
    if request.content_type != CONTENT_TYPE:
        raise ApiError(415, "not_a_part", f"Send the part with the Content-Type {CONTENT_TYPE}.")
    offset = _number(request, "Upload-Offset")
    require_open(whole)
    if offset != whole.offset:
        raise _wrong_offset(whole)
    algorithm, digest = _checksum(request)
    body: Any = _Body(request, whole.length - offset)
    stored = default_storage.save(f"{whole.folder}/{secrets.token_hex(8)}", File(body, name="part"))
    size = default_storage.size(stored)
    try:
        if algorithm:
            _check(stored, algorithm, digest)
        if size:
            _append(whole, FilePart(whole=whole, start=offset, size=size, stored=stored))
    except BaseException:
        default_storage.delete(stored)
        raise
    if not size:
        default_storage.delete(stored)


def require_open(whole: PartialFile) -> None:
    """Raises: ApiError 410 for a file that became another's, or is too old to be gone on with."""
    if whole.taken_as or whole.expires_at < timezone.now():
        raise ApiError(410, "gone", "This file is not kept any more. Send it again from the start.")


def _append(whole: PartialFile, part: FilePart) -> None:
    """Raises: ApiError 409 when another request was faster."""
    if part.start and whole.parts.count() >= MOST_PARTS:
        raise ApiError(413, "too_many_parts", f"A file has at most {MOST_PARTS:,} parts. Send larger ones.")
    here = PartialFile.objects.filter(pk=whole.pk, offset=part.start, taken_at=None)
    until = timezone.now() + timedelta(hours=settings.RESUMABLE_HOURS)
    try:
        with transaction.atomic():
            if not here.update(offset=part.start + part.size, expires_at=until):
                raise _wrong_offset(whole)
            part.save(force_insert=True)
    except IntegrityError as error:  # terminated meanwhile
        raise _wrong_offset(whole) from error
    whole.offset, whole.expires_at = part.start + part.size, until


def _wrong_offset(whole: PartialFile) -> ApiError:
    return ApiError(409, "wrong_offset", "The part does not begin where the file ends. Ask with HEAD, and go on there.")


class _Body(io.RawIOBase):
    """A request's body, of at most so many bytes. Django's storages read a file in chunks."""

    def __init__(self, request: HttpRequest, most: int) -> None:
        self._request, self._left = request, most

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self._request.read(CHUNK if size is None or size < 0 else min(size, CHUNK))
        self._left -= len(chunk)
        if self._left < 0:
            raise ApiError(413, "too_large", "The part has more bytes than the file has left.")
        return chunk


def _check(stored: str, algorithm: str, digest: bytes) -> None:
    found = CHECKSUMS[algorithm]()
    with default_storage.open(stored, "rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    if found.digest() != digest:
        raise ApiError(460, "checksum", "The part was damaged on its way: its checksum is another. Send it again.")


def _checksum(request: HttpRequest) -> tuple[str, bytes]:
    given = request.headers.get("Upload-Checksum", "")
    if not given:
        return "", b""
    algorithm, _, digest = given.partition(" ")
    if algorithm not in CHECKSUMS:
        raise ApiError(400, "bad_checksum", f"Upload-Checksum: use one of {', '.join(CHECKSUMS)}.")
    try:
        return algorithm, base64.b64decode(digest, validate=True)
    except binascii.Error as error:
        raise ApiError(400, "bad_checksum", "Upload-Checksum: send the digest in base64.") from error


def _number(request: HttpRequest, header: str) -> int:
    given = request.headers.get(header, "")
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise ApiError(400, "bad_header", f"{header}: send a whole number of bytes.", field=header)
    return int(given)


def _metadata(given: str) -> dict[str, str]:
    """`key base64,key base64`. Raises: ApiError 400."""
    found = {}
    for pair in filter(None, given.split(",")):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            text = f"Upload-Metadata: {key[:40]} is not UTF-8 in base64."
            raise ApiError(400, "bad_header", text, field="Upload-Metadata") from error
    return found


class taken:  # noqa: N801 - used like a function
    """A whole file, as the file that it becomes.

    >>> with taken(whole) as file:
    ...     if file is not None:
    ...         whole.taken_as = f"item {services.add_file(upload, whole.name, file).pk}"

    `None` for one that was taken before: `taken_as` says what it became, so that a client which never got the answer
    asks again and nothing is there twice. What is raised in the block leaves the file to be taken again.

    Raises: ApiError 409 `not_whole`, `being_taken`.
    """

    def __init__(self, whole: PartialFile) -> None:
        self._whole = whole
        self._stack = ExitStack()

    def __enter__(self) -> File[Any] | None:
        whole = self._whole
        if whole.taken_as:
            return None
        if whole.offset != whole.length:
            text = f"{whole.offset:,} of {whole.length:,} bytes are here. Send the others first."
            raise ApiError(409, "not_whole", text)
        if not PartialFile.objects.filter(pk=whole.pk, taken_at=None).update(taken_at=timezone.now()):
            raise ApiError(409, "being_taken", "The file is just being added. Ask again in a moment.")
        return self._stack.enter_context(File(io.BufferedReader(_Joined(whole), CHUNK), name=whole.name))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stack.close()
        row = PartialFile.objects.filter(pk=self._whole.pk)
        if kind is not None:
            row.update(taken_at=None)
        elif self._whole.taken_as:
            row.update(taken_as=self._whole.taken_as)
            delete_tree(default_storage, self._whole.folder)


class _Joined(io.RawIOBase):
    """The parts of a file, one after the other."""

    def __init__(self, whole: PartialFile) -> None:
        self._parts = list(whole.parts.all())
        self._starts = [one.start for one in self._parts]
        self._length, self._at = whole.length, 0
        self._open: tuple[FilePart, IO[bytes]] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        file = self._file_at(self._at)
        if file is None:
            return 0
        chunk = file.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)

    def _file_at(self, place: int) -> IO[bytes] | None:
        if place >= self._length:
            return None
        part = self._parts[bisect.bisect_right(self._starts, place) - 1]
        if self._open is None or self._open[0] is not part:
            self._close()
            self._open = (part, default_storage.open(part.stored, "rb"))
        file = self._open[1]
        if file.tell() != place - part.start:
            file.seek(place - part.start)
        return file

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def close(self) -> None:
        self._close()
        super().close()


def tidy() -> int:
    """Delete files that no part came of for RESUMABLE_HOURS, with their parts; returns how many. Give back those that a
    killed process was taking."""
    now = timezone.now()
    PartialFile.objects.filter(taken_as="", taken_at__lt=now - TAKING).update(taken_at=None)
    old = PartialFile.objects.filter(expires_at__lt=now).exclude(taken_as="", taken_at__gt=now - TAKING)
    return sum(bool(whole.delete()) for whole in old)


def taken_id(whole: PartialFile, kind: str) -> int:
    """The row of this kind that a file became. Raises: ApiError 404 for one that became something else."""
    found, _, number = whole.taken_as.partition(" ")
    if found != kind:
        raise ApiError(404, "not_found", "The file was used for something else. Send it again.")
    return int(number)
