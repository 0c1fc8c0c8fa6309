"""A frame of a DICOM file, by pydicom: modality and VOI transformations, palettes, and the window that the file gives.

Only the elements that describe pixels are read. Names, dates and numbers of patients are not: nothing here, and no
message, can have them.
"""

from __future__ import annotations

import logging
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from decoding import dicom_codecs
from decoding.limits import NOT_AN_IMAGE, Limits, Rejected
from decoding.samples import Samples
from decoding.values import bands
from decoding.wanted import Wanted

MOST_FRAMES = 100_000
_PIXELS = {"PixelData": 0x7FE00010, "FloatPixelData": 0x7FE00008, "DoubleFloatPixelData": 0x7FE00009}
_NEEDED = [
    "SOPClassUID", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows",
    "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue",
    "PixelPaddingRangeLimit", "RescaleIntercept", "RescaleSlope", "ModalityLUTSequence", "VOILUTSequence",
    "WindowCenter", "WindowWidth", "VOILUTFunction", "ICCProfile",
    "RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData", "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData", "SegmentedBluePaletteColorLookupTableData",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
]  # fmt: skip
_GREY = {"MONOCHROME1", "MONOCHROME2"}
_COLOUR = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"}

Array = npt.NDArray[Any]
Window = tuple[float, float]


def frames(file: IO[bytes]) -> int:
    """How many frames the file says that it has. Raises: Rejected when it has no picture."""
    return _frames(_header(file))


def read(file: IO[bytes], limits: Limits, wanted: Wanted) -> Samples:
    """The samples of the wanted frame, or of the first one.

    Raises: Rejected for what can't be shown or is too large; ValueError for damage, with nothing of the file's text.
    """
    header = _header(file)
    count, frame = _frames(header), max(0, wanted.page - 1)
    if frame >= count:
        raise ValueError(f"it has no frame {frame + 1}")
    _check(header, limits)
    try:
        samples = _samples(file, header, frame)
    except (Rejected, MemoryError, OSError):
        raise
    except Exception as error:
        raise ValueError(f"its pixels can't be decoded: {type(error).__name__}") from None
    if count > 1 and not wanted.page:
        samples.source |= {"frames": count, "note": f"The first of {count} frames is used."}
    return samples


def _header(file: IO[bytes]) -> Any:
    """The elements about pixels. Raises: Rejected when there are none."""
    import pydicom

    logging.getLogger("pydicom").disabled = True  # its warnings have what stands in the file
    file.seek(0)
    try:
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(_NEEDED), force=False)
    except (MemoryError, OSError):
        raise
    except Exception as error:
        raise ValueError(f"its header can't be read: {type(error).__name__}") from None
    if not (header.get("Rows") and header.get("Columns") and header.get("BitsAllocated")):
        raise Rejected(
            NOT_AN_IMAGE,
            f"This DICOM file has no picture: it is “{_class_name(header)}”. Upload the files with the images.",
        )
    return header


def _class_name(header: Any) -> str:
    """What kind of object it is by DICOM's own list; nothing that the file itself spells."""
    from pydicom.uid import UID_dictionary

    return str(UID_dictionary.get(str(header.get("SOPClassUID", "")), ["an unknown kind of object"])[0])


def _frames(header: Any) -> int:
    try:
        return min(MOST_FRAMES, max(1, int(header.get("NumberOfFrames") or 1)))
    except (TypeError, ValueError):
        return 1


