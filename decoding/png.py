"""PNG chunk by chunk: a whole picture is not damaged because of a text beside it, nor a bomb because of one."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import IO

from decoding import colour
from decoding.sources import Pieces

_CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_NEEDED = _CRITICAL | {b"tRNS", b"eXIf"}
_COLOUR = {b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"acTL"}
SMALL = 64 * 1024**2  # more than any colour profile or EXIF block that is worth reading
_PIECE = 1024**2
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row of each pass, and the steps between its columns and rows."""
_SRGB_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


@dataclass
class Chunks:
    """What a PNG says besides its pixels. `plain`: it says nothing, so that every program shows the stored values."""

    pieces: list[tuple[int, int] | bytes] = field(default_factory=list)
    found: dict[bytes, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    plain: bool = True

    @property
    def frames(self) -> int:
        """Of an animation; the picture that is read is the one every program shows."""
        data = self.found.get(b"acTL", b"")
        return max(1, int.from_bytes(data[:4], "big")) if len(data) >= 8 else 1

    def profile(self) -> bytes | None:
        """The colour profile: by cICP, iCCP, sRGB, or cHRM with gAMA, whichever comes first in this order. A gAMA alone
        is left out of account: most of them were written by programs that did not mean it."""
        if len(coded := self.found.get(b"cICP", b"")) == 4:
            return colour.coded_profile(coded[0], coded[1])
        if b"iCCP" in self.found:
            return _inflated(self.found[b"iCCP"])
        if b"sRGB" in self.found:
            return None
        return _measured(self.found.get(b"cHRM", b""), self.found.get(b"gAMA", b""))


def _inflated(data: bytes) -> bytes:
    """The profile in an iCCP chunk; b"" (unusable) when it is damaged or larger than any profile."""
    _, _, packed = data.partition(b"\0")
    try:
        unpacker = zlib.decompressobj()
        profile = unpacker.decompress(packed[1:], colour.LARGEST_PROFILE)
    except zlib.error:
        return b"damaged"
    return profile if unpacker.eof else b"damaged"


def _measured(chromaticities: bytes, gamma: bytes) -> bytes | None:
    if len(chromaticities) != 32 or len(gamma) != 4:
        return None
    numbers = tuple(value / 100_000 for value in struct.unpack(">8I", chromaticities))
    exponent = int.from_bytes(gamma, "big") / 100_000
    if not 0.05 <= exponent <= 5:
        return None
    near = _is_near_srgb(chromaticities)
    if near and abs(exponent - 0.45455) < 0.01:
        return None
    curve = None if abs(exponent - 0.45455) < 0.01 and near else 1 / exponent
    return colour.rgb_profile(numbers[2:], (numbers[0], numbers[1]), curve)


def walk(file: IO[bytes]) -> Chunks:
    """Read the list of chunks; of ancillary ones only what matters, and only if its checksum is right.

    Raises: ValueError when there is no header.
    """
    size = file.seek(0, 2)
    chunks, at = Chunks([b"\x89PNG\r\n\x1a\n"]), 8
    while at + 12 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        end = at + 12 + length
        if kind in _CRITICAL:
            chunks.pieces.append((at, min(end, size) - at))
        elif end <= size:
            _note(file, kind, length, at, chunks)
        if kind == b"IEND" or length > 2**31:
            break
        at = end
    if len(chunks.pieces) < 2:
        raise ValueError("its header is missing")
    return chunks


def _note(file: IO[bytes], kind: bytes, length: int, at: int, chunks: Chunks) -> None:
    """An ancillary chunk: kept for the decoder, kept for us, or left out."""
    if kind not in _NEEDED | _COLOUR:
        # Pillow and browsers unpack texts, and stop at a checksum: the original is shown only where that is harmless.
        harmless = kind not in (b"zTXt", b"iTXt") and length <= 65_536
        chunks.plain = chunks.plain and harmless and _is_right(file, kind, length)
        return
    if length > SMALL or not _is_right(file, kind, length):
        chunks.plain = False
        chunks.notes.append(f"Its {kind.decode()} block is damaged and left out of account.")
        return
    if kind in _NEEDED:
        chunks.pieces.append((at, 12 + length))
        return
    file.seek(at + 8)
    chunks.found.setdefault(kind, file.read(length))
    chunks.plain = chunks.plain and _is_harmless(kind, chunks.found[kind])


def _is_harmless(kind: bytes, data: bytes) -> bool:
    """Whether a browser shows the stored values with it (for a profile the caller looks further)."""
    if kind == b"gAMA":
        return data == (45455).to_bytes(4, "big")
    if kind == b"cHRM":
        return len(data) == 32 and _is_near_srgb(data)
    return kind == b"sRGB" or (kind == b"iCCP" and len(data) <= 65_536)


def _is_near_srgb(chromaticities: bytes) -> bool:
    numbers = [value / 100_000 for value in struct.unpack(">8I", chromaticities)]
    return all(abs(a - b) < 0.002 for a, b in zip(numbers, _SRGB_CHROMATICITIES, strict=True))


def _is_right(file: IO[bytes], kind: bytes, length: int) -> bool:
    data = file.read(length)
    return zlib.crc32(data, zlib.crc32(kind)) == int.from_bytes(file.read(4), "big")


def check_pixels(file: IO[bytes], chunks: Chunks) -> None:
    """Pillow looks at no checksum of the packed pixels, browsers do. Raises: ValueError."""
    for piece in chunks.pieces:
        if isinstance(piece, bytes) or piece[1] < 12:
            continue
        file.seek(piece[0])
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind != b"IDAT" or piece[1] < 12 + length:
            continue
        found, left = zlib.crc32(kind), length
        while left > 0 and (data := file.read(min(left, _PIECE))):
            found, left = zlib.crc32(data, found), left - len(data)
        if found != int.from_bytes(file.read(4), "big"):
            raise ValueError("the checksum of its pixels is wrong")


def ends_early(file: IO[bytes], chunks: Chunks) -> bool:
    """Whether the packed pixels end properly but hold too few rows: Pillow takes such a picture, and leaves the rest
    black. Unpacks the pixels once more, a piece at a time, so it is asked only where the last row is black.

    Raises: zlib.error.
    """
    left = _unpacked_bytes(file, chunks)
    unpacker = zlib.decompressobj()
    for piece in chunks.pieces:
        if isinstance(piece, bytes):
            continue
        file.seek(piece[0] + 4)
        if file.read(4) != b"IDAT":
            continue
        packed = piece[1] - 12
        while packed > 0 and (data := file.read(min(packed, _PIECE))):
            packed -= len(data)
            while data and left > 0:
                left -= len(unpacker.decompress(data, _PIECE))
                data = unpacker.unconsumed_tail
        if left <= 0 or unpacker.eof:
            break
    return left > 0


def _unpacked_bytes(file: IO[bytes], chunks: Chunks) -> int:
    """What the header promises: rows, each with the byte that names its filter (PNG, 7.2 and 8.2)."""
    at = next(piece[0] for piece in chunks.pieces if not isinstance(piece, bytes))
    file.seek(at + 8)
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", file.read(13))
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    total = 0
    for left, top, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = max(0, -(-(width - left) // across)), max(0, -(-(height - top) // down))
        total += rows * (1 + -(-columns * bits // 8)) if columns else 0
    return total


def without_the_rest(file: IO[bytes], chunks: Chunks) -> Pieces:
    """The PNG with what its decoder needs, and nothing else."""
    return Pieces(file, chunks.pieces)
