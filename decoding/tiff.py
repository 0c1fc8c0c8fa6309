"""TIFF of every kind, by tifffile and imagecodecs: which of its pictures is meant, and its samples in order.

The first page that is no preview and no mask is meant; a preview-first file (a scanner's, a camera's) has it in a later
page or in a SubIFD. Of many bands the first three are red, green and blue, of two the first is grey.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from decoding import colour, geo
from decoding.limits import NOT_AN_IMAGE, Limits, Rejected
from decoding.raw import FULL_PREVIEW, NOTE
from decoding.samples import Samples
from decoding.values import bands, parse_nodata
from decoding.wanted import MEANT, Wanted

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is odd is told to who uploaded it

MOST_PAGES = 64
"""Pages that are looked through for the picture that is meant."""
MOST_LISTED = 2000
"""Pages that `pages` looks at."""
MOST_SUBPAGES = 16
REDUCED, MASK = 1, 4
DNG_VERSION = 50706
PLAIN = {0, 1, 2}
"""Photometric interpretations whose samples are values: white is zero, black is zero, RGB."""
SENSOR = {32803: "a colour filter array", 34892: "linear sensor data"}
KINDS = {"u": "uint", "i": "int", "f": "float", "b": "uint"}
IMAGE_CODECS = {6, 7, 33003, 33004, 33005, 34712, 34892, 34927, 34933, 34934, 50001, 50002, 52546}
"""Compressions that are pictures themselves, and come out as RGB."""

Array = npt.NDArray[Any]


class SensorOnly(Rejected):
    """A camera raw file in which no page is a developed picture of the sensor's size."""


def read(file: IO[bytes], limits: Limits, wanted: Wanted = MEANT) -> Samples:
    """The samples of the picture that a TIFF means, or of the wanted page; of the wanted bands, where it has them.

    Raises: Rejected for what can't be shown or is too large, SensorOnly among it; anything for damage.
    """
    with _opened(file) as tiff:
        if wanted.page:
            return _read_page(file, tiff.pages[wanted.page - 1], limits, wanted)
        pages = list(_pages(tiff))
        if not pages:
            raise ValueError("it has no page")
        page, note = _choose(pages)
        count = sum(1 for one, deep in pages if not deep)
        samples = _read_page(file, page, limits, wanted)
        if count > 1:
            more = f"The first of {count} pages is used." if count < MOST_PAGES else "The first of many pages is used."
            samples.source |= {"frames": count, "note": more}
        if note:
            samples.source["note"] = note
    return samples


def pages(file: IO[bytes]) -> list[int]:
    """Which pages are pictures of their own, from 1 as they follow each other in the file; MOST_LISTED are looked at.
    Previews, masks, smaller copies of a page, and the parts of a slide scanner's or a camera's file are none."""
    with _opened(file) as tiff:
        found = [page for page, below in _pages(tiff, MOST_LISTED, 0) if not below]
        if not found or _is_one_picture(tiff, found[0]):
            return [1]
        first = next((page for page in found if not _kind(page) & (REDUCED | MASK)), None)
        if first is None:
            return [1]
        own = [one for one in found if not _kind(one) & (REDUCED | MASK) and _area(one) and not _shrinks(one, first)]
        return [int(page.index) + 1 for page in own]


def _opened(file: IO[bytes]) -> Any:
    import tifffile

    file.seek(0)
    return tifffile.TiffFile(file, name="upload.tif", _multifile=False)


def _is_one_picture(tiff: Any, first: Any) -> bool:
    """Slide scanners put label, overview and levels of one picture into pages, cameras previews of it."""
    slide = tiff.is_svs or tiff.is_ndpi or tiff.is_scn or tiff.is_bif or tiff.is_philips or tiff.is_qpi
    camera = first.tags.valueof(DNG_VERSION) is not None or int(first.photometric or 0) in SENSOR
    return bool(slide or camera)


def _shrinks(page: Any, first: Any) -> bool:
    """Whether a page is the first one at a half, a third, … of its size: a level that nobody marked as one."""
    if page is first or not (page.is_tiled and first.is_tiled) or page.samplesperpixel != first.samplesperpixel:
        return False
    factor = round(first.imagewidth / page.imagewidth)
    widths = abs(first.imagewidth / factor - page.imagewidth) if factor > 1 else 2
    return bool(widths <= 1 and abs(first.imagelength / factor - page.imagelength) <= 1)


