"""The files of an image, for members of its project."""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any

from django.db.models.fields.files import FieldFile
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseNotFound,
    HttpResponseNotModified,
    HttpResponseRedirect,
)
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from labeling.images import blocks, high_depth, pictures
from labeling.images.models import Image
from labeling.projects import access
from labeling.storage.roots import OriginalGone

A_YEAR = 365 * 24 * 3600
FIVE_MINUTES = 300


def download_url(stored: FieldFile, filename: str, content_type: str) -> str | None:
    """Where the browser gets a file from an object store itself, so that this server does not carry its bytes; None
    where it has to. Raises: Http404 for a referenced one that was changed."""
    reference = getattr(stored, "reference", None)
    try:
        if reference is not None:
            return reference.look().download_url(reference.path, filename, content_type)
    except OriginalGone as gone:
        raise Http404(str(gone)) from gone
    offered = getattr(stored.storage, "download_url", None)
    return offered(str(stored.name), filename, content_type) if offered is not None else None


class StoredFileResponse(FileResponse):
    """A FileResponse that an ASGI server sends chunk by chunk: Django's own would read the whole file into memory."""

    chunk_bytes = 256 * 1024

    async def __aiter__(self) -> AsyncIterator[bytes]:
        file: Any = self.file_to_stream
        if file is None:  # a middleware put an iterator of its own in front of the file
            async for part in super().__aiter__():
                yield part
            return
        while chunk := await asyncio.to_thread(file.read, self.chunk_bytes):
            yield chunk


@require_safe
def view(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """The upright 8-bit RGB picture."""
    image = access.object_for(request, Image.objects.all(), pk=image_id)
    return _serve(request, image, image.view, pictures.view_content_type(image))


@require_safe
def thumbnail(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """The small picture for lists."""
    image = access.object_for(request, Image.objects.all(), pk=image_id)
    return _serve(request, image, image.thumbnail, "image/webp")


@require_safe
def original(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """The uploaded file, byte for byte, as a download under its own name."""
    image = access.object_for(request, Image.objects.all(), pk=image_id)
    content_type = pictures.original_content_type(image)
    elsewhere = download_url(image.original, image.name.rpartition("/")[2], content_type)
    if elsewhere is not None:
        return HttpResponseRedirect(elsewhere, headers={"Cache-Control": "private, no-store"})
    return _serve(request, image, image.original, content_type, download_as=image.name.rpartition("/")[2])


@require_safe
def block(request: HttpRequest, image_id: int, level: str, row: int, column: int) -> HttpResponseBase:
    """A block of a large view (`labeling.images.blocks`); with `low` and `high` of another window (`window`)."""
    image = access.object_for(request, Image.objects.all(), pk=image_id)
    if not blocks.has_blocks(image):
        return HttpResponseNotFound("This image has no blocks. Load its view.", content_type="text/plain")
    windowed = "low" in request.GET or "high" in request.GET
    if not windowed and _is_known(request, image):
        return _kept(request, image, HttpResponseNotModified())
    try:
        if windowed:
            return _for_minutes(high_depth.render_block(image, level, row, column, _window_in(request, image)))
        content, content_type = blocks.read_block(image, level, row, column)
    except blocks.NoBlock as error:
        return HttpResponseNotFound(str(error), content_type="text/plain; charset=utf-8")
    except blocks.NoBlocks:
        missing = "The blocks of this image are not there. Open it again to have them made."
        return HttpResponseNotFound(missing, content_type="text/plain")
    except BadWindow as error:
        return HttpResponseBadRequest(str(error))
    return _kept(request, image, HttpResponse(content, content_type=content_type))


@require_safe
def window(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """The picture of an original with more than 8 bits, `low` shown black and `high` white: only to look at."""
    image = access.object_for(request, Image.objects.all(), pk=image_id)
    try:
        return _for_minutes(pictures.render_window(image, *_window_in(request, image)))
    except BadWindow as error:
        return HttpResponseBadRequest(str(error))
    except pictures.ViewUnreadable as error:
        raise Http404(str(error)) from error


class BadWindow(Exception):
    """What the query says is no window; the message says what to send."""


def _window_in(request: HttpRequest, image: Image) -> tuple[float, float]:
    """Raises: BadWindow; Http404 for an original that has no other window."""
    if not pictures.is_deep(image):
        raise Http404("The original has 8 bits a channel: there is no other window of it.")
    try:
        low, high = (float(request.GET.get(name, "")) for name in ("low", "high"))
    except ValueError:
        raise BadWindow("low and high: send two numbers.") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise BadWindow("low and high: low has to be less than high.")
    return low, high


def _for_minutes(content: bytes) -> HttpResponse:
    """A picture that was made for this request."""
    response = HttpResponse(content, content_type="image/jpeg" if content.startswith(b"\xff\xd8") else "image/png")
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=FIVE_MINUTES)
    return response


def _serve(
    request: HttpRequest, image: Image, stored: FieldFile, content_type: str, download_as: str = ""
) -> HttpResponseBase:
    """The file, or 304. It never changes, so a URL with its content in it (`?v=`) may be kept for ever; the bare one
    for minutes only, as the ids of a database that was set up anew begin at 1 again."""
    response: HttpResponseBase
    if _is_known(request, image):
        response = HttpResponseNotModified()
    else:
        try:
            file = stored.open("rb")
        except OriginalGone as gone:
            raise Http404(str(gone)) from gone
        except FileNotFoundError as error:
            raise Http404(
                f"The file of “{image.name}” is gone. Restore the media folder, or upload it again."
            ) from error
        response = StoredFileResponse(
            file, as_attachment=bool(download_as), filename=download_as, content_type=content_type
        )
    return _kept(request, image, response)


def _is_known(request: HttpRequest, image: Image) -> bool:
    """Whether the browser has it already."""
    etag = _etag(image)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in known or f"W/{etag}" in known


def _etag(image: Image) -> str:
    return f'"{image.sha256}{image.rendering}"'


def _kept(request: HttpRequest, image: Image, response: HttpResponseBase) -> HttpResponseBase:
    """Told how long it may be kept."""
    response["ETag"] = _etag(image)
    response["X-Content-Type-Options"] = "nosniff"
    if request.GET.get("v") == image.version:
        patch_cache_control(response, private=True, max_age=A_YEAR, immutable=True)
    else:
        patch_cache_control(response, private=True, max_age=FIVE_MINUTES, must_revalidate=True)
    return response
