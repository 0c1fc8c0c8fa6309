"""Copying a project's images: the files by links where the disk has them (`storage.copies`), the rows one by one.

Names of files follow from the two ids, so that a worker that goes on after a killed one writes over what is there.
"""

import logging
import uuid
from pathlib import PurePath

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from labeling.images import pictures
from labeling.images.models import Image
from labeling.images.signals import image_accepted, image_copied
from labeling.projects import jobs
from labeling.projects.models import Project, ProjectJob
from labeling.storage.copies import copy_file
from labeling.web import events

logger = logging.getLogger(__name__)

AT_ONCE = 10
NAMES = uuid.UUID("5b0e1c1e-6c0b-4b7e-9a53-0d9f4c8f2b11")
MISSING_TOLD = 3


@jobs.does(jobs.Kind.COPY)
def step(job: ProjectJob) -> bool:
    """Copy some images of the project `options.source` that come after `options.after`."""
    project = job.project
    if project is None:
        return False
    after = int(job.options.get("after", 0))
    images = list(Image.objects.filter(project=job.options["source"], pk__gt=after).order_by("pk")[:AT_ONCE])
    for image in images:
        try:
            copy_image(image, project)
        except FileNotFoundError as error:
            logger.error("image %d can't be copied: %s", image.pk, error)
            job.options.setdefault("missing", []).append(image.name)
    if images:
        job.options["after"] = images[-1].pk
        job.done += len(images)
        job.total = max(job.total, job.done)
    job.reason = _what_is_missing(job)
    return bool(images)


def _what_is_missing(job: ProjectJob) -> str:
    names = job.options.get("missing", [])
    if names:
        first = ", ".join(f"“{name}”" for name in names[:MISSING_TOLD])
        more = f" and {len(names) - MISSING_TOLD} more" if len(names) > MISSING_TOLD else ""
        return f"Left out, because the files are missing: {first}{more}. Upload them again."
    if not Project.objects.filter(pk=job.options["source"]).exists():
        return f"The original was deleted meanwhile. {job.done} of {job.total} images were copied."
    return ""


def copy_image(source: Image, project: Project) -> Image | None:
    """The image in another project, without labels; None when that has the picture already.

    Raises: FileNotFoundError, OSError.
    """
    if Image.objects.filter(project=project, sha256=source.sha256, page=source.page).exists():
        return None
    stem = uuid.uuid5(NAMES, f"{project.pk}-{source.pk}").hex
    names = {kind: _beside(str(getattr(source, kind).name), kind, project, stem) for kind in _KINDS}
    if source.view.name == source.original.name:
        names["view"] = names["original"]
    copy = Image(
        project=project, name=source.name, sha256=source.sha256, source=source.source, reference=source.reference,
        **names,
    )  # fmt: skip
    copy.width, copy.height, copy.page, copy.rendering = source.width, source.height, source.page, source.rendering
    elsewhere = source.referenced_name if source.reference else None
    for kind in (one for one in _KINDS if getattr(source, one).name != elsewhere):
        copy_file(default_storage, str(getattr(source, kind).name), names[kind])
    _copy_blocks(source, copy)
    try:
        with transaction.atomic():
            copy.save(force_insert=True)
    except IntegrityError:  # uploaded meanwhile, or the project is gone
        pictures.delete_files(pictures.files_of(copy))
        return None
    if not any(answer for _, answer in image_copied.send(sender=Image, source=source, image=copy)):
        image_accepted.send(sender=Image, image=copy)
    events.publish(events.project_group(project.pk), {"type": "progress"})
    return copy


_KINDS = {"original": "originals", "view": "views", "thumbnail": "thumbnails"}


def _beside(name: str, kind: str, project: Project, stem: str) -> str:
    return f"projects/{project.pk}/{_KINDS[kind]}/{stem[:2]}/{stem}{PurePath(name).suffix}"


def _copy_blocks(source: Image, copy: Image) -> None:
    """Blocks that are missing are made again when somebody opens the image."""
    there = pictures.blocks_name(source)
    if there and default_storage.exists(there):
        copy_file(default_storage, there, pictures.blocks_name(copy))