def _pages(tiff: Any, most: int = MOST_PAGES, most_sub: int = MOST_SUBPAGES) -> Iterator[tuple[Any, bool]]:
    """The pages and their SubIFDs (True), so many at most: a file may have 60,000, or one that names itself as next."""
    seen: set[int] = set()
    for index in range(most):
        try:
            page = tiff.pages[index]
        except IndexError:
            return
        if page.offset in seen:
            return
        seen.add(page.offset)
        yield page, False
        if index < most_sub and page.subifds:
            for place in range(min(len(page.subifds), MOST_SUBPAGES)):
                sub = page.pages[place]
                if sub.offset not in seen:
                    seen.add(sub.offset)
                    yield sub, True


def _kind(page: Any) -> int:
    """The bits of NewSubfileType, also from its predecessor SubfileType."""
    value = page.tags.valueof(254)
    if value is None:
        value = REDUCED if page.tags.valueof(255) == 2 else 0
    return int(value)


def _area(page: Any) -> int:
    return int(page.imagewidth) * int(page.imagelength)


def _choose(pages: list[tuple[Any, bool]]) -> tuple[Any, str]:
    """The page that is meant, and a note where that is not the first one. Raises: Rejected for sensor data alone."""
    shown = [one for one in pages if not _kind(one[0]) & MASK and _area(one[0])] or pages
    full = [page for page, _ in shown if not _kind(page) & REDUCED]
    chosen = full[0] if full else max((page for page, _ in shown), key=_area)
    if chosen is pages[0][0] and chosen.tags.valueof(254) is None:
        inside = [
            page for page, below in shown if below and page.tags.valueof(254) == 0 and _area(page) > _area(chosen)
        ]
        chosen = max(inside, key=_area) if inside else chosen
    if int(chosen.photometric or 0) in SENSOR:
        return _developed([page for page, _ in shown], chosen), NOTE
    return chosen, "" if chosen is pages[0][0] else "The full picture is used, not the preview before it."


def _developed(pages: list[Any], sensor: Any) -> Any:
    found = [page for page in pages if int(page.photometric or 0) not in SENSOR]
    best = max(found, key=_area, default=None)
    if best is not None and _area(best) >= FULL_PREVIEW * _area(sensor):
        return best
    there = f"a preview of {best.imagewidth} × {best.imagelength}" if best is not None else "no preview"
    raise SensorOnly(
        NOT_AN_IMAGE,
        f"This camera raw file has {SENSOR[int(sensor.photometric)]} of {sensor.imagewidth} × {sensor.imagelength} and "
        f"{there}; the developed picture is missing. Export it from your raw converter as JPEG, PNG or TIFF.",
    )


def _read_page(file: IO[bytes], page: Any, limits: Limits, wanted: Wanted = MEANT) -> Samples:
    photometric = int(page.photometric) if page.photometric is not None else 1
    count, dtype = int(page.samplesperpixel), page.dtype
    limits.check(page.imagewidth, page.imagelength, 0)
    _check_layout(page, photometric, count)
    colours, alpha = _bands(page, photometric, count)
    chosen = [band - 1 for band in wanted.bands] if _has_choice(page, photometric, count, wanted.bands) else []
    if chosen:
        colours, alpha = len(chosen), None if alpha in chosen else alpha
    kept = [*(chosen or range(colours)), *([alpha] if alpha is not None else [])]
    limits.check(page.imagewidth, page.imagelength, _cost(page, len(kept), dtype.itemsize))
    nodata = _nodata(page)
    try:
        stored = _load(file, page, kept, nodata)
    except NotImplementedError:  # subsampled colour without JPEG: libtiff can
        return _by_pillow(file, page)
    bits = int(page.bitspersample) if not isinstance(page.bitspersample, tuple) else int(page.bitspersample[0])
    full = 1.0 if dtype.kind in "fb" else float(2 ** (bits - (dtype.kind == "i")) - 1)
    opacity = stored[..., -1] if alpha is not None else None
    values = stored[..., :colours] if stored.ndim == 3 else stored
    samples = Samples(values.squeeze(-1) if values.ndim == 3 and values.shape[2] == 1 else values, full, opacity)
    if alpha is not None:
        samples.premultiplied = int(page.extrasamples[alpha - (count - len(page.extrasamples))]) == 1
    samples.nodata = nodata
    samples.orientation = int(page.tags.valueof(274) or 1)
    profile = page.tags.valueof(34675)
    samples.profile = bytes(profile) if isinstance(profile, bytes | bytearray) else None
    samples.source = {"format": "TIFF", "mode": samples.mode, "orientation": samples.orientation, "bits": bits}
    if bits > 8 or dtype.kind not in "ub":
        samples.source["samples"] = KINDS[dtype.kind]
    if (count > len(kept) or chosen) and photometric != 3:
        samples.source["bands"] = count
    samples.source |= {"shown": list(wanted.bands)} if chosen else {}
    samples.source |= {"nodata": nodata} if nodata is not None and np.isfinite(nodata) else {}
    samples.source |= {"page": wanted.page} if wanted.page else {}
    samples.source |= {"geo": found} if (found := geo.reference(page)) else {}
    if wanted.bands and not chosen and photometric in PLAIN and count > 1:
        samples.source["note"] = f"It has {count} bands; the project's choice of bands needs {max(wanted.bands)}."
    if chosen:
        photometric = 0 if photometric == 0 else 1 if colours == 1 else 2
        samples.profile = None  # it speaks of other bands
    _interpret(page, photometric, samples)
    return samples


