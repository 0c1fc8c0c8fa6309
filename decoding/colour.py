"""Everything to sRGB: ICC profiles in every mode and at 16 bits, coded colour spaces, CIE Lab, alpha on white."""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageCms

from decoding.values import bands

LARGEST_PROFILE = 16 * 1024**2
SAME = 2
"""Of 255: a profile that moves no colour further is sRGB, whatever it is called."""
STRIP = 256  # rows
PRIMARIES = {  # of ITU-T H.273, each red, green, blue as x, y
    1: (0.640, 0.330, 0.300, 0.600, 0.150, 0.060),
    5: (0.640, 0.330, 0.290, 0.600, 0.150, 0.060),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
LIKE_SRGB = {1, 2, 6, 13, 14, 15}
D65 = (0.3127, 0.3290)

Array = npt.NDArray[Any]


@lru_cache(1)
def _srgb() -> Any:
    return ImageCms.createProfile("sRGB")


@lru_cache(1)
def _srgb_bytes() -> bytes:
    return ImageCms.ImageCmsProfile(_srgb()).tobytes()


@lru_cache(16)
def _transform(profile: bytes) -> tuple[str, Any] | None:
    """The profile's Pillow mode ("RGB", "L", "CMYK") and the way from it to sRGB; None when it can't be used, the way
    None when it is sRGB already."""
    try:
        if len(profile) > LARGEST_PROFILE:
            return None
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(given.profile.xcolor_space.strip())
        if mode is None:
            return None
        way = ImageCms.buildTransform(given, _srgb(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if mode == "CMYK":
        return mode, way
    probe = _probe(mode)
    moved = np.asarray(ImageCms.applyTransform(probe, way)).astype(int) - np.asarray(probe.convert("RGB"))
    return mode, None if np.abs(moved).max() <= SAME else way


def _probe(mode: str) -> Pillow.Image:
    if mode == "L":
        return Pillow.fromarray(np.arange(256, dtype=np.uint8)[None])
    steps = np.linspace(0, 255, 17).round().astype(np.uint8)
    return Pillow.fromarray(np.stack(np.meshgrid(steps, steps, steps), -1).reshape(17, -1, 3))


def to_srgb(image: Pillow.Image, profile: bytes | None) -> tuple[Pillow.Image, str]:
    """The image (any mode without alpha) as RGB, and what became of the profile: "sRGB" (it was already), "converted",
    "ignored" (unusable) or "" (none)."""
    found = _transform(profile) if profile else None
    if image.mode in ("P", "1"):
        image = image.convert("RGB" if image.mode == "P" else "L")
    if image.mode == "L" and found is not None and found[0] == "RGB":
        image = image.convert("RGB")
    if found is None or found[0] != image.mode:
        return _plain_rgb(image), "ignored" if profile else ""
    if found[1] is None:
        return _plain_rgb(image), "sRGB"
    if image.mode == "RGB":
        image.load()
        ImageCms.applyTransform(image, found[1], inPlace=True)  # without a second copy of it
        return image, "converted"
    converted = ImageCms.applyTransform(image, found[1])
    return (converted if converted is not None else _plain_rgb(image)), "converted"


def _plain_rgb(image: Pillow.Image) -> Pillow.Image:
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(image, lab, _srgb(), outputMode="RGB") or image
    return image if image.mode == "RGB" else image.convert("RGB")


def to_srgb_16(values: Array, profile: bytes) -> tuple[Array, str]:
    """H×W, H×W×3 or H×W×4 (CMYK) uint16 in sRGB, 16 bits, RGB in place; the same words as `to_srgb`."""
    import imagecodecs

    found = _transform(profile)
    mode = "L" if values.ndim == 2 else {3: "RGB", 4: "CMYK"}[values.shape[2]]
    if found is None or (found[0] != mode and (found[0], mode) != ("RGB", "L")):
        return values, "ignored"
    if found[1] is None:
        return values, "sRGB"
    if mode == "L":
        ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
        given = ramp if found[0] == "L" else np.repeat(ramp[..., None], 3, -1)
        space = "gray" if found[0] == "L" else "rgb"
        table = imagecodecs.cms_transform(given, profile, _srgb_bytes(), colorspace=space, outcolorspace="rgb")
        table = np.ascontiguousarray(table[..., 1]).reshape(-1)
        for band in bands(values):
            values[band] = table[values[band]]
        return values, "converted"
    space = "rgb" if mode == "RGB" else "cmyk"
    out = values if mode == "RGB" else np.empty((*values.shape[:2], 3), np.uint16)
    for band in bands(values):
        out[band] = imagecodecs.cms_transform(
            np.ascontiguousarray(values[band]), profile, _srgb_bytes(), colorspace=space, outcolorspace="rgb"
        )
    return out, "converted"


def coded_profile(primaries: int, transfer: int) -> bytes | None:
    """A profile for the numbers of H.273 (PNG's cICP, HEIF's and AVIF's nclx); None for sRGB and for what we have no
    profile of (HDR curves: shown as they are)."""
    if primaries in (0, 1, 2) and transfer in LIKE_SRGB:
        return None
    if primaries not in PRIMARIES and primaries not in (0, 2):
        return None
    if transfer not in LIKE_SRGB and transfer not in GAMMAS:
        return None
    return rgb_profile(PRIMARIES.get(primaries, PRIMARIES[1]), D65, GAMMAS.get(transfer))


@lru_cache(16)
def rgb_profile(primaries: tuple[float, ...], white: tuple[float, float], gamma: float | None) -> bytes | None:
    """A matrix profile. gamma: of the curve from stored to linear values; None for sRGB's curve."""
    curve = struct.pack(">4sIIH2x", b"curv", 0, 1, round(gamma * 256)) if gamma is not None else _srgb_curve()
    x, y, z = (np.array(primaries).reshape(3, 2)[:, 0], np.array(primaries).reshape(3, 2)[:, 1], None)
    if (y <= 0).any() or white[1] <= 0:
        return None
    z = 1 - x - y
    columns = np.stack([x / y, np.ones(3), z / y])
    target = np.array([white[0] / white[1], 1.0, (1 - white[0] - white[1]) / white[1]])
    try:
        matrix = _to_d50(target) @ (columns * np.linalg.solve(columns, target))
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(matrix).all() or np.abs(matrix).max() > 4:
        return None
    return _icc(matrix, curve)


def _to_d50(white: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bradford's adaptation."""
    cone = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    ratio = (cone @ np.array([0.9642, 1.0, 0.8249])) / (cone @ white)
    return np.asarray(np.linalg.inv(cone) @ np.diag(ratio) @ cone)


def _srgb_curve() -> bytes:
    data = _srgb_bytes()
    count = int.from_bytes(data[128:132], "big")
    for at in range(132, 132 + 12 * count, 12):
        if data[at : at + 4] == b"rTRC":
            start, length = struct.unpack_from(">II", data, at + 4)
            return data[start : start + length].ljust(-(-length // 4) * 4, b"\0")
    raise AssertionError("sRGB has a curve")


def _icc(matrix: npt.NDArray[np.float64], curve: bytes) -> bytes:
    def xyz(column: Array) -> bytes:
        return struct.pack(">4sI3i", b"XYZ ", 0, *(round(float(v) * 65536) for v in column))

    white = np.array([0.9642, 1.0, 0.8249])
    parts = [(b"wtpt", xyz(white))] + [(name, xyz(matrix[:, i])) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))]
    parts += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    at, table, body = 128 + 4 + 12 * len(parts), b"", b""
    for name, data in parts:
        table += struct.pack(">4sII", name, at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"\0" * 4, 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp").ljust(44, b"\0")
    head = head[:68] + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + struct.pack(">I", len(parts)) + table + body


def flatten(image: Pillow.Image, alpha: Pillow.Image, premultiplied: bool = False) -> Pillow.Image:
    """The RGB image on white, in place, some rows at a time."""
    for top in range(0, image.height, STRIP):
        box = (0, top, image.width, min(top + STRIP, image.height))
        strip, mask = image.crop(box), alpha.crop(box)
        if premultiplied:
            rest = 255 - np.asarray(mask, np.uint16)[..., None]
            mixed = Pillow.fromarray(np.minimum(np.asarray(strip, np.uint16) + rest, 255).astype(np.uint8))
        else:
            mixed = Pillow.composite(strip, Pillow.new("RGB", strip.size, (255, 255, 255)), mask)
        image.paste(mixed, box[:2])
    return image


def lab_to_srgb(lab: Array) -> npt.NDArray[np.uint8]:
    """H×W×3 floats, L* 0–100 and a*, b* (D50), as sRGB."""
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * [0.9642, 1.0, 0.8249]
    linear = xyz @ np.array([[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540],
                             [0.0719453, -0.2289914, 1.4052427]]).T  # fmt: skip
    linear = linear.clip(0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray((shown * 255).round(), np.uint8)


def ycc_to_rgb(ycc: Array, full: float) -> Array:
    """H×W×3 of full range YCbCr (BT.601), 0 to `full`, as RGB of the same kind."""
    y, cb, cr = (ycc[..., i].astype(np.float32) for i in range(3))
    half = (full + 1) / 2
    rgb = np.stack(
        [y + 1.402 * (cr - half), y - 0.344136 * (cb - half) - 0.714136 * (cr - half), y + 1.772 * (cb - half)], -1
    )
    return rgb.clip(0, full).round().astype(ycc.dtype)
