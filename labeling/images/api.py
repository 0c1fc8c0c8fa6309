"""Uploads and images over JSON."""

from typing import Any

from django.http import HttpRequest

from labeling.accounts.models import User
from labeling.common.api import ApiError, Body, api
from labeling.images import services
from labeling.images.models import Image, Upload
from labeling.projects import access


@api("POST")
def start(request: HttpRequest, project_id: int) -> tuple[int, dict[str, Any]]:
    """Open an upload."""
    project = access.project_for(request, project_id, access.MANAGERS)
    assert isinstance(request.user, User)  # `api` lets nobody else in
    return 201, {"id": services.start_upload(project, request.user).pk}


@api("POST", takes=Body.UPLOAD)
def add_files(request: HttpRequest, upload_id: int) -> tuple[int, dict[str, Any]]:
    """Add the files of a multipart body, field `file`, one or several.

    Beside each may stand a `path`, in the same order: where it lay in a folder (`street/a.jpg`). It becomes the name.
    """
    upload = access.object_for(request, Upload.objects.all(), access.MANAGERS, pk=upload_id)
    files = request.FILES.getlist("file")
    if not files:
        raise ApiError(400, "no_file", "Send the files as multipart/form-data in the field “file”.")
    paths = request.POST.getlist("path") or [""] * len(files)
    if len(paths) != len(files):
        raise ApiError(
            400, "bad_path", f"There are {len(files)} files but {len(paths)} paths. Send one for each, or none."
        )
    names = [services.checked_path(path) or file.name or "unnamed" for path, file in zip(paths, files, strict=True)]
    items = [services.add_file(upload, name, file) for name, file in zip(names, files, strict=True)]
    return 201, {"items": [services.describe_item(item) for item in items]}


def _may_add_files(request: HttpRequest, upload_id: int) -> None:
    """Asked before gigabytes are read. Raises: Http404, PermissionDenied."""
    access.object_for(request, Upload.objects.all(), access.MANAGERS, pk=upload_id)


add_files.before_body = _may_add_files  # type: ignore[attr-defined]


@api("POST")
def close(request: HttpRequest, upload_id: int) -> dict[str, Any]:
    """Say that no more files come."""
    upload = access.object_for(request, Upload.objects.all(), access.MANAGERS, pk=upload_id)
    return services.describe(services.close(upload))


@api("GET")
def show(request: HttpRequest, upload_id: int) -> dict[str, Any]:
    """How far an upload is, and what became of each file."""
    return services.describe(access.object_for(request, Upload.objects.all(), access.MANAGERS, pk=upload_id))


@api("GET")
def blocks(request: HttpRequest, image_id: int) -> dict[str, Any]:
    """Where the blocks of a large image are; while they are being made, how far they are."""
    image = access.object_for(request, Image.objects.all(), pk=image_id)
    pyramid = services.pyramid(image)
    if pyramid is None:
        raise ApiError(404, "no_blocks", "Only large images have blocks. Load the view of this one.")
    return pyramid


@api("DELETE")
def delete(request: HttpRequest, image_id: int) -> dict[str, Any]:
    """Delete an image with its annotations, features and files."""
    services.delete_image(access.object_for(request, Image.objects.all(), access.MANAGERS, pk=image_id))
    return {"deleted": image_id}
