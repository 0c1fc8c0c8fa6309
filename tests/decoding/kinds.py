"""Files of every kind with the picture that a person should see, computed by numpy and independent of the reader."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image as Pillow
from PIL import ImageCms

Array = npt.NDArray[Any]
HEIGHT, WIDTH = 96, 144
COLOURS = [
    (220, 30, 30), (30, 200, 30), (30, 60, 220), (230, 220, 40), (0, 0, 0), (255, 255, 255), (128, 128, 128),
    (200, 90, 160), (20, 150, 150),
]  # fmt: skip


def chart() -> Array:
    """H×W×3 uint8: flat blocks of 24 × 24, unlike itself when turned; black and white are in it."""
    return np.array(COLOURS, np.uint8)[chart_index()]


def chart_index() -> Array:
    """H×W: which of COLOURS."""
    index = np.add.outer(np.arange(4) * 5, np.arange(6) * 7 % 11) % len(COLOURS)
    index[0, :] = [0, 1, 2, 3, 4, 5]
    return index.repeat(24, 0).repeat(24, 1)


def grey() -> Array:
    """H×W uint8, from 0 to 255."""
    return np.linspace(0, 255, WIDTH).round().astype(np.uint8)[None].repeat(HEIGHT, 0)


def three(values: Array) -> Array:
    """Grey as RGB."""
    return np.repeat(values[..., None], 3, -1)


def swapped_profile() -> bytes:
    """An RGB profile whose red and blue are exchanged: a conversion is seen at once."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    places = {bytes(data[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    data[red + 4 : red + 12], data[blue + 4 : blue + 12] = data[blue + 4 : blue + 12], data[red + 4 : red + 12]
    return bytes(data)


