"""The names in a zip, as the people who gave them would read them.

A zip says of a name that it is UTF-8 or says nothing. In order: Info-ZIP's extra field 0x7075, if its checksum is that
of the raw name; UTF-8 where that is declared; else all other names of the archive are judged together
(`labeling.images.codepages`): Debian's `zip` writes UTF-8 without saying so, Windows tools write the machine's code
page. Names are composed (NFC): macOS stores them decomposed.
"""

import io
import struct
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from typing import IO
from zipfile import ZipInfo

from labeling.images import codepages

RAW = "latin-1"
"""With this `metadata_encoding` the characters of a name are its bytes."""

_UTF8 = 0x800
_HEADER = b"PK\x01\x02"
_HEADER_BYTES = 46
_LOCAL = b"PK\x03\x04"
_LOCAL_BYTES = 30


class RawNames(io.RawIOBase):
    """A zip's file in which no name is declared as UTF-8, so that `zipfile` hands out every name's bytes.

    `zipfile` itself refuses a whole archive for one name that is declared as UTF-8 and is not.
    """

    def __init__(self, file: IO[bytes], directory_at: int, directory_bytes: int) -> None:
        """directory_at, directory_bytes: where the list of files is."""
        self._file, self._at, self._bytes = file, directory_at, directory_bytes
        self.declared: set[int] = set()
        """Places (from 0) of the names that were declared as UTF-8. Known once the list was read."""

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        is_directory = size == self._bytes and self._file.tell() == self._at
        found = self._file.read(size)
        if is_directory:
            return self._undeclared(found)
        if size == _LOCAL_BYTES and found.startswith(_LOCAL):  # `zipfile` compares its name with that of the list
            flags = struct.unpack_from("<H", found, 6)[0] & ~_UTF8
            return found[:6] + struct.pack("<H", flags) + found[8:]
        return found

    def close(self) -> None:
        """The file is its owner's."""

    def _undeclared(self, directory: bytes) -> bytes:
        changed, at, place = bytearray(directory), 0, 0
        while directory[at : at + 4] == _HEADER and at + _HEADER_BYTES <= len(directory):
            flags = struct.unpack_from("<H", directory, at + 8)[0]
            if flags & _UTF8:
                self.declared.add(place)
                struct.pack_into("<H", changed, at + 8, flags & ~_UTF8)
            at, place = at + _HEADER_BYTES + sum(struct.unpack_from("<HHH", directory, at + 28)), place + 1
        return bytes(changed)


def names(infos: Sequence[ZipInfo], declared: set[int]) -> list[str]:
    """A name for each entry, whose `orig_filename` is its bytes (`RAW`). declared: places of names declared UTF-8."""
    raw = [info.orig_filename.encode(RAW, "replace") for info in infos]
    found: list[str | None] = [_in_extra(info.extra, name) for info, name in zip(infos, raw, strict=True)]
    for place in declared & set(range(len(raw))):
        found[place] = found[place] or _utf8(raw[place])
    unsure = [name for name, text in zip(raw, found, strict=True) if text is None]
    codec = codepages.judge(unsure)
    return [
        unicodedata.normalize("NFC", name.decode(codec, "replace") if text is None else text)
        for name, text in zip(raw, found, strict=True)
    ]


def _in_extra(extra: bytes, raw: bytes) -> str | None:
    """The name in extra field 0x7075, if it was written for this one: a tool that renames may leave the old one."""
    for kind, data in _fields(extra):
        if kind == 0x7075 and data[:5] == b"\1" + struct.pack("<I", zlib.crc32(raw)):
            return _utf8(data[5:])
    return None


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8") or None
    except UnicodeDecodeError:
        return None
