"""From an uploaded file to the view: upright, 8-bit RGB.

What is accepted, and what becomes of it:

- JPEG, PNG, WebP, BMP, TIFF and GIF; of several frames or pages the first.
- EXIF orientation is applied once, here. Alpha is flattened on white. Palette and grey become RGB.
- An ICC profile (also of CMYK) is converted to sRGB; a profile that can't be used is left out of account.
- More than 8 bits (16-bit PNG; 16/32-bit and float TIFF) are mapped through one *window* for all channels, from the
  0.1st to the 99.9th percentile: a single hot pixel must not make the picture black. The window is kept in `source`.
"""

import io
import struct
import warnings
from dataclasses import dataclass, field
from typing import IO, Any

import cv2
import numpy as np
import numpy.typing as npt
from django.conf import settings
from PIL import Image as Pillow
from PIL import ImageCms, UnidentifiedImageError
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from labeling.images.models import UploadItem

# Our own limit is checked on the header, before any decoding; Pillow's would only warn, at another number.
Pillow.MAX_IMAGE_PIXELS = None

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
READABLE = "JPEG, PNG, WebP, BMP, TIFF or GIF"
BROWSER_FORMATS = {"JPEG", "PNG", "WEBP"}
PERCENTILES = (0.1, 99.9)
STRIP = 256  # rows
SAMPLE_KINDS = {1: "uint", 2: "int", 3: "float"}

Pixels = npt.NDArray[np.uint8]
Reason = UploadItem.Reason

_TRANSPOSE = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
_MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"RIFF": "WEBP",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"GIF8": "GIF",
    b"PK\x03\x04": "ZIP",
    b"PK\x05\x06": "ZIP",
}


