"""Uploads and images over JSON."""

from django.db.models import Count
from django.http import HttpRequest
from ninja import Status

from labeling.accounts.services import user_of
from labeling.images import services
from labeling.images.models import Image, Tag, Upload
from labeling.images.schemas import BlocksData, ItemData, ItemsAdded, TagData, TagList, UploadData, UploadStarted
from labeling.projects import access
from labeling.projects.schemas import Deleted
from labeling.web.api import ApiError, Body
from labeling.web.routes import FILE, Router, multipart, takes

router = Router(tags=["images"])

_FILES = multipart(["file"], file={"type": "array", "items": FILE}, path={"type": "array", "items": {"type": "string"}})


def _upload(request: HttpRequest, upload_id: int) -> Upload:
    return access.object_for(request, Upload.objects.all(), access.May.MANAGE, pk=upload_id)


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
    names = [services.checked_path(path) or file.name or "unnamed" for path, file in zip(paths, files, strict=True)]
    items = [services.add_file(upload, name, file) for name, file in zip(names, files, strict=True)]
    return Status(201, ItemsAdded(items=[ItemData.of(item) for item in items]))


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
