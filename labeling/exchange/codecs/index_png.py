"""PNGs whose pixels are numbers: of classes, of instances, of panoptic segments.

The size is checked from the header before pixels are decoded, and numbers are never scaled: a palette picture gives
its indices, a grey one its values (16 bits stay 16 bits), an RGB one `R + 256 G + 65536 B`, which a table of colours
turns into indices.
"""

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from labeling import masks
from labeling.exchange.codecs import CodecError, size_text

Pillow.MAX_IMAGE_PIXELS = None  # the size is checked here, against the picture's

Index = npt.NDArray[Any]
"""`height×width`, uint8, uint16 or uint32."""
Palette = npt.NDArray[np.uint8]
"""`n×3`: RGB of each index."""
Color = tuple[int, int, int]

VOID = 255
"""Pascal VOC's border and difficult pixels: no class and no object."""

MOST_SEGMENTS = 100_000
_AT_ONCE = 2**20  # pixels
_MODES = {"1": np.uint8, "L": np.uint8, "P": np.uint8, "I;16": np.uint16, "I;16B": np.uint16, "I": np.uint16}
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, UnidentifiedImageError, Pillow.DecompressionBombError)


@dataclass(frozen=True)
class IndexPicture:
    """`values`: the numbers, `height×width`. `palette`: of a palette picture. `colors`: the values are RGB, as
    `color_code` has it."""

    values: Index
    palette: Palette | None
    colors: bool


def read(file: IO[bytes] | bytes, height: int, width: int) -> IndexPicture:
    """A PNG for a picture of `height×width`. A picture of one bit a pixel has 0 and 1.

    Raises: CodecError when it is no PNG, has another size, is damaged, or has pixels that are no numbers (16-bit
    colours, partly transparent ones).
    """
    source = io.BytesIO(file) if isinstance(file, bytes | bytearray) else file
    *size, deep = _header(source)
    if size != [height, width]:
        raise CodecError(f"the PNG has {size_text(*size)}; the picture is {size_text(height, width)}")
    try:
        with Pillow.open(source, formats=["PNG"]) as opened:
            opened.load()
            return _taken(opened, deep)
    except CodecError:
        raise
    except _UNREADABLE as error:
        raise CodecError(f"this is not a whole PNG ({type(error).__name__})") from error


def patch(content: bytes, left: int, top: int, height: int, width: int) -> tuple[str, str]:
    """The canonical counts, for a picture of `height×width`, of a PNG whose first pixel is at `left, top` (its pixels
    that are not 0 are set), and what was repaired: what of it is outside is cut off. Raises: CodecError."""
    down, across, _ = _header(io.BytesIO(content))
    if across > 2 * width or down > 2 * height:
        raise CodecError(f"the PNG has {size_text(down, across)}; the picture is {size_text(height, width)}")
    box = (max(0, left), max(0, top), min(width, left + across), min(height, top + down))
    whole = f"the PNG of {size_text(down, across)} at {left}, {top}"
    if box[0] >= box[2] or box[1] >= box[3]:
        raise CodecError(f"{whole} is not inside {size_text(height, width)}")
    bits = read(content, down, across).values > 0
    note = ""
    if (box[2] - box[0], box[3] - box[1]) != (across, down):
        note = f"{whole} was cut off at {size_text(height, width)}"
        bits = bits[box[1] - top : box[3] - top, box[0] - left : box[2] - left]
    return masks.encode_patch(bits, box[0], box[1], height, width), note


def _header(source: IO[bytes]) -> tuple[int, int, bool]:
    """Height and width, and whether it has 16 bits a channel, of which Pillow would drop 8 where there are colours."""
    head = source.read(26)
    source.seek(0)
    if len(head) < 26 or head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR":
        raise CodecError("this is not a PNG; pixels that are numbers need one, as other pictures change values")
    width, height, depth = struct.unpack(">IIB", head[16:25])
    return height, width, depth == 16


