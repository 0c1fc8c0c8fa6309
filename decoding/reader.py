"""From a file to a picture, upright, 8-bit sRGB: the one reader that views, thumbnails, blocks and windows come from.

- JPEG, PNG, WebP, AVIF, HEIC, JPEG 2000, BMP, TIFF, GIF and DICOM; of camera raw the camera's own picture. Of several
  frames or pages the wanted one, or the one that is meant, mostly the first.
- Orientation is applied once, here. Alpha is flattened on white. Palette and grey become RGB.
- A colour profile (of RGB, grey, CMYK; also coded in cICP or nclx, or by PNG's cHRM and gAMA) is converted to sRGB; one
  that can't be used is left out of account, and so is a gAMA alone.
- More than 8 bits are mapped through one *window* for all channels, from the 0.1st to the 99.9th percentile: a single
  hot pixel must not make the picture black. What has a colour profile and is not dark is shown as it is. Pixels without
  a value (NaN, GDAL's nodata) are black and do not count. A DICOM file's own window comes before that, and one that is
  wanted before both. The window is kept in `source`.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageFile, UnidentifiedImageError

from decoding import colour, dicom, jpeg, png, raw, tiff
from decoding.limits import CORRUPT, NOT_AN_IMAGE, TOO_LARGE, TOO_MANY_PIXELS, Limits, Rejected
from decoding.samples import Samples
from decoding.sources import FORMATS, HEAD, READABLE, Source, is_own_trouble, is_unfilled, sniff
from decoding.values import as_16_bits, fill_holes, scaled, window_of
from decoding.wanted import MEANT, Wanted

# Our own limit is checked on the header, before any decoding; Pillow's would only warn, at another number.
Pillow.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False

BROWSER_FORMATS = {"JPEG", "PNG", "WEBP"}
MOST_FRAMES = 64
DARK = 65535 / 4
"""A 16-bit picture with a profile whose brightest values are below uses the upper bits for nothing: it is stretched."""
COST = {"JPEG": 6.0, "PNG": 7.0, "BMP": 9.0, "GIF": 10.0, "WEBP": 22.0, "AVIF": 36.0, "HEIF": 36.0, "JPEG2000": 28.0}
"""Bytes a pixel, 8 bits, RGB: see tests/decoding/bench_memory.py."""
PROGRESSIVE, WITH_ALPHA, TURNED = 8.0, 9.0, 4.0

_TRANSPOSE = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A file that was read: the view as a Pillow RGB image, and what the original was."""

    view: Pillow.Image
    source: dict[str, Any] = field(default_factory=dict)
    reusable: bool = False  # every browser shows exactly this view when given the original
    deep: npt.NDArray[np.uint16] | None = None
    """Where the original had more than 8 bits: H×W or H×W×3 RGB, upright, in sRGB, on 65,536 steps."""
    deep_range: tuple[float, float] = (0.0, 65535.0)
    """The values that 0 and 65,535 of `deep` stand for."""


def read(
    file: IO[bytes],
    limits: Limits | None = None,
    window: tuple[float, float] | None = None,
    deep_from: int = 0,
    wanted: Wanted = MEANT,
) -> Picture:
    """Read `file` (seekable).

    window: the values of more than 8 bits that become black and white, as in `source["window"]`; without it they are
    those of `wanted`, of the file, or chosen by the pixels. deep_from: only pictures of more pixels get `deep`. wanted:
    which page, bands and window.

    Raises: Rejected with the reason, for whatever a file may have in it; OSError when the file's storage fails.
    """

    def work(buffered: IO[bytes], promised: str, head: bytes) -> Picture:
        return _read(buffered, promised, head, limits or Limits(), _Showing(window, deep_from, wanted))

    return _guarded(file, work)


def pages(file: IO[bytes], most: int) -> list[int]:
    """Which pages (TIFF) or frames (DICOM) of a file are pictures of their own, for `Wanted.page`; none of a file that
    is one picture.

    Raises: Rejected, also for more than `most`; OSError when the file's storage fails.
    """

    def work(buffered: IO[bytes], promised: str, head: bytes) -> list[int]:
        if promised == "TIFF":
            found = tiff.pages(buffered)
        elif promised == "DICOM":
            found = list(range(1, dicom.frames(buffered) + 1))
        else:
            found = []
        if len(found) > most:
            what = "frames" if promised == "DICOM" else "pages"
            message = f"The file has more than {most:,} {what}. Split it into files of fewer {what}."
            raise Rejected(TOO_LARGE, message)
        return found if len(found) > 1 else []

    return _guarded(file, work)


