"""The bytes of a file: what they promise, a view of some of them, and errors of the disk told from damaged data."""

from __future__ import annotations

import errno
import io
from typing import IO

FORMATS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), "PNG": (".png",), "WEBP": (".webp",), "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"), "GIF": (".gif",), "HEIF": (".heic", ".heif", ".hif"), "AVIF": (".avif",),
    "JPEG2000": (".jp2", ".j2k", ".jpx", ".jpf"), "DICOM": (".dcm", ".dicom"),
    "RAW": (".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"),
}  # fmt: skip
"""What is read, each with the endings that its files have."""

READABLE = "JPEG, PNG, WebP, AVIF, HEIC, JPEG 2000, BMP, TIFF, GIF, DICOM or camera raw"
HEAD = 132
"""So many bytes say what a file is."""

_MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"GIF8": "GIF",
    b"PK\x03\x04": "ZIP",
    b"PK\x05\x06": "ZIP",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG2000",
    b"\xff\x4f\xff\x51": "JPEG2000",
    b"IIU\0": "RAW",  # Panasonic
    b"IIRO": "RAW",  # Olympus
    b"IIRS": "RAW",
    b"FUJIFILMCCD-RAW": "RAW",
}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_PIXELS = {b"VP8 ", b"VP8L", b"ALPH", b"ANMF", b"mdat"}
UNFILLED = 16 * 1024
"""So many zeros are no pixels. (Other things that lie in the same place, a camera's notes, have fewer.)"""

PIECE = 1024**2
_OF_OUR_DATA = {None, errno.EINVAL, errno.EOVERFLOW}  # a file that says where to seek says nonsense


def sniff(head: bytes) -> str:
    """The format that a file's first bytes (HEAD of them) promise: one of FORMATS, "ZIP", or "" for anything else.
    Most camera raw files are TIFF; "RAW" are those that are not, or not in a way to be read as one."""
    if head[8:10] == b"CR" and head[:4] == b"II*\0":
        return "RAW"  # Canon
    if head[4:8] == b"ftyp":
        return _sniff_boxes(head)
    if head[:4] == b"RIFF":
        return "WEBP" if head[8:12] == b"WEBP" else ""
    found = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
    return found or ("DICOM" if head[128:132] == b"DICM" else "")


def _sniff_boxes(head: bytes) -> str:
    end = min(len(head), int.from_bytes(head[:4], "big"))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    if brands & _HEIF:
        return "HEIF"
    return "RAW" if b"crx " in brands else ""


def end_without_zeros(file: IO[bytes]) -> int:
    """Where the zeros at a file's end begin; its size when there are none."""
    end = file.seek(0, 2)
    while end > 0:
        start = max(0, end - PIECE)
        file.seek(start)
        chunk = file.read(end - start)
        rest = len(chunk.rstrip(b"\0"))
        end = start + rest
        if rest:
            break
    return end


def is_unfilled(file: IO[bytes], promised: str) -> bool:
    """Whether the packed pixels of a WebP, AVIF or HEIC end in zeros: room was made for the file, and it was not copied
    to its end. Their decoders take zeros for pixels."""
    size, end = file.seek(0, 2), end_without_zeros(file)
    if size - end < UNFILLED:
        return False
    at, kind = (12 if promised == "WEBP" else 0), b""
    while at < end:
        file.seek(at)
        head = file.read(16)
        if promised == "WEBP":
            kind, length = head[:4], 8 + (int.from_bytes(head[4:8], "little") + 1) // 2 * 2
        else:
            kind, length = head[4:8], int.from_bytes(head[:4], "big")
            length = int.from_bytes(head[8:16], "big") if length == 1 else length or size - at
        if length < 8:
            return False
        at += length
    return kind in _PIXELS and min(at, size) - end >= UNFILLED


def is_own_trouble(error: OSError) -> bool:
    """Whether an error is of the disk, not of the file's content: decoders raise OSError without a number, too."""
    return error.errno not in _OF_OUR_DATA


class Source(io.RawIOBase):
    """A file that remembers in `trouble` when reading it failed: a decoder may call that damage, but it is not."""

    name = ""  # pydicom asks for one

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.trouble: OSError | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        try:
            data = self._file.read(len(buffer))
        except OSError as error:
            self.trouble = error
            raise
        buffer[: len(data)] = data
        return len(data)


class Pieces(io.RawIOBase):
    """Some pieces of a file, and bytes of our own between them, as one file; nothing is copied.

    pieces: (start, length) in `file`, or bytes.
    """

    def __init__(self, file: IO[bytes], pieces: list[tuple[int, int] | bytes]) -> None:
        self._file, self._at = file, 0
        self._pieces: list[tuple[int, int, tuple[int, int] | bytes]] = []
        place = 0
        for piece in pieces:
            length = len(piece) if isinstance(piece, bytes) else piece[1]
            self._pieces.append((place, place + length, piece))
            place += length
        self._size = place

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        for start, end, piece in self._pieces:
            if start <= self._at < end:
                skip, count = self._at - start, min(len(buffer), end - self._at)
                if isinstance(piece, bytes):
                    data = piece[skip : skip + count]
                else:
                    self._file.seek(piece[0] + skip)
                    data = self._file.read(count)
                buffer[: len(data)] = data
                self._at += len(data)
                return len(data)
        return 0
