"""Label Studio's brush: the RGBA picture of a mask, row by row, run-length encoded in bits of no whole bytes.

The first 32 bits are the number of values (4 × width × height), then 5 bits the size of a value minus one, and four
times 4 bits the sizes, minus one, that a length can have. Blocks follow until there are so many values: a bit (1: one
value that is repeated), two bits for the size of the length, the length minus one, and the value or values. A pixel
belongs to the mask when its fourth value, alpha, is not 0. Only that is kept of the picture.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from labeling import masks
from labeling.exchange.codecs import CodecError, size_text

_SIZES = (3, 4, 8, 16)
_LONGEST = 2**16  # values in one block
_HEADER = 32 + 5 + 16
_BITS_AT_ONCE = 2**16


def counts_of(rle: Sequence[Any] | bytes, height: int, width: int) -> tuple[str, str]:
    """The canonical counts of a brush's RLE (a list of bytes) for a picture of `height×width`, and what was repaired.

    Raises: CodecError.
    """
    data = _bytes(rle)
    if len(data) * 8 < _HEADER:
        raise CodecError(f"the brush RLE has {len(data)} bytes, less than its header")
    reader = _Bits(data)
    values, word = reader.take(32), reader.take(5) + 1
    sizes = [reader.take(4) + 1 for _ in _SIZES]
    if values != 4 * height * width:
        raise CodecError(f"the brush RLE has {values} values; {size_text(height, width)} with 4 each has "
                         f"{4 * height * width}")  # fmt: skip
    if word != 8:
        raise CodecError(f"the brush RLE has values of {word} bits, not of 8")
    alpha = np.zeros(height * width, bool)
    _fill(alpha, reader, sizes)
    spare = len(data) - (reader.at + 7) // 8
    note = "" if spare <= 1 else f"{spare} bytes behind the mask were left out"
    return masks.encode(alpha.reshape(height, width)), note


def _fill(alpha: masks.Bits, reader: "_Bits", sizes: list[int]) -> None:
    """Set the pixels whose alpha is not 0. Raises: CodecError unless the blocks are exactly as many values."""
    done, values = 0, 4 * len(alpha)
    while done < values:
        repeated, size = reader.take(1), sizes[reader.take(2)]
        length = reader.take(size) + 1
        if done + length > values:
            raise CodecError(f"the brush RLE goes on behind its {values} values")
        first, last = done // 4, (done + length) // 4  # the pixels whose fourth value is in this block
        if repeated:
            if reader.take(8):
                alpha[first:last] = True
        else:
            alpha[first:last] = reader.words(length)[3 - done % 4 :: 4] != 0
        done += length


class _Bits:
    """Reads numbers of any size from bytes, the highest bit first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._end = 8 * len(data)
        self.at = 0

    def take(self, size: int) -> int:
        """The next `size` bits, 32 at most. Raises: CodecError at the end."""
        begin, end = self.at, self.at + size
        if end > self._end:
            raise CodecError("the brush RLE ends before the mask does")
        self.at = end
        last = (end + 7) >> 3
        number = int.from_bytes(self._data[begin >> 3 : last], "big")
        return (number >> (8 * last - end)) & ((1 << size) - 1)

    def words(self, count: int) -> npt.NDArray[np.uint8]:
        """The next `count` bytes. Raises: CodecError at the end."""
        if self.at + 8 * count > self._end:
            raise CodecError("the brush RLE ends before the mask does")
        first, shift = divmod(self.at, 8)
        self.at += 8 * count
        found = np.frombuffer(self._data, np.uint8, count, first)
        if not shift:
            return found
        after = np.frombuffer(self._data, np.uint8, count, first + 1)
        return (found << np.uint8(shift)) | (after >> np.uint8(8 - shift))


def _bytes(rle: Sequence[Any] | bytes) -> bytes:
    if isinstance(rle, bytes | bytearray):
        return bytes(rle)
    if not isinstance(rle, Sequence) or isinstance(rle, str):
        raise CodecError("the brush RLE is not a list of bytes")
    if not set(map(type, rle)) <= {int} or (rle and not 0 <= min(rle) <= max(rle) <= 255):
        raise CodecError("the brush RLE has a value that is not a byte (0 to 255)")
    return bytes(rle)


def of(counts: str, height: int, width: int) -> list[int]:
    """The bytes of Label Studio's brush RLE of a mask of `height×width`; its pixels are opaque white, the rest is
    transparent black. Raises: MaskError."""
    if 4 * height * width >= 2**32:
        raise CodecError(f"{size_text(height, width)} is more than a brush RLE can say")
    out, pending, waiting = bytearray(), [_header(height * width)], _HEADER
    for length, value in _lengths(4 * _row_runs(counts, height, width)):
        block = _block(length, value)
        pending.append(block)
        waiting += len(block)
        if waiting >= _BITS_AT_ONCE:
            text = "".join(pending)
            whole = len(text) // 8 * 8
            out += int(text[:whole], 2).to_bytes(whole // 8, "big")
            pending, waiting = [text[whole:]], len(text) - whole
    text = "".join(pending)
    text += "0" * (8 - len(text) % 8)  # a whole spare byte where Label Studio's own has one
    out += int(text, 2).to_bytes(len(text) // 8, "big")
    return list(out)


def _row_runs(counts: str, height: int, width: int) -> masks.Runs:
    """The runs of a mask along the rows of its view, zeros first; only its box is decoded."""
    counts = masks.canonical(counts, height, width)
    _, box = masks.area_and_box(counts, height, width)
    cells = np.zeros((box.height, box.width + 2), np.int8)
    cells[:, 1:-1] = masks.inside(counts, height, width, box)
    row, column = np.nonzero(np.diff(cells, axis=1))
    edges = (box.y + row) * width + box.x + column
    same = np.flatnonzero(np.diff(edges) == 0)  # a row ends where the next begins: that is no edge
    edges = np.delete(edges, np.concatenate([same, same + 1]))
    return np.diff(edges, prepend=0, append=height * width)


def _header(pixels: int) -> str:
    return f"{4 * pixels:032b}{8 - 1:05b}" + "".join(f"{size - 1:04b}" for size in _SIZES)


def _lengths(runs: masks.Runs) -> Iterator[tuple[int, bool]]:
    """Runs, zeros first, in parts of as many values as a block can have, with the value of each."""
    value = False
    for run in runs.tolist():
        while run > _LONGEST:
            yield _LONGEST, value
            run -= _LONGEST
        if run:
            yield run, value
        value = not value


def _block(length: int, value: bool) -> str:
    index = next(at for at, size in enumerate(_SIZES) if length <= 2**size)
    return f"1{index:02b}{length - 1:0{_SIZES[index]}b}{'1' * 8 if value else '0' * 8}"
