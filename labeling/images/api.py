"""Uploads and images over JSON."""

from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Status

from labeling.accounts.services import user_of
from labeling.images import ingest, resumable, services
from labeling.images.models import Image, PartialFile, Tag, Upload
from labeling.images.schemas import BlocksData, ItemData, ItemsAdded, TagData, TagList, UploadData, UploadStarted
from labeling.images.specs import WholeFile
from labeling.projects import access
from labeling.projects.schemas import Deleted
from labeling.web.api import ApiError, Body
from labeling.web.routes import FILE, Router, Sent, multipart, takes

router = Router(tags=["images"])

_FILES = multipart(["file"], file={"type": "array", "items": FILE}, path={"type": "array", "items": {"type": "string"}})


def _headers(**needed: str) -> list[dict[str, Any]]:
    """Headers for the OpenAPI document: name with `_` for `-`, and what it says."""
    return [
        {"name": name.replace("_", "-"), "in": "header", "required": True, "description": said, "schema": _TEXT}
        for name, said in needed.items()
    ]


_TEXT = {"type": "string"}
_TUS_HEADER = {"Tus_Resumable": "1.0.0"}
_TUS = {"parameters": _headers(**_TUS_HEADER)}
_CREATION = {"parameters": _headers(**_TUS_HEADER, Upload_Length="Bytes of the whole file.")}
_PART = {
    "parameters": _headers(**_TUS_HEADER, Upload_Offset="Where the part begins."),
    "requestBody": {"required": True, "content": {resumable.CONTENT_TYPE: {"schema": FILE}}},
}


def _upload(request: HttpRequest, upload_id: int) -> Upload:
    return access.object_for(request, Upload.objects.all(), access.May.MANAGE, pk=upload_id)


def partial_file(request: HttpRequest, partial_id: int | str) -> PartialFile:
    """Only who sends a file is told of it. Raises: Http404, also for another manager."""
    if not str(partial_id).isascii() or not str(partial_id).isdigit() or len(str(partial_id)) > 18:
        raise Http404("There is no such file.")
    own = PartialFile.objects.filter(created_by=user_of(request))
    return access.object_for(request, own, access.May.MANAGE, pk=int(partial_id))


@router.post("projects/{id:project_id}/uploads", response={201: UploadStarted})
def start_upload(request: HttpRequest, project_id: int) -> Status[UploadStarted]:
    """Open an upload. Managers only."""
    project = access.project_for(request, project_id, access.May.MANAGE)
    return Status(201, UploadStarted(id=services.start_upload(project, user_of(request)).pk))


@router.post("uploads/{id:upload_id}/files", response={201: ItemsAdded}, openapi_extra=_FILES)
@takes(Body.UPLOAD, before=_upload)
def add_files(request: HttpRequest, upload_id: int) -> Status[ItemsAdded]:
    """Add files to an upload: a multipart body with one or several fields `file`.

    Beside each may stand a `path`, in the same order: where it lay in a folder (`street/a.jpg`). It becomes the name.
    """
    upload = _upload(request, upload_id)
    files = request.FILES.getlist("file")
    if not files:
        raise ApiError(400, "no_file", "Send the files as multipart/form-data in the field “file”.")
    paths = request.POST.getlist("path") or [""] * len(files)
    if len(paths) != len(files):
        raise ApiError(
            400, "bad_path", f"There are {len(files)} files but {len(paths)} paths. Send one for each, or none."
        )
    names = [ingest.checked_path(path) or file.name or "unnamed" for path, file in zip(paths, files, strict=True)]
    items = [services.add_file(upload, name, file) for name, file in zip(names, files, strict=True)]
    return Status(201, ItemsAdded(items=[ItemData.of(item) for item in items]))


@router.post("uploads/{id:upload_id}/resumable", response={201: ItemsAdded})
def add_whole_file(request: HttpRequest, upload_id: int, sent: Sent[WholeFile]) -> Status[ItemsAdded]:
    """Add a file that arrived in parts. Asking twice adds it once."""
    upload = _upload(request, upload_id)
    item = services.add_whole(upload, partial_file(request, sent.read().file))
    return Status(201, ItemsAdded(items=[ItemData.of(item)]))