def _has_choice(page: Any, photometric: int, count: int, wanted: tuple[int, ...]) -> bool:
    """Whether the wanted bands can be shown: they are there, and the samples are values, not inks or numbers of
    colours."""
    return bool(wanted) and photometric in PLAIN and count > 1 and max(wanted) <= count and not page.is_subsampled


def _check_layout(page: Any, photometric: int, count: int) -> None:
    """Raises: Rejected for kinds of samples that no picture can be made of."""
    dtype = page.dtype
    problem = ""
    if dtype is None or dtype.kind not in "uifb":
        problem = f"samples of {page.bitspersample} bits of an unknown or complex kind"
    elif photometric in SENSOR:
        problem = SENSOR[photometric]
    elif photometric in (32844, 32845):
        problem = "high-dynamic-range LogLuv colours"
    elif photometric == 5 and count < 4:
        problem = f"{count} inks"
    elif photometric not in (0, 1, 2, 3, 4, 5, 6, 8, 9):
        problem = f"colours of kind {photometric}"
    if problem:
        raise Rejected(
            NOT_AN_IMAGE,
            f"This TIFF has {problem}, which can't be shown. Save it as grey or RGB, 8 or 16 bits a channel.",
        )


def _bands(page: Any, photometric: int, count: int) -> tuple[int, int | None]:
    """How many of the first samples are colour, and which one is alpha."""
    colours = {2: 3, 5: 4, 6: 3, 8: 3, 9: 3}.get(photometric, 3 if photometric in (0, 1) and count >= 3 else 1)
    extras = [int(one) for one in page.extrasamples]
    if photometric in (0, 1) and any(one in (1, 2) for one in extras) and count - len(extras) == 1:
        colours = 3 if extras.index(next(one for one in extras if one in (1, 2))) >= 2 else 1
    colours = min(colours, count)
    if colours == 2 or (colours < 3 and photometric == 2):
        colours = 1
    first = count - len(extras)
    alpha = next((first + i for i, one in enumerate(extras) if one in (1, 2) and first + i >= colours), None)
    return colours, alpha


def _cost(page: Any, kept: int, itemsize: int) -> float:
    """Bytes a pixel: the samples kept, a strip or tile while it is decoded, the view and its levels."""
    chunk = 0.0
    if not _is_plain(page):
        rows, columns = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
        share = min(1.0, rows * columns / _area(page)) if page.is_tiled else min(1.0, rows / page.imagelength)
        chunk = share * itemsize * (page.samplesperpixel if page.planarconfig == 1 else 1)
    return kept * itemsize + 2.0 * chunk + (8 + 1.5 * kept if itemsize > 1 else 9)


def _nodata(page: Any) -> float | None:
    text = page.tags.valueof(42113)
    return parse_nodata(text if isinstance(text, str) else str(text)) if text is not None else None


def _is_plain(page: Any) -> bool:
    """Whether the samples lie in the file as they are, one after the other."""
    return bool(
        page.is_contiguous
        and page.compression == 1
        and page.predictor == 1
        and page.fillorder == 1
        and page.dtype.kind in "uif"
        and page.dtype.itemsize * 8 == page.bitspersample
        and not page.is_subsampled
    )


def _load(file: IO[bytes], page: Any, kept: list[int], nodata: float | None) -> Array:
    """H×W, or H×W×len(kept); never more in memory than that and a strip or tile."""
    height, width = int(page.imagelength), int(page.imagewidth)
    out = np.zeros((height, width, len(kept)), page.dtype)
    if nodata is not None and page.dtype.kind == "f":
        out[...] = nodata  # tiles that a sparse file leaves out
    if _is_plain(page):
        _load_plain(file, page, kept, out)
    else:
        _load_segments(page, kept, out)
    return out[..., 0] if len(kept) == 1 else out