Found = TypeVar("Found")


def _guarded(file: IO[bytes], work: Callable[[IO[bytes], str, bytes], Found]) -> Found:
    """Have something done with a file: whatever a decoder raises is a refusal, unless the file's storage failed."""
    source = Source(file)
    buffered = io.BufferedReader(source, 1024 * 1024)
    head = buffered.read(HEAD)
    promised = sniff(head)
    _check_kind(head, promised)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata; the pixels decide
            return work(buffered, promised, head)
    except Rejected:
        if source.trouble is not None:
            raise source.trouble from None
        raise
    except MemoryError as error:
        message = "The server has too little memory for a picture of this size. Make it smaller or cut it into tiles."
        raise Rejected(TOO_MANY_PIXELS, message) from error
    except Exception as error:  # decoders raise nearly every exception there is on damaged data
        if source.trouble is not None or (isinstance(error, OSError) and is_own_trouble(error)):
            raise source.trouble or error from None
        raise Rejected(
            CORRUPT,
            f"The file starts like a {promised} but is damaged ({_short(error)}). Copy it again or save it anew.",
        ) from error
    finally:
        buffered.detach()  # the file stays the caller's


def read_view(file: IO[bytes], limits: Limits) -> Picture:
    """Read a view, which is RGB as it is: `read` made it. Raises: Rejected; OSError when the file's storage fails."""
    try:
        promised = sniff(file.read(HEAD))
        image = _open(file, promised, limits)
        image.load()
        return Picture(image if image.mode == "RGB" else image.convert("RGB"), {"format": promised})
    except (ValueError, SyntaxError, KeyError, struct.error) as error:
        raise Rejected(CORRUPT, f"The view is damaged ({_short(error)}).") from error
    except OSError as error:
        if is_own_trouble(error):
            raise
        raise Rejected(CORRUPT, f"The view is damaged ({_short(error)}).") from error


def _check_kind(head: bytes, promised: str) -> None:
    if not head:
        raise Rejected(CORRUPT, "The file is empty. Copy it again from where it came.")
    if promised not in FORMATS:
        raise Rejected(NOT_AN_IMAGE, f"This is not a picture we can read. Use {READABLE}.")


@dataclass(frozen=True)
class _Showing:
    """What `read` was asked for."""

    window: tuple[float, float] | None
    deep_from: int
    wanted: Wanted


def _read(file: IO[bytes], promised: str, head: bytes, limits: Limits, showing: _Showing) -> Picture:
    if promised == "TIFF":
        try:
            return _finish(tiff.read(file, limits, showing.wanted), showing)
        except tiff.SensorOnly as sensor:
            return _sensor_only(file, limits, showing, sensor)
    if promised == "RAW":
        return _camera_raw(file, limits, showing)
    if promised == "DICOM":
        return _finish(dicom.read(file, limits, showing.wanted), showing)
    if promised == "PNG":
        return _read_png(file, head, limits, showing)
    if promised == "JPEG2000":
        return _finish(_jpeg2000(file, limits), showing)
    progressive = promised == "JPEG" and jpeg.check_scans(file)
    if promised == "JPEG":
        jpeg.check_frame(file)
    if promised in ("WEBP", "AVIF", "HEIF") and is_unfilled(file, promised):
        raise ValueError("its end is empty: it was not copied whole")
    image = _open(file, promised, limits, PROGRESSIVE if progressive else 0.0)
    source = _describe(image) | {"bits": 8}
    profile = image.info.get("icc_profile") or _coded(file, promised)
    if promised == "JPEG":
        image, note = jpeg.load(image, file)
        source |= {"note": note} if note else {}
    image.load()
    return _finish_8_bit(image, source, profile, bool(source.get("note")))


def _sensor_only(file: IO[bytes], limits: Limits, showing: _Showing, sensor: tiff.SensorOnly) -> Picture:
    """A camera's TIFF whose pages have no picture of the sensor's size: it may lie elsewhere, in the maker's notes."""
    try:
        return _camera_raw(file, limits, showing)
    except ValueError:
        raise sensor from None
    except Rejected as rejected:
        raise (sensor if rejected.reason == NOT_AN_IMAGE else rejected) from None


