"""Reading a zip that may be hostile: nothing is trusted that its headers say."""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from labeling.images.models import UploadItem
from labeling.images.reading import READABLE, Rejected, sniff

Reason = UploadItem.Reason
CHUNK = 1024 * 1024
# About 600,000 files. Python reads the whole list of a zip into memory when opening it.
MAX_DIRECTORY_BYTES = 64 * 1024**2
_JUNK_FOLDERS = {"__MACOSX"}
_JUNK_NAMES = {".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Entry:
    """A file of a zip: its place (from 0), its name as given, and how to read it."""

    index: int
    name: str
    info: zipfile.ZipInfo


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Raises: Rejected when the zip's list of files is damaged or unreasonably long."""
    try:
        if _directory_bytes(file) > MAX_DIRECTORY_BYTES:
            raise Rejected(Reason.TOO_LARGE, "The zip has too many files. Cut it into several zips.")
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, struct.error, OSError, NotImplementedError, EOFError) as error:
        message = f"The zip is damaged or incomplete ({error}). Make it again and upload it again."
        raise Rejected(Reason.CORRUPT, message) from error


def entries(archive: zipfile.ZipFile) -> Iterator[Entry]:
    """Every file, without folders and what operating systems leave behind."""
    for index, info in enumerate(archive.infolist()):
        name = info.orig_filename.replace("\\", "/")
        if not info.is_dir() and not name.endswith("/") and not is_junk(name):
            yield Entry(index, name, info)


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
    promised = sniff(chunk[:32])
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


def _directory_bytes(file: IO[bytes]) -> int:
    """The size of the zip's list of files, from its end record (the zip64 one where that is in use)."""
    size = file.seek(0, 2)
    start = max(0, size - 65_536 - 22 - 20)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise ValueError("its end is missing")
    found: int = struct.unpack_from("<I", tail, at + 12)[0]
    if found == 0xFFFFFFFF and tail[at - 20 : at - 16] == b"PK\x06\x07":
        file.seek(struct.unpack_from("<Q", tail, at - 12)[0])
        found = struct.unpack_from("<Q", file.read(56), 40)[0]
    file.seek(0)
    return found