class Rejected(Exception):
    """The file can't be used; `reason` is for programs, `message` tells the person what to do."""

    def __init__(self, reason: UploadItem.Reason, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


@dataclass(frozen=True)
class Picture:
    """A file that was read: the view as a Pillow RGB image, and what the original was."""

    view: Pillow.Image
    source: dict[str, Any] = field(default_factory=dict)
    reusable: bool = False  # a browser shows exactly this view when given the original
    deep: npt.NDArray[Any] | None = None
    """All bits of an upright original with more than 8 of them and nothing else to it, in OpenCV's order."""


def sniff(head: bytes) -> str:
    """The format that a file's first bytes promise: one of FORMATS, "ZIP", or "" for anything else."""
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return "" if name == "WEBP" and head[8:12] != b"WEBP" else name
    return ""


def read(file: IO[bytes], window: tuple[float, float] | None = None) -> Picture:
    """Read `file` (seekable). `window`: the values of more than 8 bits that become black and white; without it they
    are chosen by the pixels.

    Raises: Rejected with the reason, for whatever a file may have in it.
    """
    file.seek(0)
    head = file.read(32)
    promised = sniff(head)
    if not head:
        raise Rejected(Reason.CORRUPT, "The file is empty. Copy it again from where it came.")
    if promised not in FORMATS:
        raise Rejected(Reason.NOT_AN_IMAGE, f"This is not a picture we can read. Use {READABLE}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata; the pixels decide
            return _read(file, promised, head, window)
    except Rejected:
        raise
    except MemoryError as error:
        message = "The server has too little memory for a picture of this size. Make it smaller or cut it into tiles."
        raise Rejected(Reason.TOO_MANY_PIXELS, message) from error
    except Exception as error:  # decoders raise nearly every exception there is on damaged data
        raise Rejected(
            Reason.CORRUPT,
            f"The file starts like a {promised} but is damaged ({_short(error)}). Copy it again or save it anew.",
        ) from error


def _read(file: IO[bytes], promised: str, head: bytes, window: tuple[float, float] | None) -> Picture:
    if promised == "PNG" and head[24] == 16:
        return _read_deep_png(file, window)
    if promised == "TIFF":
        tags = _tiff_tags(file)
        _check_size(int(tags.get(256, 0)), int(tags.get(257, 0)))
        if max(tags.get(258, (1,))) > 8:
            return _read_deep_tiff(file, tags, window)
    image = _open(file)
    source = _describe(image) | {"bits": 8}
    image.load()
    return _finish_8_bit(image, source)


def _open(file: IO[bytes]) -> Pillow.Image:
    """The opened, not yet decoded file, its size checked."""
    file.seek(0)
    try:
        image = Pillow.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ValueError("its header can't be read") from error
    _check_size(*image.size)
    return image


def _check_size(width: int, height: int) -> None:
    """Raises: Rejected when the header promises no pixels or more than MAX_IMAGE_PIXELS."""
    if width < 1 or height < 1:
        raise ValueError("it has no width or no height")
    if width * height > settings.MAX_IMAGE_PIXELS:
        raise Rejected(
            Reason.TOO_MANY_PIXELS,
            f"{width:,} × {height:,} is more than the {settings.MAX_IMAGE_PIXELS:,} pixels allowed here. "
            "Make it smaller or cut it into tiles.",
        )


def _describe(image: Pillow.Image) -> dict[str, Any]:
    """What the header says; before `load`, as Pillow turns a TIFF upright while loading and forgets how it lay."""
    frames = int(getattr(image, "n_frames", 1))
    name = "JPEG" if image.format == "MPO" else str(image.format)  # MPO: a phone's JPEG with a second picture inside
    found: dict[str, Any] = {"format": name, "mode": image.mode, "orientation": _orientation(image)}
    if frames > 1:
        found |= {"frames": frames, "note": f"The first of {frames} frames is used."}
    return found


def _orientation(image: Pillow.Image) -> int:
    """EXIF orientation 1–8; 1 where it is absent or nonsense."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # damaged metadata is no reason to refuse good pixels
        return 1
    return value if value in _TRANSPOSE else 1


def _finish_8_bit(image: Pillow.Image, source: dict[str, Any]) -> Picture:
    """Colour, alpha and orientation of a loaded 8-bit image."""
    plain = image.mode == "RGB" and not image.has_transparency_data and "frames" not in source
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        source["alpha"] = "flattened on white"
        image = _flatten(image)
    elif image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    elif profile:
        image, source["icc"] = _to_srgb(image, profile)
        plain = plain and source["icc"] == "sRGB"
    view = image if image.mode == "RGB" else image.convert("RGB")
    orientation = 1 if source["format"] == "TIFF" else source["orientation"]  # Pillow has turned a TIFF already
    if orientation != 1:
        view = view.transpose(_TRANSPOSE[orientation])
    return Picture(view, source, plain and orientation == 1 and source["format"] in BROWSER_FORMATS)


def _flatten(image: Pillow.Image) -> Pillow.Image:
    """On white, some rows at a time: of a large picture there is no third copy."""
    flat = Pillow.new("RGB", image.size)
    for top in range(0, image.height, STRIP):
        strip = image.crop((0, top, image.width, min(top + STRIP, image.height))).convert("RGBA")
        white = Pillow.new("RGBA", strip.size, (255, 255, 255, 255))
        white.alpha_composite(strip)
        flat.paste(white.convert("RGB"), (0, top))
    return flat


def _to_srgb(image: Pillow.Image, profile: bytes) -> tuple[Pillow.Image, str]:
    """The image in sRGB, and what was done: "sRGB" (it was already), "converted" or "ignored" (unusable profile)."""
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(given).lower():
            return image, "sRGB"
        srgb = ImageCms.createProfile("sRGB")
        if image.mode == "RGB":  # without a second copy of it
            ImageCms.profileToProfile(image, given, srgb, inPlace=True)
            return image, "converted"
        converted = ImageCms.profileToProfile(image, given, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image, "ignored"
    return (converted, "converted") if converted is not None else (image, "ignored")


def _read_deep_png(file: IO[bytes], window: tuple[float, float] | None) -> Picture:
    """A PNG of 16 bits a channel: Pillow checks it (header, checksums, truncation), OpenCV gives all the bits."""
    image = _open(file)
    source = _describe(image) | {"bits": 16}
    orientation = source["orientation"]
    image.load()
    del image  # its pixels are not needed beside those that follow
    deep = _decode_unchanged(file)
    channels = 1 if deep.ndim == 2 else deep.shape[2]
    source["mode"] = {1: "L", 3: "RGB", 4: "RGBA"}.get(channels, f"{channels} channels")
    view = _window(deep, source, window)
    if orientation != 1:
        return Picture(view.transpose(_TRANSPOSE[orientation]), source)
    return Picture(view, source, deep=deep if channels != 4 else None)


def _read_deep_tiff(file: IO[bytes], tags: dict[int | str, Any], window: tuple[float, float] | None) -> Picture:
    """A TIFF of 16 bits or more. OpenCV turns it upright itself."""
    bits, channels = tags[258], int(tags.get(277, 1))
    kind = SAMPLE_KINDS.get(int(np.max(tags.get(339, 1))), "unknown")
    photometric = int(tags.get(262, 1))
    if len(set(bits)) > 1 or channels not in (1, 3, 4) or photometric not in (0, 1, 2) or kind == "unknown":
        raise Rejected(
            Reason.NOT_AN_IMAGE,
            f"This TIFF has {channels} channels of {bits[0]} bits in a layout we can't show. "
            "Save it as grey or RGB, with 8 or 16 bits a channel.",
        )
    source: dict[str, Any] = {
        "format": "TIFF",
        "mode": {1: "L", 3: "RGB", 4: "RGBA"}[channels],
        "orientation": int(tags.get(274, 1)),
        "bits": int(bits[0]),
        "samples": kind,
    }
    if tags["frames"] > 1:
        source |= {"frames": tags["frames"], "note": "The first page is used."}
    deep = _decode_unchanged(file)
    view = _window(deep, source, window)
    if photometric == 0:  # white is zero
        return Picture(view.point(lambda value: 255 - value), source)
    return Picture(view, source, deep=deep if channels != 4 else None)


def _decode_unchanged(file: IO[bytes]) -> npt.NDArray[Any]:
    """All bits of all channels, as OpenCV orders them: H×W, or H×W×3 BGR, or H×W×4 BGRA."""
    file.seek(0)
    deep = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if deep is None:
        raise ValueError("its pixels can't be decoded")
    return deep


def _window(deep: npt.NDArray[Any], source: dict[str, Any], window: tuple[float, float] | None) -> Pillow.Image:
    """Map `deep` (OpenCV's channel order) to 8-bit RGB; notes window and alpha in `source`."""
    colour = deep if deep.ndim == 2 else deep[..., :3]
    low, high = window or window_of(colour)
    source["window"] = [low, high]
    view = Pillow.fromarray(scaled(colour, low, high)[..., ::-1] if deep.ndim == 3 else scaled(deep, low, high))
    if deep.ndim == 3 and deep.shape[2] == 4:
        full = float(np.iinfo(deep.dtype).max) if deep.dtype.kind in "ui" else 1.0
        alpha = Pillow.fromarray(scaled(deep[..., 3], 0.0, full))
        source["alpha"] = "flattened on white"
        view.putalpha(alpha)
        return _flatten(view)
    return view.convert("RGB")


def window_of(values: npt.NDArray[Any]) -> tuple[float, float]:
    """The values that become 0 and 255: the percentiles, or minimum and maximum where those fall together.

    Raises: ValueError when no value is finite.
    """
    if values.dtype == np.uint16:  # exact, and without a sorted copy of the picture
        counts = np.zeros(65536, np.int64)
        for top in range(0, len(values), STRIP):  # `bincount` makes a copy of 8 bytes a value
            counts += np.bincount(values[top : top + STRIP].reshape(-1), minlength=65536)
        counts = counts.cumsum()
        low, high = (float(np.searchsorted(counts, counts[-1] * p / 100)) for p in PERCENTILES)
    else:
        step = max(1, values.size // 4_000_000)  # a sample is enough to set a contrast
        sample = values.reshape(-1)[::step].astype(np.float64)
        sample = sample[np.isfinite(sample)]
        if sample.size == 0:
            raise ValueError("it has no finite value")
        low, high = (float(value) for value in np.percentile(sample, PERCENTILES))
    if low < high:
        return low, high
    finite = values[np.isfinite(values)]
    return float(finite.min()), float(finite.max())


def scaled(values: npt.NDArray[Any], low: float, high: float) -> Pixels:
    """`values` as 0–255: `low` and below as 0, `high` and above as 255, NaN as 0. Some rows at a time, so that a large
    picture needs no float copy of itself."""
    out = np.empty(values.shape, np.uint8)
    scale = 255.0 / (high - low) if high > low else 0.0
    for top in range(0, values.shape[0], 256):
        strip = (values[top : top + 256].astype(np.float64) - low) * scale
        out[top : top + 256] = np.nan_to_num(strip, nan=0.0, posinf=255.0, neginf=0.0).clip(0, 255).round()
    return out


def _tiff_tags(file: IO[bytes]) -> dict[int | str, Any]:
    """The first page's tags by number, and "frames". Bits a sample are always a tuple."""
    file.seek(0)
    header = file.read(8)
    if header[2:4] in (b"+\0", b"\0+"):  # BigTIFF
        header += file.read(8)
    pages = ImageFileDirectory_v2(header)
    file.seek(pages.next)
    pages.load(file)
    tags: dict[int | str, Any] = {}
    for number in (256, 257, 258, 262, 274, 277, 339):
        if number in pages:
            value = pages[number]
            tags[number] = value if number in (258, 339) or not isinstance(value, tuple) else value[0]
    if not isinstance(tags.get(258, (1,)), tuple):
        tags[258] = (tags[258],)
    tags["frames"] = 2 if pages.next else 1
    return tags


def _short(error: Exception) -> str:
    text = str(error).split("<")[0].strip(" :") or type(error).__name__
    return text if isinstance(error, ValueError | OSError | SyntaxError | struct.error) else type(error).__name__