def _camera_raw(file: IO[bytes], limits: Limits, showing: _Showing) -> Picture:
    """The camera's own picture, with a note that says so."""
    found = raw.preview(file)
    if found.pixels is not None:
        limits.check(found.pixels.shape[1], found.pixels.shape[0], COST["PNG"] + TURNED)
        view = Pillow.fromarray(found.pixels)
        source: dict[str, Any] = {"mode": "RGB", "bits": 8}
    else:
        picture = _read(io.BytesIO(found.jpeg or b""), "JPEG", b"", limits, showing)
        view, source = picture.view, picture.source
    source |= {"format": "RAW", "orientation": max(found.orientation, int(source.get("orientation", 1)))}
    source["note"] = " ".join([raw.NOTE, *([str(source["note"])] if "note" in source else [])])
    return Picture(_upright(view, found.orientation), source)


def _open(file: IO[bytes], promised: str, limits: Limits, more: float = 0.0) -> Pillow.Image:
    """The opened, not yet decoded file, its size checked."""
    if promised == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    file.seek(0)
    try:
        image = Pillow.open(file, formats=[promised])
    except UnidentifiedImageError as error:
        raise ValueError("its header can't be read") from error
    more += 0.0 if image.mode in ("RGB", "L") else WITH_ALPHA
    limits.check(*image.size, COST[promised] + more + (TURNED if _orientation(image) != 1 else 0.0))
    return image


def _describe(image: Pillow.Image) -> dict[str, Any]:
    """What the header says; before `load`, as some of it is forgotten then."""
    name = {"MPO": "JPEG"}.get(str(image.format), str(image.format))  # MPO: a phone's JPEG with a second one inside
    frames = 1 if name == "HEIF" else _frames(image)  # of several stills in a HEIF one is the picture
    found: dict[str, Any] = {"format": name, "mode": image.mode, "orientation": _orientation(image)}
    if frames > 1:
        many = f"{frames} frames" if frames < MOST_FRAMES else "many frames"
        found |= {"frames": frames, "note": f"The first of {many} is used."}
    return found


def _frames(image: Pillow.Image) -> int:
    """How many frames there are, MOST_FRAMES at most: Pillow looks through all of a GIF to count them."""
    if image.format != "GIF":
        return min(MOST_FRAMES, int(getattr(image, "n_frames", 1)))
    count = 1
    try:
        while count < MOST_FRAMES and image.is_animated:  # type: ignore[attr-defined]
            image._seek(count, False)  # type: ignore[attr-defined]
            count += 1
    except EOFError:
        pass
    image._seek(0)  # type: ignore[attr-defined]
    return count


