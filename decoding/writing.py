"""The files that are made of a picture: the view, the thumbnail, the blocks, another window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from decoding import pyramid
from decoding.limits import Limits
from decoding.reader import Picture, read, read_view
from decoding.reader import pages as pages_of
from decoding.wanted import MEANT, Wanted

THUMBNAIL_SIDE = 320
JPEG_LARGEST_SIDE = 65_535


def take_in(
    path: Path, out: Path, limits: Limits, blocks_from: int, side: int, wanted: Wanted = MEANT
) -> dict[str, Any]:
    """Read the original at `path` as it is wanted; write into the folder `out` its view (unless the original is one),
    its thumbnail and, for more than `blocks_from` pixels, its blocks of `side`.

    Returns: width, height, source; "view" (a file name, "" for the original), "thumbnail", "blocks" (or "").
    Raises: Rejected; OSError when a disk fails.
    """
    with path.open("rb") as file:
        picture = read(file, limits, deep_from=blocks_from, wanted=wanted)
    width, height = picture.view.size
    found: dict[str, Any] = {"width": width, "height": height, "source": picture.source}
    found["view"] = _write_view(picture, out)
    found["thumbnail"], found["blocks"] = _write_thumbnail(picture.view, out), ""
    if width * height > blocks_from:
        found["blocks"] = "blocks.zip"
        with (out / "blocks.zip").open("wb") as zip_file:
            pyramid.write(picture, zip_file, pyramid.is_lossless(picture.source["format"]), side)
    return found


def measure(path: Path, limits: Limits) -> dict[str, Any]:
    """The size of the view that the original at `path` would get: width, height. Raises: as `take_in`."""
    with path.open("rb") as file:
        width, height = read(file, limits).view.size
    return {"width": width, "height": height}


def cut(path: Path, out: Path, limits: Limits, lossless: bool, side: int, tell: Any) -> dict[str, Any]:
    """Make the blocks of the view at `path` in the folder `out`; a view is shown as it is. Raises: as `take_in`."""
    with path.open("rb") as file:
        picture = read_view(file, limits)
    with (out / "blocks.zip").open("wb") as zip_file:
        pyramid.write(picture, zip_file, lossless, side, tell)
    return {"blocks": "blocks.zip", "width": picture.view.width, "height": picture.view.height}


def pages(path: Path, most: int) -> dict[str, Any]:
    """Which pages of the original at `path` are pictures of their own (`reader.pages`). Raises: as `take_in`."""
    with path.open("rb") as file:
        return {"pages": pages_of(file, most)}


def render(path: Path, out: Path, limits: Limits, low: float, high: float, wanted: Wanted = MEANT) -> dict[str, Any]:
    """Show the original at `path` through another window, to look at. Raises: as `take_in`."""
    with path.open("rb") as file:
        shown = read(file, limits, (low, high), wanted=wanted).view
    lossy = max(shown.size) <= JPEG_LARGEST_SIDE
    name = "window.jpg" if lossy else "window.png"
    shown.save(out / name, "JPEG" if lossy else "PNG", **({"quality": 92, "subsampling": 0} if lossy else {}))
    return {"file": name, "width": shown.width, "height": shown.height}


def _write_view(picture: Picture, out: Path) -> str:
    """The original's own file when a browser shows exactly the same pixels (an upright 8-bit RGB JPEG, PNG or WebP of
    one frame). Otherwise a JPEG (quality 95, no chroma subsampling) when the original was lossy, and a PNG for
    everything else, so that a lossless original stays lossless. Neither carries metadata or a colour profile: sRGB."""
    if picture.reusable:
        picture.source["view"] = "original"
        return ""
    lossy = not pyramid.is_lossless(picture.source["format"]) and max(picture.view.size) <= JPEG_LARGEST_SIDE
    picture.source["view"] = "jpeg" if lossy else "png"
    name = "view.jpg" if lossy else "view.png"
    if lossy:
        picture.view.save(out / name, "JPEG", quality=95, subsampling=0)
    else:
        picture.view.save(out / name, "PNG", compress_level=3)
    return name


def _write_thumbnail(view: Pillow.Image, out: Path) -> str:
    """WebP, longest side 320 px."""
    small = view
    if max(view.size) > THUMBNAIL_SIDE:
        small = view if view.width * view.height < 1_000_000 else view.reduce(max(1, max(view.size) // 1280))
        small = small.copy() if small is view else small
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Pillow.Resampling.LANCZOS)
    small.save(out / "thumbnail.webp", "WEBP", quality=82)
    return "thumbnail.webp"