def _load_plain(file: IO[bytes], page: Any, kept: list[int], out: Array) -> None:
    height, width, _ = out.shape
    dtype = page.dtype.newbyteorder(page.parent.byteorder)
    planes = [0] if page.planarconfig == 1 else kept
    each = int(page.samplesperpixel) if page.planarconfig == 1 else 1
    row = width * each * dtype.itemsize
    for target, plane in enumerate(planes):
        start = int(page.dataoffsets[0]) + plane * row * height
        for band in bands(out):
            file.seek(start + band.start * row)
            rows = min(band.stop, height) - band.start
            data = file.read(rows * row)
            if len(data) < rows * row:
                raise ValueError("its pixels end too early")
            found = np.frombuffer(data, dtype).reshape(rows, width, each)
            if page.planarconfig == 1:
                out[band] = found[..., kept]
            else:
                out[band, :, target] = found[..., 0]


def _load_segments(page: Any, kept: list[int], out: Array) -> None:
    height, width, _ = out.shape
    for data, (plane, depth, y, x, _), _shape in page.segments(maxworkers=1):
        if data is None or depth or (page.planarconfig != 1 and plane not in kept):
            continue
        block = data[0, : height - y, : width - x]
        place = out[y : y + block.shape[0], x : x + block.shape[1]]
        if page.planarconfig == 1:
            place[...] = block[..., kept] if block.shape[2] != len(kept) else block
        else:
            place[..., kept.index(plane)] = block[..., 0]


def _interpret(page: Any, photometric: int, samples: Samples) -> None:
    """Photometric interpretations to grey, RGB or CMYK, in place."""
    if samples.values.dtype.kind == "b":
        samples.values, samples.full = samples.values.astype(np.uint8), 1.0
    if photometric == 0:
        _invert(samples)
    elif photometric == 3:
        _look_up(page, samples)
    elif photometric in (8, 9):
        samples.values, samples.full, samples.profile = _lab(samples.values, photometric == 9), 255.0, None
    elif photometric == 6 and int(page.compression) not in IMAGE_CODECS:
        for band in bands(samples.values):
            samples.values[band] = colour.ycc_to_rgb(samples.values[band], samples.full)
    samples.source["mode"] = {8: "LAB", 9: "LAB", 3: "P"}.get(photometric, samples.mode)


def _invert(samples: Samples) -> None:
    """White is zero."""
    values = samples.values
    if values.dtype.kind == "u":
        np.invert(values, out=values)
        if samples.full < np.iinfo(values.dtype).max:  # fewer bits than the type has
            np.bitwise_and(values, values.dtype.type(samples.full), out=values)
        samples.mirror = samples.full
    elif values.dtype.kind == "i":
        np.invert(values, out=values)  # -1 - v: no number overflows
        samples.mirror = -1.0
    else:
        np.negative(values, out=values)
        samples.mirror = 0.0
    if samples.nodata is not None:
        samples.nodata = samples.mirror - samples.nodata


def _look_up(page: Any, samples: Samples) -> None:
    table = np.asarray(page.colormap, np.uint16)
    table = table.reshape(3, -1).T
    if table.max(initial=0) > 255:  # some write 8-bit colours
        table = ((table.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint16)
    colours = table.astype(np.uint8)
    indices, out = samples.values, np.zeros((*samples.values.shape[:2], 3), np.uint8)
    for band in bands(indices):
        out[band] = colours[np.minimum(indices[band], len(colours) - 1)]
    samples.values, samples.full, samples.nodata = out, 255.0, None
    samples.source["bits"] = 8
    samples.source.pop("samples", None)


def _lab(values: Array, icc: bool) -> npt.NDArray[np.uint8]:
    """CIELab (a*, b* signed) or ICCLab (offset by half the range) of 8 or 16 bits as sRGB."""
    eight = values.dtype.itemsize == 1
    out = np.empty(values.shape, np.uint8)
    signed: Callable[[Array], Array] = lambda v: v.view(np.int8 if eight else np.int16)  # noqa: E731
    for band in bands(values):
        part = values[band]
        ab = np.ascontiguousarray(part[..., 1:])
        scale = 1.0 if eight else 256.0
        chroma = ab.astype(np.float64) / scale - 128 if icc else signed(ab).astype(np.float64) / scale
        light = part[..., :1].astype(np.float64) * (100 / (255 if eight else (65280 if icc else 65535)))
        out[band] = colour.lab_to_srgb(np.concatenate([light, chroma], -1))
    return out


def _by_pillow(file: IO[bytes], page: Any) -> Samples:
    """The rare kinds that libtiff turns into RGB itself."""
    file.seek(0)
    image = Pillow.open(file, formats=["TIFF"])
    for index in range(MOST_PAGES):
        image.seek(index)
        if image.size == (page.imagewidth, page.imagelength):
            break
    turned = int(page.tags.valueof(274) or 1)
    profile = image.info.get("icc_profile")
    values = np.array(image.convert("RGB"))  # Pillow turns it upright while loading
    source = {"format": "TIFF", "mode": "YCbCr", "orientation": turned, "bits": 8}
    return Samples(values, 255.0, profile=profile, source=source)
