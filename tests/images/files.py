"""Files for the upload tests, made here so that every pixel is known."""

import io
import struct
import zipfile
import zlib
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

Array = npt.NDArray[Any]

# What a viewer does for each EXIF orientation, in numpy and independent of the code under test.
UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).swapaxes(0, 1),
    8: lambda stored: np.rot90(stored),
}


def blocks(height: int = 48, width: int = 64) -> Array:
    """H×W×3 uint8, unlike itself under every rotation and mirroring; flat 16-pixel blocks survive JPEG nearly whole."""
    random = np.random.default_rng(7)
    small = random.integers(30, 226, (height // 16, width // 16, 3), dtype=np.uint8)
    return small.repeat(16, axis=0).repeat(16, axis=1)


def gradient16(height: int = 60, width: int = 80, channels: int = 3) -> Array:
    """H×W(×C) uint16, from 1000 to about 40000, different in each channel."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [1000 + (x * 300 + y * (150 + 50 * c)) for c in range(channels)]
    return np.stack(planes, axis=-1).squeeze().astype(np.uint16)


def pillow_file(image: Pillow.Image | Array, format: str, orientation: int | None = None, **options: Any) -> bytes:
    """The image as a file of this format, with an EXIF orientation if given."""
    image = image if isinstance(image, Pillow.Image) else Pillow.fromarray(image)
    if orientation is not None:
        exif = Pillow.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def png16(pixels: Array) -> bytes:
    """H×W, H×W×3 RGB or H×W×4 RGBA uint16 as a 16-bit PNG."""
    order: Any = {2: slice(None), 3: [2, 1, 0], 4: [2, 1, 0, 3]}[pixels.ndim if pixels.ndim == 2 else pixels.shape[2]]
    done, data = cv2.imencode(".png", pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., order]))
    assert done
    return data.tobytes()


def tiff(pixels: Array, orientation: int = 1, photometric: int | None = None) -> bytes:
    """H×W or H×W×C of any number type as an uncompressed little-endian TIFF, byte by byte."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    bits, kind = pixels.dtype.itemsize * 8, {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    raw = np.ascontiguousarray(pixels).tobytes()
    colour = photometric if photometric is not None else (2 if channels >= 3 else 1)
    tags: list[tuple[int, str, list[int]]] = [
        (256, "I", [width]), (257, "I", [height]), (258, "H", [bits] * channels), (259, "H", [1]),
        (262, "H", [colour]), (273, "I", [8]), (274, "H", [orientation]), (277, "H", [channels]),
        (278, "I", [height]), (279, "I", [len(raw)]), (339, "H", [kind] * channels),
    ]  # fmt: skip
    if channels in (2, 4) and colour != 5:
        tags.insert(-1, (338, "H", [2]))
    raw += b"\0" * (len(raw) % 2)
    spare_at = 8 + len(raw) + 2 + 12 * len(tags) + 4
    rows = spare = b""
    for number, code, values in tags:
        data = struct.pack(f"<{len(values)}{code}", *values)
        if len(data) > 4:
            data, spare = struct.pack("<I", spare_at + len(spare)), spare + data
        rows += struct.pack("<HHI", number, 4 if code == "I" else 3, len(values)) + data.ljust(4, b"\0")
    head = struct.pack("<2sHI", b"II", 42, 8 + len(raw))
    return head + raw + struct.pack("<H", len(tags)) + rows + bytes(4) + spare


def bomb_png(width: int, height: int) -> bytes:
    """A tiny PNG whose header promises width × height pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(999))) + chunk(b"IEND", b"")


def zip_file(
    files: dict[str, bytes], *, links: dict[str, str] | None = None, method: int = zipfile.ZIP_STORED
) -> bytes:
    """A zip with these files, and symbolic links name → target."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, data)
        for name, target in (links or {}).items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, target)
    return out.getvalue()


def encrypted(data: bytes) -> bytes:
    """The same zip with every file marked as encrypted, in its local and its central header."""
    changed = bytearray(data)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(magic)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(magic, at + 4)
    return bytes(changed)


def assert_close(found: Array, expected: Array, tolerance: float = 3.0) -> None:
    """Equal in size, and in each 16-pixel block on average (lossy formats)."""
    assert found.shape == expected.shape
    difference = np.abs(found.astype(float) - expected.astype(float))
    assert difference.mean() < tolerance, difference.mean()