def grey_profile(gamma: float) -> bytes:
    """A grey profile with this exponent."""
    curve = struct.pack(">4sIIH2x", b"curv", 0, 1, round(gamma * 256))
    white = struct.pack(">4sI3i", b"XYZ ", 0, 0xF6D6, 0x10000, 0xD32D)
    table = struct.pack(">I4sII4sII", 2, b"kTRC", 156, len(curve), b"wtpt", 156 + len(curve), len(white))
    head = struct.pack(">I4s4s4s4s4s", 156 + len(curve) + len(white), b"", b"\x02\x40\0\0", b"mntr", b"GRAY", b"XYZ ")
    head = (head + struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")).ljust(68, b"\0") + white[8:]
    return head.ljust(128, b"\0") + table + curve + white


def decoded_gamma(values: Array, exponent: float) -> Array:
    """What sRGB shows for stored values whose linear light is value ** exponent."""
    linear = (values / 255.0) ** exponent
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (shown * 255).round()


def tif(values: Array, **options: Any) -> bytes:
    """A TIFF by tifffile."""
    out = io.BytesIO()
    options.setdefault("metadata", None)
    tifffile.imwrite(out, values, **options)
    return out.getvalue()


def as_kind(values: Array, kind: str) -> Array:
    """8-bit values on the whole range of another kind of number."""
    dtype = np.dtype(kind)
    if dtype.kind == "f":
        return (values / 255).astype(dtype)
    limits = np.iinfo(dtype)
    return (values.astype(np.float64) / 255 * (limits.max - limits.min) + limits.min).round().clip(
        limits.min, float(limits.max) if dtype.itemsize < 8 else limits.max - 1024
    ).astype(dtype)  # fmt: skip


def planes(values: Array) -> Array:
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def png(pixels: Array, *chunks: tuple[bytes, bytes], bits: int = 8, wrong: bytes = b"") -> bytes:
    """A PNG with these ancillary chunks before its pixels; the chunk `wrong` gets a wrong checksum."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        right = zlib.crc32(kind + data) ^ (kind == wrong)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", right)

    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], bits, kind, 0, 0, 0)
    rows = pixels.astype(">u2" if bits == 16 else np.uint8).reshape(len(pixels), -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    body = b"".join(chunk(*one) for one in chunks)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def icc(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"p\0\0" + zlib.compress(profile)


def pillow(image: Pillow.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def _with_extra(kind: str, value: int, extras: list[int]) -> Array:
    extra = np.full((HEIGHT, WIDTH, len(extras)), value, kind)
    return np.concatenate([as_kind(chart(), kind), extra], -1)


def _dem(nodata: float, kind: str = "float32") -> tuple[Array, Array]:
    """Elevations with a hole on the left; the picture: holes black, the rest from a tenth of the scale to white."""
    values = np.linspace(200, 1200, WIDTH)[None].repeat(HEIGHT, 0)
    shown = 26 + (values - values[:, 20:].min()) / (1200 - values[:, 20:].min()) * 229
    values[:, :20], shown[:, :20] = nodata, 0
    return values.astype(kind), three(shown)


def _pages(*pages: tuple[Array, dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for values, options in pages:
            writer.write(values, metadata=None, **options)
    return out.getvalue()


def _small() -> Array:
    return np.zeros((16, 24, 3), np.uint8)


KINDS: dict[str, tuple[Callable[[], bytes], Callable[[], Array]]] = {}


def _add(name: str, make: Callable[..., bytes], expected: Callable[..., Array]) -> None:
    KINDS[name] = (make, expected)


def _add_sample_types() -> None:
    for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "f2", "f4", "f8"):
        rgb = {"photometric": "rgb"}
        _add(f"tiff-rgb-{kind}", lambda k=kind, o=rgb: tif(as_kind(chart(), k), **o), chart)
        _add(f"tiff-planar-{kind}",
             lambda k=kind, o=rgb: tif(planes(as_kind(chart(), k)), planarconfig="separate", **o), chart)  # fmt: skip
        _add(f"tiff-grey-{kind}",
             lambda k=kind: tif(as_kind(grey(), k), photometric="minisblack"), lambda: three(grey()))  # fmt: skip
        _add(f"tiff-grey-big-endian-{kind}",
             lambda k=kind: tif(as_kind(grey(), k), photometric="minisblack", byteorder=">"),
             lambda: three(grey()))  # fmt: skip
        if kind[0] == "u":
            _add(f"tiff-min-is-white-{kind}",
                 lambda k=kind: tif(as_kind(255 - grey(), k), photometric="miniswhite"),
                 lambda: three(grey()))  # fmt: skip
    for bits in (1, 2, 4, 12):
        step = 2**bits - 1
        _add(
            f"tiff-{bits}-bit",
            lambda b=bits, s=step: tif(
                (grey() / 255 * s).round().astype("u2" if b == 12 else "u1"), bitspersample=b,
                photometric="minisblack",
            ),
            lambda s=step: three((grey() / 255 * s).round() / s * 255),
        )  # fmt: skip


def _add_layouts() -> None:
    rgb: dict[str, Any] = {"photometric": "rgb"}
    for kind in ("u1", "u2"):
        for codec in ("lzw", "deflate", "packbits", "zstd", "lzma"):
            _add(f"tiff-{codec}-{kind}", lambda c=codec, k=kind: tif(as_kind(chart(), k), compression=c, **rgb), chart)
        _add(f"tiff-predictor-{kind}",
             lambda k=kind: tif(as_kind(chart(), k), compression="deflate", predictor=True, **rgb), chart)  # fmt: skip
        _add(f"tiff-tiled-{kind}",
             lambda k=kind: tif(as_kind(chart(), k), tile=(64, 64), compression="deflate", **rgb), chart)  # fmt: skip
        _add(f"tiff-tiled-planar-{kind}",
             lambda k=kind: tif(planes(as_kind(chart(), k)), tile=(64, 64), planarconfig="separate", **rgb),
             chart)  # fmt: skip
        _add(f"tiff-strips-{kind}", lambda k=kind: tif(as_kind(chart(), k), rowsperstrip=7, **rgb), chart)
        _add(f"tiff-big-{kind}", lambda k=kind: tif(as_kind(chart(), k), bigtiff=True, **rgb), chart)
    _add("tiff-float-predictor",
         lambda: tif(as_kind(chart(), "f4"), compression="deflate", predictor=True, **rgb), chart)  # fmt: skip
    for codec in ("jpeg", "webp", "jpeg2000"):
        options: dict[str, Any] = {"compressionargs": {"level": 98}} if codec != "jpeg2000" else {}
        options |= {"subsampling": (1, 1)} if codec == "jpeg" else {}
        _add(f"tiff-{codec}", lambda c=codec, o=options: tif(chart(), compression=c, **o, **rgb), chart)
    bits = np.where(grey() > 127, 255, 0).astype(np.uint8)
    for codec in ("group3", "group4", "tiff_ccitt"):
        _add(f"tiff-{codec}", lambda c=codec: pillow(Pillow.fromarray(bits > 0), "TIFF", compression=c),
             lambda: three(bits))  # fmt: skip


def _add_bands() -> None:
    rgb: dict[str, Any] = {"photometric": "rgb"}
    for kind in ("u1", "u2", "f4"):
        for extras in ([0], [0, 0]):
            _add(f"tiff-{3 + len(extras)}-bands-{kind}",
                 lambda k=kind, e=extras: tif(_with_extra(k, 0, e), extrasamples=e, planarconfig="contig", **rgb),
                 chart)  # fmt: skip
        full = 1.0 if kind == "f4" else float(np.iinfo(kind).max)
        for extra in (1, 2):
            _add(f"tiff-opaque-{extra}-{kind}",
                 lambda k=kind, f=full, e=extra: tif(_with_extra(k, f, [e]), extrasamples=[e], **rgb),
                 chart)  # fmt: skip
            _add(f"tiff-transparent-{extra}-{kind}",
                 lambda k=kind, e=extra: tif(
                     np.concatenate([as_kind(chart() if e == 2 else chart() * 0, k),
                                     np.zeros((HEIGHT, WIDTH, 1), k)], -1),
                     extrasamples=[e], **rgb),
                 lambda: np.full((HEIGHT, WIDTH, 3), 255))  # fmt: skip
    _add("tiff-five-bands-no-colour-said",
         lambda: tif(_with_extra("u2", 777, [0, 0]), photometric="minisblack", planarconfig="contig"),
         chart)  # fmt: skip
    _add("tiff-two-bands",
         lambda: tif(np.stack([as_kind(grey(), "u2"), as_kind(grey(), "u2")[::-1]], -1), photometric="minisblack",
                     planarconfig="contig", extrasamples=[0]),
         lambda: three(grey()))  # fmt: skip


def _add_nodata() -> None:
    for name, text, value, kind in (
        ("text", "-9999", -9999, "float32"), ("decimals", "-9999.0", -9999, "float64"),
        ("rounded", "-3.40282e+38", -3.4028234663852886e38, "float32"), ("exponent", "1e20", 1e20, "float32"),
        ("spaces", "  -9999 ", -9999, "float32"), ("comma", "-9999,0", -9999, "float32"),
        ("nan", "nan", np.nan, "float32"), ("NaN", "NaN", np.nan, "float64"), ("none", "", np.nan, "float32"),
        ("int", "-32768", -32768, "int16"), ("uint", "65535", 65535, "uint16"), ("uint-0", "0", 0, "uint16"),
        ("half", "-9999", -9999, "float16"), ("int32", "-2147483648", -(2**31), "int32"),
    ):  # fmt: skip
        tags = [(42113, "s", 0, text, True)] if text else []
        _add(f"tiff-nodata-{name}",
             lambda v=value, k=kind, t=tags: tif(_dem(v, k)[0], photometric="minisblack", extratags=t),
             lambda: _dem(0)[1])  # fmt: skip


def _add_pages() -> None:
    rgb: dict[str, Any] = {"photometric": "rgb"}
    preview, page = (_small(), {"subfiletype": 1, **rgb}), (chart(), rgb)
    _add("tiff-preview-first", lambda: _pages(preview, page), chart)
    _add(
        "tiff-mask-first",
        lambda: _pages((_small()[..., 0] > 0, {"subfiletype": 4, "photometric": "mask"}), page),
        chart,
    )
    _add("tiff-second-page", lambda: _pages(page, (chart()[::-1], rgb)), chart)
    _add("tiff-subifd",
         lambda: _pages((_small(), {"subfiletype": 1, "subifds": 1, **rgb}), (chart(), {"subfiletype": 0, **rgb})),
         chart)  # fmt: skip
    _add("tiff-subifd-16",
         lambda: _pages((_small(), {"subifds": 1, "subfiletype": 1, **rgb}), (as_kind(chart(), "u2"), rgb)),
         chart)  # fmt: skip
    _add("tiff-pyramid",
         lambda: _pages((chart(), {"subifds": 1, **rgb}), (chart()[::2, ::2], {"subfiletype": 1, **rgb})),
         chart)  # fmt: skip


def _add_colours() -> None:
    table = np.zeros((3, 256), np.uint16)
    table[:, : len(COLOURS)] = np.array(COLOURS).T * 257
    wide = np.zeros((3, 65536), np.uint16)
    wide[:, : len(COLOURS)] = np.array(COLOURS).T * 257
    index = chart_index()
    _add("tiff-palette", lambda: tif(index.astype("u1"), photometric="palette", colormap=table), chart)
    _add("tiff-palette-of-8-bits",
         lambda: tif(index.astype("u1"), photometric="palette", colormap=table // 257), chart)  # fmt: skip
    _add("tiff-palette-16", lambda: tif(index.astype("u2"), photometric="palette", colormap=wide), chart)
    for kind in ("u1", "u2"):
        inks = as_kind(np.dstack([255 - chart(), np.zeros((HEIGHT, WIDTH), np.uint8)]), kind)
        _add(f"tiff-cmyk-{kind}", lambda i=inks: tif(i, photometric="separated"), chart)
    lab = np.asarray(ImageCms.applyTransform(
        Pillow.fromarray(chart()),
        ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"),
    ))  # fmt: skip
    _add("tiff-icclab", lambda: tif(lab ^ np.array([0, 128, 128], np.uint8), photometric="icclab"), chart)
    _add("tiff-cielab", lambda: tif(lab, photometric="cielab"), chart)
    ycc = np.asarray(Pillow.fromarray(chart()).convert("YCbCr"))
    _add("tiff-ycbcr", lambda: tif(ycc, photometric="ycbcr", compression="deflate", subsampling=(1, 1)), chart)
    profile, back = swapped_profile(), lambda: chart()[..., ::-1]
    for kind in ("u1", "u2", "u4", "f4"):
        _add(f"tiff-profile-{kind}",
             lambda k=kind: tif(as_kind(chart(), k), photometric="rgb", iccprofile=profile), back)  # fmt: skip
        _add(f"tiff-profile-planar-{kind}",
             lambda k=kind: tif(planes(as_kind(chart(), k)), photometric="rgb", planarconfig="separate",
                                iccprofile=profile), back)  # fmt: skip
        if kind != "u4":
            full = 1.0 if kind == "f4" else np.iinfo(kind).max
            _add(f"tiff-profile-alpha-{kind}",
                 lambda k=kind, f=full: tif(_with_extra(k, f, [2]), photometric="rgb", extrasamples=[2],
                                            iccprofile=profile), back)  # fmt: skip
    gamma: Callable[[], Array] = lambda: three(decoded_gamma(grey(), 1.0))  # noqa: E731
    for kind in ("u1", "u2"):
        _add(f"tiff-grey-profile-{kind}",
             lambda k=kind: tif(as_kind(grey(), k), photometric="minisblack", iccprofile=grey_profile(1.0)),
             gamma)  # fmt: skip


def _add_png() -> None:
    profile, back = swapped_profile(), lambda: chart()[..., ::-1]
    rgba = np.dstack([chart(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    _add("png-profile", lambda: png(chart(), icc(profile)), back)
    _add("png-profile-rgba", lambda: png(rgba, icc(profile)), back)
    _add("png-profile-16", lambda: png(chart().astype(int) * 257, icc(profile), bits=16), back)
    _add("png-profile-rgba-16", lambda: png(rgba.astype(int) * 257, icc(profile), bits=16), back)
    _add("png-profile-palette",
         lambda: pillow(Pillow.fromarray(chart()).quantize(16), "PNG", icc_profile=profile), back)  # fmt: skip
    linear = lambda: three(decoded_gamma(grey(), 1.0))  # noqa: E731
    _add("png-profile-grey", lambda: png(grey(), icc(grey_profile(1.0))), linear)
    _add("png-profile-grey-16", lambda: png(grey().astype(int) * 257, icc(grey_profile(1.0)), bits=16), linear)
    _add("png-profile-damaged", lambda: png(chart(), (b"iCCP", b"p\0\0xyz")), chart)
    _add("png-profile-wrong-checksum", lambda: png(chart(), icc(profile), wrong=b"iCCP"), chart)
    _add("png-profile-bomb", lambda: png(chart(), (b"iCCP", b"p\0\0" + zlib.compress(bytes(60_000_000)))), chart)
    for exponent in (100_000, 45_455, 200_000):
        _add(f"png-gama-{exponent}", lambda e=exponent: png(chart(), (b"gAMA", struct.pack(">I", e))), chart)
    srgb = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    _add("png-chrm-gama", lambda: png(grey()[..., None].repeat(3, -1), (b"cHRM", srgb),
                                      (b"gAMA", struct.pack(">I", 100_000))), linear)  # fmt: skip
    _add("png-chrm-gama-srgb", lambda: png(chart(), (b"cHRM", srgb), (b"gAMA", struct.pack(">I", 45_455))), chart)
    _add("png-cicp-linear", lambda: png(three(grey()), (b"cICP", bytes([1, 8, 0, 1]))), linear)
    _add("png-cicp-srgb-over-profile", lambda: png(chart(), (b"cICP", bytes([1, 13, 0, 1])), icc(profile)), chart)
    _add("png-srgb", lambda: png(chart(), (b"sRGB", b"\0")), chart)
    for kind, data in (
        (b"tEXt", b"Comment\0" + b"x" * 2_200_000),
        (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000))),
        (b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(b"y" * 9_000_000)),
    ):
        _add(f"png-long-{kind.decode()}", lambda k=kind, d=data: png(chart(), (k, d)), chart)
    for kind in (b"tEXt", b"pHYs", b"gAMA", b"eXIf", b"abCd"):
        _add(f"png-checksum-{kind.decode()}", lambda k=kind: png(chart(), (k, b"Com\0ment!"), wrong=k), chart)


def _add_others() -> None:
    image = Pillow.fromarray(chart())
    profile, back = swapped_profile(), lambda: chart()[..., ::-1]
    _add("jpeg", lambda: pillow(image, "JPEG", quality=95, subsampling=0), chart)
    _add("jpeg-profile", lambda: pillow(image, "JPEG", quality=95, subsampling=0, icc_profile=profile), back)
    _add("jpeg-grey-profile",
         lambda: pillow(Pillow.fromarray(grey()), "JPEG", quality=97, icc_profile=grey_profile(1.0)),
         lambda: three(decoded_gamma(grey(), 1.0)))  # fmt: skip
    _add("jpeg-progressive", lambda: pillow(image, "JPEG", quality=95, subsampling=0, progressive=True), chart)
    _add("jpeg-no-end", lambda: pillow(image, "JPEG", quality=95, subsampling=0)[:-2], chart)
    _add("jpeg-progressive-no-end",
         lambda: pillow(image, "JPEG", quality=95, subsampling=0, progressive=True)[:-2], chart)  # fmt: skip
    _add("jpeg-no-end-but-zeros", lambda: pillow(image, "JPEG", quality=95, subsampling=0)[:-2] + bytes(99), chart)
    _add("jpeg-cmyk", lambda: pillow(image.convert("CMYK"), "JPEG", quality=97), chart)
    _add("webp", lambda: pillow(image, "WEBP", lossless=True), chart)
    _add("webp-profile", lambda: pillow(image, "WEBP", lossless=True, icc_profile=profile), back)
    _add("webp-profile-rgba",
         lambda: pillow(image.convert("RGBA"), "WEBP", lossless=True, icc_profile=profile), back)  # fmt: skip
    _add("avif", lambda: pillow(image, "AVIF", quality=95, subsampling="4:4:4"), chart)
    _add("avif-profile", lambda: pillow(image, "AVIF", quality=95, subsampling="4:4:4", icc_profile=profile), back)
    _add("jpeg2000", lambda: pillow(image, "JPEG2000"), chart)
    _add("jpeg2000-stream", lambda: pillow(image, "JPEG2000", no_jp2=True), chart)
    _add("jpeg2000-rgba", lambda: pillow(image.convert("RGBA"), "JPEG2000"), chart)
    _add("jpeg2000-grey-16",
         lambda: pillow(Pillow.fromarray(as_kind(grey(), "u2")), "JPEG2000"), lambda: three(grey()))  # fmt: skip
    _add("bmp", lambda: pillow(image, "BMP"), chart)
    _add("gif", lambda: pillow(image, "GIF"), chart)


def _heif(values: Array | None = None, **options: Any) -> bytes:
    import pillow_heif

    out = io.BytesIO()
    file = pillow_heif.from_pillow(Pillow.fromarray(chart() if values is None else values))
    file.save(out, quality=95, chroma=444, **options)
    return out.getvalue()


def _add_heif() -> None:
    _add("heic", _heif, chart)
    _add("heic-profile", lambda: _heif(icc_profile=swapped_profile()), lambda: chart()[..., ::-1])


def turned(values: Array, orientation: int) -> Array:
    """The stored picture as EXIF's orientation (2 to 8) says that it be shown."""
    return {
        2: lambda: values[:, ::-1], 3: lambda: np.rot90(values, 2), 4: lambda: values[::-1],
        5: lambda: values.swapaxes(0, 1), 6: lambda: np.rot90(values, -1),
        7: lambda: np.rot90(values.swapaxes(0, 1), 2), 8: lambda: np.rot90(values, 1),
    }[orientation]()  # fmt: skip


def _add_turned() -> None:
    image = Pillow.fromarray(chart())
    for number in range(2, 9):
        exif = Pillow.Exif()
        exif[0x0112] = number
        said = exif.tobytes()
        for name, options in (
            ("jpeg", {"quality": 95, "subsampling": 0}), ("png", {}), ("webp", {"lossless": True}),
            ("avif", {"quality": 95, "subsampling": "4:4:4"}),
        ):  # fmt: skip
            _add(f"{name}-turned-{number}",
                 lambda n=name, e=said, o=options: pillow(image, n.upper(), exif=e, **o),
                 lambda n=number: turned(chart(), n))  # fmt: skip
        # What turns a HEIC is a property of its own (ISO 23008-12); pillow-heif makes it of the EXIF.
        _add(f"heic-turned-{number}", lambda e=said: _heif(exif=e),
             lambda n=number: turned(chart(), n))  # fmt: skip


def _coded(data: bytes, primaries: int, transfer: int) -> bytes:
    """The HEIC or AVIF with other numbers in its nclx box (ITU-T H.273)."""
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def _add_coded_colours() -> None:
    make: dict[str, Callable[[Array], bytes]] = {
        "heic": lambda values: _heif(values, save_nclx_profile=True),
        "avif": lambda values: pillow(Pillow.fromarray(values), "AVIF", quality=95, subsampling="4:4:4"),
    }
    for name, write in make.items():
        _add(f"{name}-nclx-linear", lambda w=write: _coded(w(three(grey())), 1, 8),
             lambda: three(decoded_gamma(grey(), 1.0)))  # fmt: skip
        _add(f"{name}-nclx-srgb", lambda w=write: _coded(w(chart()), 1, 13), chart)


for _group in (
    _add_sample_types, _add_layouts, _add_bands, _add_nodata, _add_pages, _add_colours, _add_png, _add_others,
    _add_heif, _add_turned, _add_coded_colours,
):  # fmt: skip
    _group()
