"""Reading a zip that may be hostile: nothing is trusted that its headers say."""

import itertools
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from labeling.images import zip_names
from labeling.images.models import UploadItem
from labeling.images.reading import HEAD, READABLE, Rejected, sniff

Reason = UploadItem.Reason
CHUNK = 1024 * 1024
# Python reads the whole list of a zip into memory when opening it.
MAX_DIRECTORY_BYTES = 64 * 1024**2
MAX_ENTRIES = 100_000
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_OTHER_METHODS = {
    1: "Shrink", 2: "Reduce", 3: "Reduce", 4: "Reduce", 5: "Reduce", 6: "Implode", 9: "Deflate64",
    10: "PKWARE DCL Implode", 93: "Zstandard", 94: "MP3", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd",
}  # fmt: skip
_ENTRY_BYTES = 30
"""Of an entry's own header, before its name."""

_DOS_FOLDER = 0x10
_JUNK_FOLDERS = {"__MACOSX"}
_JUNK_NAMES = {".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Entry:
    """A file of a zip: its place (from 0), its name with `/` between folders, and how to read it."""

    index: int
    name: str
    info: zipfile.ZipInfo
    overlaps: bool = False
    """Its bytes are those of another entry, too: honest tools never make such zips."""


class Zip:
    """A zip that was opened. Use it in a `with` block."""

    def __init__(self, archive: zipfile.ZipFile, declared: set[int]) -> None:
        self.archive, self._declared = archive, declared

    def __enter__(self) -> "Zip":
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()

    def entries(self) -> Iterator[Entry]:
        """Every file, without folders and what operating systems leave behind."""
        infos = self.archive.infolist()
        overlapping = _overlapping(infos)
        for index, (info, name) in enumerate(zip(infos, zip_names.names(infos, self._declared), strict=True)):
            name = name.replace("\\", "/")
            is_folder = name.endswith("/") or (info.external_attr & _DOS_FOLDER and not info.file_size)
            if not is_folder and not is_junk(name):
                yield Entry(index, name, info, index in overlapping)


def open_zip(file: IO[bytes]) -> Zip:
    """Raises: Rejected when the zip's list of files is damaged or unreasonably long."""
    try:
        at, size = _directory(file)
        if size > MAX_DIRECTORY_BYTES:
            raise _too_many()
        raw = zip_names.RawNames(file, at, size)
        archive = zipfile.ZipFile(raw, metadata_encoding=zip_names.RAW)
    except (zipfile.BadZipFile, ValueError, struct.error, OSError, NotImplementedError, EOFError) as error:
        message = f"The zip is damaged or incomplete ({error}). Make it again and upload it again."
        raise Rejected(Reason.CORRUPT, message) from error
    if len(archive.infolist()) > MAX_ENTRIES:
        raise _too_many()
    return Zip(archive, raw.declared)


def _too_many() -> Rejected:
    return Rejected(Reason.TOO_LARGE, f"The zip has more than {MAX_ENTRIES:,} files. Cut it into several zips.")


def _overlapping(infos: Sequence[zipfile.ZipInfo]) -> set[int]:
    """Places of entries that reach into the next one: a few bytes would be unpacked many times."""
    order = sorted(range(len(infos)), key=lambda place: infos[place].header_offset)
    found = set()
    for place, following in itertools.pairwise(order):
        info = infos[place]
        end = info.header_offset + _ENTRY_BYTES + len(info.orig_filename) + info.compress_size
        if end > infos[following].header_offset:
            found |= {place, following}
    return found


def is_junk(name: str) -> bool:
    """Files that macOS and Windows add by themselves: nobody wants to read about them."""
    path = PurePosixPath(name)
    return path.name in _JUNK_NAMES or path.name.startswith("._") or bool(_JUNK_FOLDERS & set(path.parts[:-1]))


def suffix(name: str) -> str:
    """The file ending to store a file under, lower case; "" for anything unusual."""
    found = PurePosixPath(name).suffix.lower()
    return found if found[1:].isascii() and found[1:].isalnum() and len(found) <= 6 else ""


def check(entry: Entry) -> None:
    """Raises: Rejected when the entry must not be unpacked."""
    parts = entry.name.split("/")
    drive = len(parts[0]) == 2 and parts[0][1] == ":"
    if ".." in parts or entry.name.startswith("/") or drive or "\0" in entry.name:
        raise Rejected(
            Reason.UNSAFE_PATH,
            "The file's path in the zip is absolute or leads out of it with “..”. Make the zip again from one folder.",
        )
    kind = stat.S_IFMT(entry.info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        message = "This is a link or a device, not a file. Put the picture itself into the zip."
        raise Rejected(Reason.SYMLINK, message)
    if entry.info.flag_bits & 0x1:
        raise Rejected(Reason.ENCRYPTED, "The file is encrypted. Make the zip again without a password.")
    if entry.overlaps:
        message = "The file shares its bytes with another one of the zip. Make the zip again with another program."
        raise Rejected(Reason.CORRUPT, message)
    if entry.info.compress_type not in _METHODS:
        method = _OTHER_METHODS.get(entry.info.compress_type, f"method {entry.info.compress_type}")
        message = f"The file is packed with {method}, which we can't unpack. Make the zip again with ordinary "
        raise Rejected(Reason.CORRUPT, f"{message}compression (Deflate).")


def unpack(archive: zipfile.ZipFile, entry: Entry, left: int) -> Iterator[bytes]:
    """The entry's bytes in chunks. What is not a picture is refused at its first bytes, before any is stored.

    Args: left: how many bytes this zip may still unpack to.
    Raises: Rejected, also half-way; the caller throws away what it has.
    """
    try:
        with archive.open(entry.info) as stream:
            yield from _counted(stream, left)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        raise Rejected(Reason.CORRUPT, f"The file is damaged in the zip ({error}). Make the zip again.") from error
    except (NotImplementedError, RuntimeError) as error:
        message = (
            f"The file is packed in a way we can't unpack ({error}). Make the zip again with ordinary compression."
        )
        raise Rejected(Reason.CORRUPT, message) from error


def _counted(stream: IO[bytes], left: int) -> Iterator[bytes]:
    chunk = stream.read(CHUNK)
    promised = sniff(chunk[:HEAD])
    if promised == "ZIP":
        message = "A zip inside a zip is not unpacked. Upload it by itself, or put its pictures straight into the zip."
        raise Rejected(Reason.NOT_AN_IMAGE, message)
    if chunk and not promised:
        raise Rejected(Reason.NOT_AN_IMAGE, f"This is not a picture we can read. Use {READABLE}.")
    count = 0
    while chunk:
        count += len(chunk)
        check_bytes(count)
        if count > left:
            raise Rejected(
                Reason.TOO_LARGE,
                f"The zip unpacks to more than {filesizeformat(settings.MAX_ZIP_BYTES)}. Cut it into several zips.",
            )
        yield chunk
        chunk = stream.read(CHUNK)


def check_bytes(count: int) -> None:
    """Raises: Rejected when a file of `count` bytes is larger than MAX_UPLOAD_BYTES."""
    if count > settings.MAX_UPLOAD_BYTES:
        limit = filesizeformat(settings.MAX_UPLOAD_BYTES)
        raise Rejected(
            Reason.TOO_LARGE, f"The file is larger than the {limit} allowed here. Make it smaller or cut it."
        )


def _directory(file: IO[bytes]) -> tuple[int, int]:
    """Where the zip's list of files is and its size, from its end record (the zip64 one where that is in use)."""
    size = file.seek(0, 2)
    start = max(0, size - 65_536 - 22 - 20)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise ValueError("its end is missing")
    found: int = struct.unpack_from("<I", tail, at + 12)[0]
    end = start + at
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
        file.seek(max(0, end - 20 - 56))
        record = file.read(56)
        if record[:4] == b"PK\x06\x06":
            found = struct.unpack_from("<Q", record, 40)[0]
            end -= 20 + 56
    file.seek(0)
    return end - found, found