def _orientation(image: Pillow.Image) -> int:
    """EXIF orientation 1–8; 1 where it is absent or nonsense."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # damaged metadata is no reason to refuse good pixels
        return 1
    return value if value in _TRANSPOSE else 1


def _coded(file: IO[bytes], promised: str) -> bytes | None:
    """The colour space of a HEIF or AVIF without a profile, from its nclx box, which lies near its beginning."""
    if promised not in ("HEIF", "AVIF"):
        return None
    file.seek(0)
    head = file.read(65_536)
    at = head.find(b"colrnclx")
    if at < 0 or len(head) < at + 14:
        return None
    return colour.coded_profile(*struct.unpack_from(">HH", head, at + 8))


def _read_png(file: IO[bytes], head: bytes, limits: Limits, showing: _Showing) -> Picture:
    chunks = png.walk(file)
    png.check_pixels(file, chunks)
    profile = chunks.profile()
    pixels = file if chunks.plain and profile is None else io.BufferedReader(png.without_the_rest(file, chunks))
    if head[24] == 16:
        return _finish(_deep_png(pixels, chunks, profile, limits), showing)
    image = _open(pixels, "PNG", limits)
    source = _describe(image) | {"bits": 8} | _said(chunks)
    if image.mode == "L" and head[24] in (2, 4) and isinstance(key := image.info.get("transparency"), int):
        image.info["transparency"] = key * 255 // (2 ** head[24] - 1)  # Pillow leaves it as it is stored
    image.load()
    last_row = image.crop((0, image.height - 1, image.width, image.height))
    interlaced = head[28] != 0  # its rows are not filled one after the other
    if (interlaced or last_row.getbbox(alpha_only=False) is None) and png.ends_early(file, chunks):
        raise ValueError("it has fewer rows than its header says")
    return _finish_8_bit(image, source, profile, not chunks.plain)


def _said(chunks: png.Chunks) -> dict[str, Any]:
    notes = list(chunks.notes)
    if chunks.frames > 1:
        notes.append(f"The first of {chunks.frames} frames is used.")
    found: dict[str, Any] = {"frames": chunks.frames} if chunks.frames > 1 else {}
    return found | ({"note": " ".join(notes)} if notes else {})


def _deep_png(file: IO[bytes], chunks: png.Chunks, profile: bytes | None, limits: Limits) -> Samples:
    """A PNG of 16 bits a channel: Pillow checks it (header, checksums, truncation), imagecodecs gives all the bits."""
    import imagecodecs

    image = _open(file, "PNG", limits, 10.0)
    source, orientation = _describe(image) | {"bits": 16} | _said(chunks), _orientation(image)
    key = image.info.get("transparency")
    image.load()
    del image  # its pixels are not needed beside those that follow
    file.seek(0)
    deep = imagecodecs.png_decode(file.read())
    channels = 1 if deep.ndim == 2 else deep.shape[2]
    alpha = deep[..., -1] if channels in (2, 4) else None
    values = deep if alpha is None else deep[..., 0] if channels == 2 else deep[..., :3]
    if alpha is None and key is not None:
        alpha = np.where((values == key) if values.ndim == 2 else (values == np.array(key)).all(-1), 0, 65535)
        alpha = alpha.astype(np.uint16)
    samples = Samples(values, 65535.0, alpha, profile=profile, orientation=orientation, source=source)
    source["mode"] = samples.mode
    return samples


def _jpeg2000(file: IO[bytes], limits: Limits) -> Samples:
    import imagecodecs

    image = _open(file, "JPEG2000", limits)
    source = _describe(image)
    if image.mode in ("RGB", "L", "RGBA", "LA", "P", "YCbCr"):
        image.load()
        alpha = np.array(image.getchannel("A")) if image.has_transparency_data and "A" in image.mode else None
        values = np.array(image if image.mode == "L" else image.convert("L" if image.mode == "LA" else "RGB"))
        full = 255.0
    file.seek(0)
    data = file.read()
    if _jp2_bits(data) > 8 or image.mode not in ("RGB", "L", "RGBA", "LA", "P", "YCbCr"):
        deep = imagecodecs.jpeg2k_decode(data)
        count = 1 if deep.ndim == 2 else deep.shape[2]
        alpha = deep[..., -1] if count in (2, 4) else None
        values = deep if count == 1 else deep[..., 0] if count == 2 else deep[..., :3]
        full = float(2 ** _jp2_bits(data) - 1) if deep.dtype != np.uint8 else 255.0
    samples = Samples(values, full, alpha, profile=_jp2_profile(data), source=source)
    source |= {"mode": samples.mode, "bits": values.dtype.itemsize * 8}
    return samples


def _jp2_bits(data: bytes) -> int:
    """The bits of the first component, from the codestream's SIZ marker."""
    at = data.find(b"\xff\x4f\xff\x51")
    return (data[at + 42] & 0x7F) + 1 if 0 <= at < len(data) - 42 else 8


def _jp2_profile(data: bytes) -> bytes | None:
    at = data[:65_536].find(b"colr\x02")
    length = int.from_bytes(data[at - 4 : at], "big") - 11 if at >= 4 else 0
    return data[at + 7 : at + 7 + length] if 128 < length < colour.LARGEST_PROFILE else None


def _finish_8_bit(image: Pillow.Image, source: dict[str, Any], profile: bytes | None, changed: bool) -> Picture:
    """Colour, alpha and orientation of a loaded 8-bit image. changed: a browser might show the original otherwise."""
    plain = image.mode == "RGB" and not image.has_transparency_data and "frames" not in source and not changed
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA" if image.mode not in ("LA", "La") else "LA")
        alpha = image.getchannel("A")
        image = image.convert("L" if image.mode == "LA" else "RGB")
    view, word = colour.to_srgb(image, profile)
    if word:
        source["icc"] = word
    if alpha is not None:
        source["alpha"] = "flattened on white"
        view = view if alpha.getextrema() == (255, 255) else colour.flatten(view, alpha)
    orientation = source["orientation"]
    view = _upright(view, orientation)
    plain = plain and word in ("", "sRGB") and orientation == 1
    return Picture(view, source, plain and source["format"] in BROWSER_FORMATS)


def _upright(view: Pillow.Image, orientation: int) -> Pillow.Image:
    return view.transpose(_TRANSPOSE[orientation]) if orientation in _TRANSPOSE else view