def _check(header: Any, limits: Limits) -> None:
    """Raises: Rejected for what can't be shown, or is too large."""
    from pydicom.pixels import get_decoder

    samples, bits = int(header.get("SamplesPerPixel") or 1), int(header.BitsAllocated)
    photometric = str(header.get("PhotometricInterpretation") or "MONOCHROME2")
    syntax = header.file_meta.get("TransferSyntaxUID")
    dicom_codecs.register()
    problem = ""
    if photometric not in _GREY | _COLOUR | {"PALETTE COLOR"}:
        problem = "colours of an unknown kind"
    elif samples != (3 if photometric in _COLOUR else 1):
        problem = f"{samples} samples a pixel"
    elif syntax is None:
        problem = "pixels of which it does not say how they are packed"
    else:
        try:
            decoder = get_decoder(syntax)
            problem = "" if decoder.is_available else f"pixels packed as “{syntax.name}”"
        except NotImplementedError:
            name = syntax.name if not syntax.is_private and syntax.name != str(syntax) else "an unknown transfer syntax"
            problem = f"pixels packed as “{name}”"
    if problem:
        raise Rejected(
            NOT_AN_IMAGE,
            f"This DICOM file has {problem}, which can't be shown. Save it uncompressed, as JPEG, JPEG-LS, JPEG 2000 "
            "or RLE, or export the picture as PNG.",
        )
    item = max(1, bits // 8)
    limits.check(int(header.Columns), int(header.Rows), samples * (3 * item + 4) + 14)


def _samples(file: IO[bytes], header: Any, frame: int) -> Samples:
    import pydicom
    from pydicom.pixels import pixel_array

    file.seek(0)
    whole = header.file_meta.TransferSyntaxUID == pydicom.uid.DeflatedExplicitVRLittleEndian  # no frame can be sought
    source_of: Any = pydicom.dcmread(file) if whole else file
    stored = pixel_array(source_of, index=frame)
    photometric, bits = str(header.PhotometricInterpretation), int(header.get("BitsStored") or header.BitsAllocated)
    source: dict[str, Any] = {"format": "DICOM", "orientation": 1, "bits": bits, "photometric": photometric}
    if photometric in _GREY:
        samples = _grey(stored, header, frame, bits, source)
    elif photometric in _COLOUR:
        samples = Samples(stored, _full(stored, bits), source=source)
        profile = header.get("ICCProfile")
        samples.profile = bytes(profile) if isinstance(profile, bytes) else None
    else:
        samples = Samples(_coloured(stored, header), 255.0, source=source)
    source["mode"] = samples.mode
    return samples


def _full(stored: Array, bits: int) -> float:
    return 255.0 if stored.dtype == np.uint8 and bits >= 8 else float(2**bits - 1)


def _coloured(stored: Array, header: Any) -> npt.NDArray[np.uint8]:
    from pydicom.pixels import apply_color_lut

    found = apply_color_lut(stored, header)
    if found.dtype != np.uint8:
        deep = found.max(initial=0) > 255  # some write 8 bits in words
        found = (found >> 8 if deep else found).astype(np.uint8)
    return np.asarray(found)


def _grey(stored: Array, header: Any, frame: int, bits: int, source: dict[str, Any]) -> Samples:
    holes = _padding(stored, header)
    about = _of_frame(header, frame)
    window, function = _window(about)
    lut = header.get("VOILUTSequence")
    plain = not (header.get("ModalityLUTSequence") or _rescales(about) or lut or window)
    if plain and holes is None and stored.dtype == np.uint8 and header.PhotometricInterpretation == "MONOCHROME2":
        return Samples(stored, _full(stored, bits), source=source)
    values = _modality(stored, header, about)
    if lut and (looked := _voi(values, header, source)) is not None:
        values, window = looked
    elif window is not None and function == "SIGMOID":
        values, window = _sigmoid(values, window), (0.0, 1.0)
    elif window is None and stored.dtype.itemsize == 1 and not _rescales(about):
        window = (0.0, _full(stored, bits)) if stored.dtype == np.uint8 else (-128.0, 127.0)
    if holes is not None:
        values[holes] = np.nan
    samples = Samples(values, 1.0, source=source, window=window)
    if header.PhotometricInterpretation == "MONOCHROME1":
        np.negative(values, out=values)
        samples.mirror = 0.0
        samples.window = (-window[1], -window[0]) if window else None
    return samples


def _padding(stored: Array, header: Any) -> npt.NDArray[np.bool_] | None:
    """Where the pixels were only filled up, as the file says; None for nowhere."""
    value, limit = header.get("PixelPaddingValue"), header.get("PixelPaddingRangeLimit")
    if not isinstance(value, int):
        return None
    first, last = sorted((value, limit if isinstance(limit, int) else value))
    holes = (stored >= first) & (stored <= last)
    return holes if holes.any() and not holes.all() else None


def _of_frame(header: Any, frame: int) -> list[Any]:
    """Where the rescale and the window of a frame may stand: its own groups, those of all frames, the file itself."""
    found = []
    own, shared = header.get("PerFrameFunctionalGroupsSequence"), header.get("SharedFunctionalGroupsSequence")
    groups = ([own[frame]] if own and frame < len(own) else []) + ([shared[0]] if shared else [])
    for group in groups:
        for name in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
            inner = group.get(name)
            found += [inner[0]] if inner else []
    return [*found, header]


def _first(places: list[Any], name: str) -> Any:
    value = next((place.get(name) for place in places if place.get(name) is not None), None)
    if value is not None and not isinstance(value, str | int | float) and hasattr(value, "__len__"):
        value = value[0] if len(value) else None  # of several windows the first is the one to begin with
    return value


def _rescales(places: list[Any]) -> bool:
    slope, intercept = _first(places, "RescaleSlope"), _first(places, "RescaleIntercept")
    return (float(slope) if slope is not None else 1.0, float(intercept or 0)) != (1.0, 0.0)


def _modality(stored: Array, header: Any, places: list[Any]) -> npt.NDArray[np.float32]:
    if header.get("ModalityLUTSequence"):
        return _looked_up(stored.astype(np.int32), header.ModalityLUTSequence[0])
    slope, intercept = _first(places, "RescaleSlope"), _first(places, "RescaleIntercept")
    values = stored.astype(np.float32)
    if slope is not None and np.isfinite(float(slope)) and float(slope) != 0:
        values *= np.float32(slope)
    if intercept is not None and np.isfinite(float(intercept)):
        values += np.float32(intercept)
    return values


def _window(places: list[Any]) -> tuple[Window | None, str]:
    """The values that become black and white (PS3.3, C.11.2.1.2), and the function between them."""
    centre, width = _first(places, "WindowCenter"), _first(places, "WindowWidth")
    function = str(_first(places, "VOILUTFunction") or "LINEAR")
    if centre is None or width is None:
        return None, function
    middle, wide = float(centre), float(width)
    if not (np.isfinite(middle) and np.isfinite(wide)) or wide <= 0:
        return None, function
    if function == "LINEAR":
        middle, wide = middle - 0.5, max(wide - 1, 1e-3)
    return (middle - wide / 2, middle + wide / 2), function


def _sigmoid(values: npt.NDArray[np.float32], window: Window) -> npt.NDArray[np.float32]:
    low, high = window
    middle, wide = (low + high) / 2, high - low
    for band in bands(values):
        with np.errstate(over="ignore"):
            values[band] = 1 / (1 + np.exp(-4 * (values[band] - middle) / wide))
    return values


def _voi(values: npt.NDArray[np.float32], header: Any, source: dict[str, Any]) -> tuple[Any, Window] | None:
    """The values through the file's first table of shades, and its range; None, with a note, where it is unusable."""
    try:
        item = header.VOILUTSequence[0]
        return _looked_up(values, item), (0.0, float(2 ** int(item.LUTDescriptor[2]) - 1))
    except MemoryError:
        raise
    except Exception:
        source["note"] = "Its table of shades (VOI LUT) is damaged and was left out."
        return None


def _looked_up(values: Array, item: Any) -> npt.NDArray[np.float32]:
    """The values in a table (PS3.3, C.11.1.1): below its first value its first entry, above its last one the last."""
    count, first, bits = (int(value) for value in item.LUTDescriptor)
    count, first = count or 65_536, first - 65_536 if first > 32_767 and values.min(initial=0) < 0 else first
    stored = item.LUTData
    if isinstance(stored, bytes):
        table = np.frombuffer(stored, np.uint8 if len(stored) < 2 * count else np.uint16)[:count]
    else:
        table = np.asarray(stored, np.uint16)[:count]
    if len(table) < count or not 1 <= bits <= 16:
        raise ValueError("it has fewer entries than it says")
    out = np.empty(values.shape, np.float32)
    for band in bands(values):
        out[band] = table[(values[band] - first).clip(0, count - 1).astype(np.int64)]
    return out
