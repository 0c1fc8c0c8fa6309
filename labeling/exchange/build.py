"""Making the zip of an export, so that a killed worker loses nothing and a half-written zip is never offered.

A worker claims a row for a lease (`labeling.jobs.queue`), writes the zip to a temporary file, stores it whole under a
name of its own, and only then sets the row to *ready*, if the lease is still its own. A row whose worker died is
claimed again and started anew: what goes into an export are the labels of now, so there is nothing to continue.
"""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.exchange.archive import Archive
from labeling.exchange.dataset import Dataset
from labeling.exchange.errors import ExportProblem
from labeling.exchange.models import Export
from labeling.exchange.registry import CANNOT, Format, Options, format_named
from labeling.exchange.schemas import ExportMessage, ExportNews
from labeling.jobs import leases
from labeling.jobs.endings import LeaseLost, Stopping, Work
from labeling.jobs.queue import LeaseQueue
from labeling.projects.models import Project
from labeling.web import events
from labeling.web.api import ApiError

EVENTS_PER_SECOND = 5
RENAMED = "renamed.json"
"""In a zip in which files are not called as they were uploaded: file name → uploaded name."""

MANIFEST = "manifest.json"
MANIFEST_SCHEMA = 1

SCRATCH = settings.HOME / "scratch"
SCRATCH_KEPT = timedelta(days=1)
State = Export.State
jobs = LeaseQueue(Export, queued={"state": State.QUEUED}, held={"state": State.RUNNING}, related=("project",))
Progress = Callable[[int, int], None]
"""Called with images written and images in all."""


EXPIRED = "The file was deleted because it was old. Create the export again to get the current labels."


def write_zip(project: Project, format: Format, options: Options, path: Path, progress: Progress) -> int:
    """Write the project's export to `path`, which is replaced in one step once the zip is whole.

    Returns: how many images are in it. Raises: ExportProblem.
    """
    assert format.write is not None
    dataset = Dataset(project, options.images, options.filter, options.only, options.division)
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        progress(done, len(dataset))

    progress(0, len(dataset))
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with Archive(draft) as archive:
            format.write(dataset, options, archive, advance)
            if dataset.renamed:
                archive.write_json(RENAMED, dataset.renamed, indent=1)
            archive.write_json(MANIFEST, manifest(dataset, format, options, archive), indent=1)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return done


def manifest(dataset: Dataset, format: Format, options: Options, archive: Archive) -> dict[str, Any]:
    """What is in an export and how it was made, to check it by: the same for the same labels."""
    project = dataset.project
    return {
        "tool": "Interlabel",
        "schema": MANIFEST_SCHEMA,
        "project": {"id": project.pk, "name": project.name},
        "labels_changed_at": dataset.changed_at().isoformat(timespec="seconds"),
        "format": format.name,
        "options": options.model_dump(mode="json", exclude_none=True),
        "images": sum(dataset.splits.values()),
        "objects": sum(dataset.of_class.values()),
        "splits": dict(sorted(dataset.splits.items())),
        "classes": [
            {
                "number": one.number, "name": one.name, "color": one.color, "kind": one.kind,
                "objects": dataset.of_class[one.number],
            }
            for one in dataset.categories
        ],
        "cannot": [CANNOT[what] for what in format.cannot],
        "sha256": dict(sorted(archive.hashes.items())),
    }  # fmt: skip


def claim(export_id: int) -> Export | None:
    """Take a queued export, or one whose worker is gone, for one lease; None when there is nothing to take."""
    export = jobs.claim(jobs.line().filter(pk=export_id), done=0)
    if export is not None:
        _discard(export)  # what a killed worker had stored
        publish(export)
    return export


def make(export: Export) -> None:
    """Make a claimed export: *ready*, *failed* with a reason, or back in the queue after trouble of the server's."""
    work.do(export, _make)


