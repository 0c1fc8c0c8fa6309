"""What the HTTP API, the management commands and the tests share: bringing files in, and taking images away."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.db import transaction

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.images import block_jobs, blocks, ingest, resumable, zips
from labeling.images.models import Image, PartialFile, Upload, UploadItem
from labeling.images.reading import Rejected
from labeling.images.schemas import BlocksData, ItemData, LevelData, UploadData
from labeling.projects.models import Project
from labeling.storage.roots import Reference
from labeling.web.api import ApiError

MISSING_SHOWN = 5


def start_upload(project: Project, user: User) -> Upload:
    """Open an upload; files follow by `add_file` or `add_path`, then `close`."""
    upload = Upload.objects.create(project=project, created_by=user)
    ingest.publish(upload)
    return upload


def add_file(upload: Upload, name: str, file: IO[bytes] | File[Any], *, whole: bool = False) -> UploadItem:
    """Store one file (a picture or a zip) and have it looked at. The file is read in chunks.

    whole: it becomes one image, however many pages it has.

    Raises: ApiError 409 when the upload is closed. A file that is too large becomes a rejected item.
    """
    _require_open(upload)
    content = file if isinstance(file, File) else File(file)
    item = UploadItem(upload=upload, name=ingest.clean_name(name), size=content.size, page=0 if whole else None)
    try:
        zips.check_bytes(item.size)
    except Rejected as rejected:
        return _add_rejected(item, rejected)
    # The row comes after the file: a row without its file could not be worked on.
    item.file.save(f"{uuid.uuid4().hex}{zips.suffix(name)}", content, save=False)
    item.save()
    nudge(upload)
    return item


def add_reference(upload: Upload, name: str, reference: Reference) -> UploadItem:
    """Add a picture that stays where it is (`storage.roots`). A file that is too large becomes a rejected item.

    It is one image, however many pages it has: what watches the file knows of one.
    """
    item = UploadItem(upload=upload, name=ingest.clean_name(name), size=reference.size, page=0)
    item.reference = asdict(reference)
    try:
        zips.check_bytes(item.size)
    except Rejected as rejected:
        return _add_rejected(item, rejected)
    item.file.name = item.file.field.generate_filename(item, f"{uuid.uuid4().hex}{zips.suffix(name)}")
    item.save()
    nudge(upload)
    return item


def add_whole(upload: Upload, whole: PartialFile) -> UploadItem:
    """Add a file that arrived in parts to an upload of its project; a second time it is the same item.

    Raises: ApiError as `add_file` and `resumable.taken`; 404 for a file of another project, or of an import.
    """
    if whole.project_id != upload.project_id:
        raise ApiError(404, "not_found", "The file was sent to another project.")
    with resumable.taken(whole) as file:
        if file is None:
            item = UploadItem.objects.filter(pk=resumable.taken_id(whole, "item")).first()
            if item is None:
                raise ApiError(404, "not_found", "The file was deleted meanwhile. Send it again.")
            return item
        item = add_file(upload, whole.name, file)
        whole.taken_as = f"item {item.pk}"
    return item


def add_path(upload: Upload, path: Path) -> Iterator[UploadItem]:
    """Add a picture, a zip, or every file of a folder and the folders in it (sorted, links refused, junk left out).

    Raises: ApiError as `add_file`; FileNotFoundError when there is no such path.
    """
    if path.is_file():
        with path.open("rb") as file:
            yield add_file(upload, path.name, file)
        return
    if not path.is_dir():
        raise FileNotFoundError(f"There is no file or folder {path}.")
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for one in sorted(names):
            found = Path(folder) / one
            name = found.relative_to(path).as_posix()
            if zips.is_junk(name):
                continue
            if found.is_symlink() or not found.is_file():
                item = UploadItem(upload=upload, name=ingest.clean_name(name))
                message = "This is a link or a device, not a file. Copy the picture itself into the folder."
                yield _add_rejected(item, Rejected(UploadItem.Reason.SYMLINK, message))
                continue
            with found.open("rb") as file:
                yield add_file(upload, name, file)


def close(upload: Upload) -> Upload:
    """Say that no more files come. Closing twice is harmless."""
    Upload.objects.filter(pk=upload.pk).update(closed=True)
    upload.refresh_from_db()
    if not ingest.finish(upload.pk):
        ingest.publish(upload)
        ingest.nudge(upload.pk, always=True)
    upload.refresh_from_db()
    return upload


def nudge(upload: Upload) -> None:
    """Have a worker look at the upload (`ingest.nudge`)."""
    ingest.nudge(upload.pk)


def describe(upload: Upload) -> UploadData:
    """An upload with its items, as the API shows it."""
    items = upload.items.exclude(state=UploadItem.State.UNPACKED)
    return UploadData(**dict(ingest.news(upload)), items=[ItemData.of(item) for item in items])


def pyramid(image: Image) -> BlocksData | None:
    """Where an editor finds the blocks of a large image; None for one that is shown whole.

    `levels` are the finest first; there are none while the blocks are still to be made, which is asked for then.
    """
    if not blocks.has_blocks(image):
        return None
    status = f"/api/images/{image.pk}/blocks"
    url = f"/images/{image.pk}/blocks/{{level}}/{{row}}/{{column}}?v={image.version}"
    try:
        found = blocks.levels_there(image)
    except blocks.NoBlocks:
        row = block_jobs.ask(image)
        failed = row.failed_at is not None
        return BlocksData(status=status, url=url, side=blocks.SIDE, levels=[], done=row.done, failed=failed)
    levels = [LevelData(name=level.name, factor=level.factor) for level in found]
    return BlocksData(status=status, url=url, side=blocks.SIDE, levels=levels)


def delete_image(image: Image) -> None:
    """Delete an image with all that hangs on it; its files follow once that is committed.

    Locked first, so that who keeps an object at this moment comes before the deletion or after it.
    """
    with transaction.atomic():
        if Image.objects.select_for_update().filter(pk=image.pk).first() is None:
            return
        record(Action.IMAGES_DELETED, about=image, project=image.project, images=1)
        image.delete()


def _require_open(upload: Upload) -> None:
    if Upload.objects.filter(pk=upload.pk, closed=True).exists():
        raise ApiError(409, "closed", "This upload is closed. Start a new one for more files.")


def _add_rejected(item: UploadItem, rejected: Rejected) -> UploadItem:
    item.state, item.reason, item.message = UploadItem.State.REJECTED, rejected.reason, rejected.message
    item.save()
    ingest.publish(item.upload, item)
    return item


def missing_originals() -> tuple[int, list[str]]:
    """How many images have no original on the storage any more, and the first names. Only looked at in a folder of
    our own: asking an object store for each would take long."""
    if not isinstance(storages["default"], FileSystemStorage):
        return 0, []
    count, names = 0, []
    for name, original in (
        Image.objects.filter(reference__isnull=True).order_by("pk").values_list("name", "original").iterator()
    ):
        if original and not os.path.exists(storages["default"].path(original)):
            count += 1
            names += [name] if count <= MISSING_SHOWN else []
    return count, names