def _taken(opened: Pillow.Image, deep: bool) -> IndexPicture:
    if opened.mode in _MODES:
        palette = None
        if opened.mode == "P":
            palette = np.array(opened.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
        return IndexPicture(np.asarray(opened).astype(_MODES[opened.mode]), palette, False)
    if deep:
        raise CodecError("the PNG has colours of 16 bits; indices have 8 or 16 bits of grey, or 8 of each colour")
    pixels = np.asarray(opened)
    if opened.mode in ("RGBA", "LA"):
        if pixels[..., -1].min() < 255:
            raise CodecError("the PNG is transparent in places; its pixels are no numbers")
        if opened.mode == "LA":
            return IndexPicture(pixels[..., 0].copy(), None, False)
    elif opened.mode != "RGB":
        raise CodecError(f"the PNG has pixels of the kind {opened.mode}, which are no numbers")
    values = pixels[..., 0].astype(np.uint32)
    values |= pixels[..., 1].astype(np.uint32) << np.uint32(8)
    values |= pixels[..., 2].astype(np.uint32) << np.uint32(16)
    return IndexPicture(values, None, True)


def color_code(color: Color) -> int:
    """An RGB colour as one number: `R + 256 G + 65536 B`, which is COCO panoptic's id too."""
    return color[0] + 256 * color[1] + 65536 * color[2]


def indices(picture: IndexPicture, table: Mapping[Color, int]) -> Index:
    """The index of each pixel, `height×width`; of an RGB picture by its colour in `table` (indices below 65536).

    Raises: CodecError that names a colour the table lacks.
    """
    if not picture.colors:
        return picture.values
    codes = np.array(sorted((color_code(color), index) for color, index in table.items()), np.int64).reshape(-1, 2)
    flat = picture.values.ravel()
    found = np.zeros(len(flat), np.uint16)
    for at in range(0, len(flat), _AT_ONCE):
        part = flat[at : at + _AT_ONCE]
        places = np.minimum(np.searchsorted(codes[:, 0], part), len(codes) - 1)
        unknown = np.flatnonzero(codes[places, 0] != part) if len(codes) else np.arange(len(part))
        if len(unknown):
            code = int(part[unknown[0]])
            raise CodecError(f"the colour {code & 255}, {code >> 8 & 255}, {code >> 16} belongs to no class")
        found[at : at + len(part)] = codes[places, 1]
    return found.reshape(picture.values.shape)


def segments(values: Index, most: int = MOST_SEGMENTS) -> Iterator[tuple[int, str]]:
    """Each number of an index picture, the lowest first, with the counts of its pixels. The picture is gone through
    once, however many numbers it has. Raises: CodecError when there are more than `most`."""
    height, width = values.shape
    flat = values.T.ravel()
    begins = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    numbers = flat[begins]
    edges = np.stack([begins, np.append(begins[1:], len(flat))], axis=1)
    order = np.argsort(numbers, kind="stable")
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(numbers[order].astype(np.int64))) + 1, [len(order)]])
    if len(cuts) - 1 > most:
        raise CodecError(f"the picture has {len(cuts) - 1} different numbers; {most} can be read")
    for first, last in zip(cuts[:-1], cuts[1:], strict=True):
        runs = np.diff(edges[order[first:last]].ravel(), prepend=0, append=len(flat))
        yield int(numbers[order[first]]), masks.canonical_runs(runs, height, width)


def write(values: Index, palette: Palette | None = None) -> bytes:
    """A PNG of `height×width` numbers: grey of 8 or 16 bits, or with a palette (uint8 only); of `height×width×3`
    uint8, RGB."""
    picture = Pillow.fromarray(np.ascontiguousarray(values))
    if palette is not None:
        picture.putpalette(palette.tobytes(), "RGB")
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


def voc_palette(count: int = 256) -> Palette:
    """Pascal VOC's colours, `count×3`: the bits of the index, the lowest three to the highest bits of R, G and B, and
    so on. 255 is its void."""
    index = np.arange(count)
    colors = np.zeros((count, 3), np.uint8)
    for place in range(8):
        for channel in range(3):
            colors[:, channel] |= ((index >> (3 * place + channel) & 1) << (7 - place)).astype(np.uint8)
    return colors
