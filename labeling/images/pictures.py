"""The files beside an original: the view and the thumbnail (`decoding.writing` makes them), and reading the view."""

import threading
from pathlib import Path, PurePath

import numpy as np
import numpy.typing as npt
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage
from PIL import Image as Pillow

from decoding.limits import Rejected
from decoding.process import Lost
from labeling.images.decoder import decoded
from labeling.images.models import Image
from labeling.storage.roots import OriginalGone

Pillow.MAX_IMAGE_PIXELS = None  # a view has passed our own limit

CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "HEIF": "image/heif",
    "JPEG2000": "image/jp2",
    "DICOM": "application/dicom",
}
_SUFFIXES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


class ViewUnreadable(Exception):
    """The view's file is gone or damaged; the message says what to do."""


def store(found: dict[str, str], folder: Path, original: str, rendering: str = "") -> dict[str, str]:
    """Store the files that were made of the original stored under `original`; returns their names: `view` (maybe the
    original's), `thumbnail` and, if there are any, `blocks`. rendering: as `Image.rendering`."""
    names = {}
    for kind, place in (("view", "views"), ("thumbnail", "thumbnails"), ("blocks", "blocks")):
        if found.get(kind):
            made = folder / found[kind]
            with made.open("rb") as file:
                names[kind] = _put(_beside(original, place, made.suffix, rendering), File(file))
    return {"view": original} | names


def blocks_name(image: Image) -> str:
    """Where the blocks of a large view are (`labeling.images.blocks`); "" for a name that is not ours."""
    original = str(image.original.name)
    return _beside(original, "blocks", ".zip", image.rendering) if len(PurePath(original).parents) > 2 else ""


def files_of(image: Image) -> set[str]:
    """The names of all files of an image, those that are not there among them."""
    names = {str(file.name or "") for file in (image.original, image.view, image.thumbnail)}
    return names | {blocks_name(image)}


def open_view(image: Image) -> Pillow.Image:
    """The view, decoded, RGB. A large one is there once, at 4 bytes a pixel.

    Raises: ViewUnreadable.
    """
    try:
        with image.view.open("rb") as file:
            opened: Pillow.Image = Pillow.open(file)
            opened.load()
            opened = opened if opened.mode == "RGB" else opened.convert("RGB")  # convert always copies
    except OriginalGone as gone:
        raise ViewUnreadable(str(gone)) from gone
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


def about(image: Image) -> list[str]:
    """What a person has to know about the view, in sentences: what of the original it does not show."""
    source = image.source
    found = [str(source["note"])] if source.get("note") else []
    shown, bands = source.get("shown"), source.get("bands")
    if shown:
        what = f"Band {shown[0]}" if len(shown) == 1 else "Bands " + ", ".join(map(str, shown))
        found.append(f"{what} of {bands} {'is' if len(shown) == 1 else 'are'} shown.")
    elif bands:
        first = "first is" if source.get("mode", "").startswith("L") else "first three are"
        found.append(f"It has {bands} bands; the {first} shown.")
    return found


_rendering = threading.Lock()
"""One picture of a process at a time: a large original with all its bits fills much memory."""


def render_window(image: Image, low: float, high: float) -> bytes:
    """The picture with another window of the original's values, as a JPEG to look at; labels are for the view.

    Raises: ViewUnreadable.
    """
    try:
        wanted = {"page": image.page, "bands": image.source.get("shown", [])}
        with _rendering, decoded(image.original, "render", low=low, high=high, wanted=wanted) as (found, folder):
            if (found["width"], found["height"]) == (image.width, image.height):
                return (folder / found["file"]).read_bytes()
            problem = (
                f"it is {found['width']} × {found['height']} now"  # brought in by a version that read it otherwise
            )
    except (OSError, Rejected, Lost) as error:
        problem = str(error)
    raise ViewUnreadable(f"The original of “{image.name}” can't be read: {problem}")


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


def _beside(original: str, kind: str, suffix: str, rendering: str = "") -> str:
    """`projects/1/originals/ab/ab….tif` → `projects/1/views/ab/ab….png`. A file that changes what it shows has another
    name: who reads the old one meanwhile has it whole."""
    path = PurePath(original)
    stem = f"{path.stem}-{rendering}" if rendering else path.stem
    return str(path.parents[2] / kind / path.parent.name / stem) + suffix


def _put(name: str, content: "File[bytes]") -> str:
    """Write `content` under exactly `name`, over what a killed worker may have left there. Only one item has this
    name, and one worker has its lease."""
    default_storage.delete(name)
    return default_storage.save(name, content)