def _make(export: Export) -> None:
    """Raises: LeaseLost, Stopping, ExportProblem, ApiError."""
    format = format_named(export.format)
    options = format.parse(export.options)
    name = f"{export.format}-{export.pk}-{secrets.token_hex(8)}.zip"
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="export-", dir=SCRATCH) as folder:
        path = Path(folder) / name
        written = write_zip(export.project, format, options, path, _Progress(export))
        _store(export, path)
    done = {"done": written, "total": written, "finished_at": timezone.now()}
    try:
        work.settle(export, state=State.READY, reason="", **done)
    except BaseException:
        export.file.storage.delete(str(export.file.name))
        raise


def _store(export: Export, path: Path) -> None:
    """Store the zip. The row knows its name before the storage does: whoever takes over from a killed worker finds it.

    Raises: LeaseLost.
    """
    name = export.file.field.generate_filename(export, path.name)
    if not jobs.mine(export).update(file=name):
        raise LeaseLost
    export.file.name = name
    try:
        with path.open("rb") as file:
            export.file.storage.save(name, File(file))
    except BaseException:
        export.file.storage.delete(name)
        raise


def _discard(export: Export) -> None:
    """Delete a zip that was not finished, and forget its name."""
    if export.file:
        export.file.storage.delete(str(export.file.name))
        export.file.name = ""
        jobs.mine(export).update(file="")


class _Progress:
    """Writes the numbers to the row and tells the project's pages, at most `EVENTS_PER_SECOND` times a second."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._told_at = float("-inf")

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done != total and now - self._told_at < 1 / EVENTS_PER_SECOND:
            return
        self._told_at = now
        if leases.stopping():
            raise Stopping
        self._export.done, self._export.total = done, total
        if not jobs.mine(self._export).update(done=done, total=total):
            raise LeaseLost
        publish(self._export)


def publish(export: Export) -> None:
    """Tell the project's pages how far the export is."""
    events.publish(events.project_group(export.project_id), ExportMessage(**dict(news(export))).event())


def news(export: Export) -> ExportNews:
    """The part of an export that changes, as docs/reference/protocol.md has it."""
    reasons = {State.FAILED: export.reason, State.EXPIRED: EXPIRED}
    return ExportNews(
        id=export.pk,
        state=State(export.state),
        done=export.done,
        total=export.total,
        url=reverse("exchange:download", args=[export.pk]) if export.state == State.READY else None,
        reason=reasons.get(State(export.state)),
    )


def unfinished() -> QuerySet[Export]:
    """Exports that wait for a worker: never begun, or their worker is gone. Frees those of workers known to be dead."""
    jobs.release()
    return jobs.line()


def next_free(after: Export) -> Export | None:
    """The oldest export that waits: of another project if there is one, so that none waits for all of another's."""
    other = jobs.line().exclude(project_id=after.project_id).first()
    return other or jobs.line().exclude(pk=after.pk).first()


def expire() -> int:
    """Delete the zips of exports that were ready EXPORT_DAYS ago, and say so in their rows; returns how many.

    The zip goes first: what a killed worker leaves is a row without one, which is found again.
    """
    if not settings.EXPORT_DAYS:
        return 0
    count = 0
    over = timezone.now() - timedelta(days=settings.EXPORT_DAYS)
    for export in Export.objects.filter(state=State.READY, finished_at__lt=over).select_related("project"):
        if export.file:
            export.file.storage.delete(str(export.file.name))
        if Export.objects.filter(pk=export.pk, state=State.READY).update(state=State.EXPIRED, file=""):
            export.state = State.EXPIRED
            record(Action.EXPORT_DELETED, about=export, project=export.project, reason="old")
            publish(export)
            count += 1
    return count


def clear_scratch() -> None:
    """Delete the temporary folders of workers that were killed long ago."""
    for folder in [*SCRATCH.glob("export-*"), *SCRATCH.glob("import-*")]:
        try:
            if time.time() - folder.stat().st_mtime > SCRATCH_KEPT.total_seconds():
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            continue


work = Work(
    jobs,
    "export",
    failed={"state": State.FAILED},
    problems=(ExportProblem, ApiError),
    emptied={"file": ""},
    told=publish,
)
