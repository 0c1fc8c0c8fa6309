"""The picture that a camera put into its raw file beside the sensor's data, by LibRaw. Nothing is developed here."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from decoding.limits import NOT_AN_IMAGE, Rejected

FULL_PREVIEW = 0.8
"""Of the sensor's pixels: a camera's own picture this large may stand for it."""
NOTE = "Shown by the camera's preview."
LARGEST = 1024**3
"""Bytes of a raw file: LibRaw is given all of them."""
_FLIPS = {3: 3, 5: 8, 6: 6}
"""LibRaw's turns as EXIF orientations."""


@dataclass(frozen=True)
class Preview:
    """jpeg: a JPEG file, or None. pixels: H×W×3 uint8, where it is none. orientation: as in EXIF, where the JPEG does
    not say it itself."""

    jpeg: bytes | None
    pixels: npt.NDArray[np.uint8] | None
    orientation: int


def preview(file: IO[bytes]) -> Preview:
    """The camera's own full-size picture.

    Raises: Rejected when there is none of at least FULL_PREVIEW of the sensor's pixels, or LibRaw knows no such camera.
    """
    import rawpy

    size = file.seek(0, 2)
    if size > LARGEST:
        raise Rejected(NOT_AN_IMAGE, f"A camera raw file of {size / 1e9:.1f} GB can't be read. Export it as TIFF.")
    file.seek(0)
    data = file.read()
    try:
        with rawpy.RawPy() as raw:
            raw.open_buffer(io.BytesIO(data))
            width, height, flip = int(raw.sizes.width), int(raw.sizes.height), int(raw.sizes.flip)
            thumb: Any = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        raise _refused(f"{width} × {height} and no preview") from None
    except (rawpy.LibRawFileUnsupportedError, rawpy.LibRawNotImplementedError):
        raise Rejected(
            NOT_AN_IMAGE,
            "This is a camera raw file of a kind that is not known here; the developed picture is missing. "
            "Export it from your raw converter as JPEG, PNG or TIFF.",
        ) from None
    except rawpy.LibRawUnsufficientMemoryError:
        raise MemoryError from None
    except rawpy.LibRawError as error:
        raise ValueError(f"it can't be read as camera raw: {type(error).__name__}") from None
    if thumb.format == rawpy.ThumbFormat.JPEG and bytes(thumb.data[len(thumb.data) // 2 :]) not in data:
        raise ValueError("its preview ends too early")  # LibRaw fills up with what lies in memory
    found = _preview(thumb, width > height, flip)
    if found is None:
        raise _refused(f"{width} × {height} and no preview that can be read")
    there = _size(found)
    if there[0] * there[1] < FULL_PREVIEW * width * height:
        raise _refused(f"{width} × {height} and a preview of only {there[0]} × {there[1]}")
    return found


def _refused(there: str) -> Rejected:
    return Rejected(
        NOT_AN_IMAGE,
        f"This camera raw file has sensor data of {there}; the developed picture is missing. "
        "Export it from your raw converter as JPEG, PNG or TIFF.",
    )


def _preview(thumb: Any, lies: bool, flip: int) -> Preview | None:
    import rawpy

    if thumb.format == rawpy.ThumbFormat.BITMAP:
        pixels = np.asarray(thumb.data)
        good = pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
        return Preview(None, pixels, _FLIPS.get(flip, 1)) if good else None
    if thumb.format != rawpy.ThumbFormat.JPEG:
        return None
    try:
        with Pillow.open(io.BytesIO(thumb.data), formats=["JPEG"]) as image:
            said = image.getexif().get(0x0112)
            turned = said is None and (image.width > image.height) == lies
    except Exception:  # a preview that is no JPEG is none
        return None
    return Preview(bytes(thumb.data), None, _FLIPS.get(flip, 1) if turned else 1)


def _size(found: Preview) -> tuple[int, int]:
    if found.pixels is not None:
        return found.pixels.shape[1], found.pixels.shape[0]
    with Pillow.open(io.BytesIO(found.jpeg or b""), formats=["JPEG"]) as image:
        return image.size