@router.api_operation(["OPTIONS"], "projects/{id:project_id}/resumable", response={204: None})
def resumable_options(request: HttpRequest, project_id: int, response: HttpResponse) -> Status[None]:
    """What this server can do of the tus protocol, in headers."""
    access.project_for(request, project_id, access.May.MANAGE)
    resumable.tell(response)
    return Status(204, None)


@router.post("projects/{id:project_id}/resumable", response={201: None}, openapi_extra=_CREATION)
def start_file(request: HttpRequest, project_id: int, response: HttpResponse) -> Status[None]:
    """Announce a file that comes in parts (the tus protocol 1.0); the header `Location` says where its parts go.

    `Upload-Metadata` has `filename`, and maybe `path`: where it lay in a folder (`street/a.jpg`).
    """
    project = access.project_for(request, project_id, access.May.MANAGE)
    resumable.tell(response)
    resumable.require_version(request)
    whole = resumable.create(request, project, user_of(request))
    response["Location"] = f"/api/resumable/{whole.pk}"
    resumable.describe(whole, response)
    return Status(201, None)


@router.api_operation(["HEAD"], "resumable/{id:partial_id}", response={204: None}, openapi_extra=_TUS)
def resumable_state(request: HttpRequest, partial_id: int, response: HttpResponse) -> Status[None]:
    """How much of a file is here: the next part begins at `Upload-Offset`."""
    whole = partial_file(request, partial_id)
    resumable.tell(response)
    resumable.require_version(request)
    resumable.require_open(whole)
    resumable.describe(whole, response)
    return Status(204, None)


@router.patch("resumable/{id:partial_id}", response={204: None}, openapi_extra=_PART)
@takes(Body.UPLOAD, before=partial_file)
def add_part(request: HttpRequest, partial_id: int, response: HttpResponse) -> Status[None]:
    """Send the next part of a file."""
    whole = partial_file(request, partial_id)
    resumable.tell(response)
    resumable.require_version(request)
    resumable.add_part(request, whole)
    resumable.describe(whole, response)
    return Status(204, None)


@router.delete("resumable/{id:partial_id}", response={204: None}, openapi_extra=_TUS)
def end_file(request: HttpRequest, partial_id: int, response: HttpResponse) -> Status[None]:
    """Give a file up: its parts are deleted. What it was made into stays."""
    whole = partial_file(request, partial_id)
    resumable.tell(response)
    resumable.require_version(request)
    whole.delete()
    return Status(204, None)


@router.post("uploads/{id:upload_id}/close")
def close_upload(request: HttpRequest, upload_id: int) -> UploadData:
    """Say that no more files come."""
    return services.describe(services.close(_upload(request, upload_id)))


@router.get("uploads/{id:upload_id}")
def upload(request: HttpRequest, upload_id: int) -> UploadData:
    """How far an upload is, and what became of each file."""
    return services.describe(_upload(request, upload_id))


@router.get("images/{id:image_id}/blocks")
def blocks(request: HttpRequest, image_id: int) -> BlocksData:
    """Where the blocks of a large image are; while they are being made, how far they are."""
    pyramid = services.pyramid(access.object_for(request, Image.objects.all(), pk=image_id))
    if pyramid is None:
        raise ApiError(404, "no_blocks", "Only large images have blocks. Load the view of this one.")
    return pyramid


@router.delete("images/{id:image_id}")
def delete(request: HttpRequest, image_id: int) -> Deleted:
    """Delete an image with its annotations, features and files. Managers only."""
    services.delete_image(access.object_for(request, Image.objects.all(), access.May.MANAGE, pk=image_id))
    return Deleted(deleted=image_id)


@router.get("projects/{id:project_id}/tags")
def tags(request: HttpRequest, project_id: int) -> TagList:
    """The tags of a project, and how many images each has."""
    project = access.project_for(request, project_id)
    found = project.tags.annotate(count=Count("images"))
    return TagList(results=[TagData(id=one.pk, name=one.name, images=one.count) for one in found])


@router.delete("tags/{id:tag_id}")
def delete_tag(request: HttpRequest, tag_id: int) -> Deleted:
    """Delete a tag; its images stay. Images get tags by `POST /api/projects/<id>/images/bulk`."""
    access.object_for(request, Tag.objects.all(), access.May.ASSIGN, pk=tag_id).delete()
    return Deleted(deleted=tag_id)
