"""The files beside an original: the view and the thumbnail.

The view is the original's own file when a browser shows exactly the same pixels (an upright 8-bit RGB JPEG, PNG or
WebP of one frame). Otherwise it is a JPEG (quality 95, no chroma subsampling) when the original was a JPEG, and a PNG
for everything else, so that a lossless original stays lossless. Neither carries metadata or a colour profile: sRGB.
"""

import io
import tempfile
import threading
from pathlib import PurePath

import numpy as np
import numpy.typing as npt
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage
from PIL import Image as Pillow

from labeling.images.models import Image
from labeling.images.reading import Picture, Rejected, read

THUMBNAIL_SIDE = 320
JPEG_LARGEST_SIDE = 65_535
CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
}
_SUFFIXES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


class ViewUnreadable(Exception):
    """The view's file is gone or damaged; the message says what to do."""


def write_view(picture: Picture, original: str) -> str:
    """Write the view of the original stored under the name `original`; returns the view's name."""
    if picture.reusable:
        picture.source["view"] = "original"
        return original
    lossy = picture.source["format"] == "JPEG" and max(picture.view.size) <= JPEG_LARGEST_SIDE
    picture.source["view"] = "jpeg" if lossy else "png"
    with tempfile.TemporaryFile() as out:  # in memory it would come on top of the pixels
        if lossy:
            picture.view.save(out, "JPEG", quality=95, subsampling=0)
        else:
            picture.view.save(out, "PNG", compress_level=3)
        return _put(_beside(original, "views", ".jpg" if lossy else ".png"), File(out))


def write_thumbnail(picture: Picture, original: str) -> str:
    """Write the thumbnail (WebP, longest side 320 px) of the original stored under `original`; returns its name."""
    small = picture.view.copy() if max(picture.view.size) <= THUMBNAIL_SIDE else _reduced(picture.view)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=82)
    return _put(_beside(original, "thumbnails", ".webp"), ContentFile(out.getvalue()))


def blocks_name(original: str) -> str:
    """Where the blocks of a large view are (`labeling.images.blocks`); "" for a name that is not ours."""
    return _beside(original, "blocks", ".zip") if len(PurePath(original).parents) > 2 else ""


def open_view(image: Image) -> Pillow.Image:
    """The view, decoded, RGB. A large one is there once, at 4 bytes a pixel.

    Raises: ViewUnreadable.
    """
    try:
        with image.view.open("rb") as file:
            opened: Pillow.Image = Pillow.open(file)
            opened.load()
            opened = opened if opened.mode == "RGB" else opened.convert("RGB")  # convert always copies
    except Exception as error:  # whatever a decoder raises on a damaged file
        raise ViewUnreadable(
            f"The view of “{image.name}” can't be read ({type(error).__name__}). "
            "Delete the image and upload it again, or restore the media folder from a backup."
        ) from error
    if opened.size != (image.width, image.height):
        raise ViewUnreadable(
            f"The view of “{image.name}” is {opened.width} × {opened.height}; "
            f"{image.width} × {image.height} was expected. Delete the image and upload it again."
        )
    return opened


def is_deep(image: Image) -> bool:
    """Whether the original has more than 8 bits, so that the view is one window of it."""
    return int(image.source.get("bits", 8)) > 8 and "window" in image.source


_rendering = threading.Lock()
"""One picture of a process at a time: a large original with all its bits fills much memory."""


def render_window(image: Image, low: float, high: float) -> bytes:
    """The picture with another window of the original's values, as a JPEG to look at; labels are for the view.

    Raises: ViewUnreadable.
    """
    try:
        with _rendering, image.original.open("rb") as file:
            shown = read(file, (low, high)).view
    except (OSError, Rejected) as error:
        raise ViewUnreadable(f"The original of “{image.name}” can't be read: {error}") from error
    out = io.BytesIO()
    lossy = max(shown.size) <= JPEG_LARGEST_SIDE
    shown.save(out, "JPEG" if lossy else "PNG", **({"quality": 92, "subsampling": 0} if lossy else {}))
    return out.getvalue()


def view_pixels(image: Image) -> npt.NDArray[np.uint8]:
    """The view as H×W×3 RGB.

    Raises: ViewUnreadable.
    """
    return np.asarray(open_view(image))


def view_content_type(image: Image) -> str:
    """The content type of the view, from its name, which we gave."""
    if image.view.name == image.original.name:
        return original_content_type(image)
    return _SUFFIXES.get(PurePath(str(image.view.name)).suffix, "application/octet-stream")


def original_content_type(image: Image) -> str:
    """The content type of the original, from what it was read as, never from its name."""
    return CONTENT_TYPES.get(image.source.get("format", ""), "application/octet-stream")


def delete_files(names: set[str], storage: Storage | None = None) -> None:
    """Delete files by name; those already gone are fine."""
    for name in names - {""}:
        (storage or default_storage).delete(name)


def _reduced(view: Pillow.Image) -> Pillow.Image:
    small = view.copy() if view.width * view.height < 1_000_000 else view.reduce(max(1, max(view.size) // 1280))
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Pillow.Resampling.LANCZOS)
    return small


def _beside(original: str, kind: str, suffix: str) -> str:
    """`projects/1/originals/ab/ab….tif` → `projects/1/views/ab/ab….png`."""
    path = PurePath(original)
    return str(path.parents[2] / kind / path.parent.name / path.stem) + suffix


def _put(name: str, content: "File[bytes]") -> str:
    """Write `content` under exactly `name`, over what a killed worker may have left there. Only one item has this
    name, and one worker has its lease."""
    default_storage.delete(name)
    return default_storage.save(name, content)