def _finish(samples: Samples, showing: _Showing) -> Picture:
    """The picture of samples that Pillow can't hold: of 8 bits and less as they are, others through a window."""
    source, values = samples.source, samples.values
    if values.dtype == np.uint8:
        if samples.full != 255:
            values = (values.astype(np.float32) * (255 / samples.full)).round().astype(np.uint8)
        view, word = colour.to_srgb(Pillow.fromarray(values, _pillow_mode(values)), samples.profile)
        source |= {"icc": word} if word else {}
        return Picture(_upright(_over_white(view, samples), samples.orientation), source)
    values, window = _colours(samples, showing.window or _wanted_window(samples, showing.wanted))
    low, high = window
    source["window"] = [low, high]
    fill_holes(values, samples.nodata, low)
    view = _over_white(_grey_or_rgb(scaled(values, low, high)), samples)
    view = _upright(view, samples.orientation)
    if "alpha" in source or view.width * view.height <= showing.deep_from:
        return Picture(view, source)
    deep, deep_range = as_16_bits(values, window)
    return Picture(view, source, deep=_upright_array(deep, samples.orientation), deep_range=deep_range)


def _wanted_window(samples: Samples, wanted: Wanted) -> tuple[float, float] | None:
    """The wanted values of the file as they are here; the file's own window where none are wanted."""
    if wanted.window is None or samples.mirror is None:
        return wanted.window or samples.window
    low, high = wanted.window
    return samples.mirror - high, samples.mirror - low


def _pillow_mode(values: npt.NDArray[Any]) -> str:
    return "L" if values.ndim == 2 else {3: "RGB", 4: "CMYK"}[values.shape[2]]


def _grey_or_rgb(values: npt.NDArray[np.uint8]) -> Pillow.Image:
    image = Pillow.fromarray(values, _pillow_mode(values))
    return image if image.mode == "RGB" else image.convert("RGB")


def _over_white(view: Pillow.Image, samples: Samples) -> Pillow.Image:
    if samples.alpha is None:
        return view
    alpha = samples.alpha_8_bit()
    if alpha is not None:
        samples.source["alpha"] = "flattened on white"
        view = colour.flatten(view, Pillow.fromarray(alpha), samples.premultiplied)
    return view


def _colours(samples: Samples, window: tuple[float, float] | None) -> tuple[npt.NDArray[Any], tuple[float, float]]:
    """The values in sRGB (where there is a profile or they are inks), and the window they are shown through."""
    values, source = samples.values, samples.source
    inks = values.ndim == 3 and values.shape[2] == 4
    if samples.profile or inks:
        values = _as_full_16(values, samples)
    word = ""
    if samples.profile and values.dtype == np.uint16:
        if not (values.flags.writeable and values.flags.owndata):
            values = np.array(values)
        values, word = colour.to_srgb_16(values, samples.profile)
    elif samples.profile:
        word = "ignored"
    source |= {"icc": word} if word else {}
    if values.ndim == 3 and values.shape[2] == 4:
        key = values[..., 3:].astype(np.uint32)
        values = ((65535 - values[..., :3].astype(np.uint32)) * (65535 - key) // 65535).astype(np.uint16)
        word = word or "plain"
    if window is not None:
        return values, window
    found = window_of(values, samples.nodata)
    if word in ("sRGB", "converted", "plain") and samples.nodata is None and found[1] >= DARK:
        return values, (0.0, 65535.0)
    return values, found


def _as_full_16(values: npt.NDArray[Any], samples: Samples) -> npt.NDArray[Any]:
    """Samples that a profile speaks of, on 0 to 65,535; floats only where they lie between 0 and 1."""
    if samples.nodata is not None or values.dtype.kind == "i":
        return values
    if values.dtype.kind == "f":
        least, most = float(np.nanmin(values)), float(np.nanmax(values))
        return (values * 65535).round().astype(np.uint16) if least >= 0 and most <= 1.001 else values
    if samples.full == 65535:
        return values
    return (values.astype(np.float64) * (65535 / samples.full)).round().astype(np.uint16)


def _upright_array(values: npt.NDArray[np.uint16], orientation: int) -> npt.NDArray[np.uint16]:
    """As `_upright`; a view of the same memory."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return values[:, ::-1] if orientation in (2, 3, 6, 7) else values


def _short(error: Exception) -> str:
    text = str(error).split("<")[0].strip(" :") or type(error).__name__
    return text[:200] if isinstance(error, ValueError | OSError | SyntaxError | struct.error) else type(error).__name__
