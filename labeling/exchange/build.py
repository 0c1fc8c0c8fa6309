"""Making the zip of an export, so that a killed worker loses nothing and a half-written zip is never offered.

A worker claims a row for a lease (`labeling.jobs.queue`), writes the zip to a temporary file, stores it whole under a
name of its own, and only then sets the row to *ready*, if the lease is still its own. A row whose worker died is
claimed again and started anew: what goes into an export are the labels of now, so there is nothing to continue.
"""

import hashlib
import os
import secrets
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils import timezone

from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.exchange import losses, sinks, versions
from labeling.exchange.archive import Archive
from labeling.exchange.dataset import Dataset
from labeling.exchange.errors import ExportProblem
from labeling.exchange.facts import Facts
from labeling.exchange.json_files import MANIFEST, RENAMED
from labeling.exchange.label_sets import labels_of
from labeling.exchange.models import Export
from labeling.exchange.registry import CANNOT, FACT_OF, Format, Options, format_named
from labeling.exchange.schemas import ExportMessage, ExportNews
from labeling.exchange.scratch import SCRATCH
from labeling.jobs import leases
from labeling.jobs.endings import LeaseLost, Stopping, Work
from labeling.jobs.queue import LeaseQueue
from labeling.projects.models import Project
from labeling.web import events
from labeling.web.api import ApiError

EVENTS_PER_SECOND = 5
MANIFEST_SCHEMA = 1

SCRATCH_KEPT = timedelta(days=1)
State = Export.State
jobs = LeaseQueue(Export, queued={"state": State.QUEUED}, held={"state": State.RUNNING}, related=("project",))
Progress = Callable[[int, int], None]
"""Called with images written and images in all."""


EXPIRED = "The file was deleted because it was old. Create the export again to get the current labels."


def write_zip(
    project: Project, format: Format, options: Options, path: Path, progress: Progress, content: Path | None = None
) -> int:
    """Write the project's export to `path`, which is replaced in one step once the zip is whole.

    content: where to say what is in it, in no format's terms. Returns: how many images are in it. Raises:
    ExportProblem.
    """
    datasets = datasets_of(project, format, options)
    if not datasets:
        raise ExportProblem("Nobody has labels of their own in this project. Export the labels of the images.")
    total, done = sum(map(len, datasets)), 0

    def advance() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    progress(0, total)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with Archive(draft) as archive, _content(content, datasets) as written:
            for dataset in datasets:
                if written is not None:
                    written.folder, dataset.on_item = dataset.labels.folder, written.add
                _write(format, dataset, options, archive, advance)
            archive.write_json(MANIFEST, manifest(datasets, format, options, archive), indent=1)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return done


def datasets_of(project: Project, format: Format, options: Options) -> list[Dataset]:
    """What an export has: one dataset, or one for each annotator who has some; none where nobody has."""
    found = []
    for labels in labels_of(project, options.sets):
        dataset = Dataset(project, options.images, options.filter, options.only, options.division, labels)
        dataset.wanted = {FACT_OF[what] for what in format.cannot if what in FACT_OF}
        if len(dataset) or not labels.folder:
            found.append(dataset)
    return found


def _content(path: Path | None, datasets: Sequence[Dataset]) -> AbstractContextManager[versions.ContentWriter | None]:
    return nullcontext() if path is None else versions.writing(path, datasets[0].categories)


def _write(format: Format, dataset: Dataset, options: Options, archive: Archive, advance: Callable[[], None]) -> None:
    assert format.write is not None
    part = archive.under(dataset.labels.folder) if dataset.labels.folder else archive
    format.write(dataset, options, part, advance)
    if dataset.renamed:
        part.write_json(RENAMED, dataset.renamed, indent=1)


def manifest(datasets: Sequence[Dataset], format: Format, options: Options, archive: Archive) -> dict[str, Any]:
    """What is in an export and how it was made, to check it by: the same for the same labels."""
    first = datasets[0]
    project = first.project
    splits = sum((one.splits for one in datasets), Counter[str]())
    of_class = sum((one.of_class for one in datasets), Counter[int]())
    lost = losses.in_export(format, sum((one.facts for one in datasets), Facts()))
    return {
        "tool": "Interlabel",
        "schema": MANIFEST_SCHEMA,
        "project": {"id": project.pk, "name": project.name},
        "labels_changed_at": max(one.changed_at() for one in datasets).isoformat(timespec="seconds"),
        "format": format.name,
        "options": options.model_dump(mode="json", exclude_none=True),
        "images": splits.total(),
        "objects": of_class.total(),
        "splits": dict(sorted(splits.items())),
        "classes": [
            {
                "number": one.number, "name": one.name, "color": one.color, "kind": one.kind,
                "objects": of_class[one.number],
            }
            for one in first.categories
        ],
        **_annotators(datasets),
        "cannot": [CANNOT[what] for what in format.cannot],
        "lost": lost,
        "contents": {name: digest for one in datasets for name, digest in one.alike.items()},
        "sha256": dict(sorted(archive.hashes.items())),
    }  # fmt: skip


def _annotators(datasets: Sequence[Dataset]) -> dict[str, Any]:
    """Whose labels are in which folder, where there are several."""
    found = [
        {
            "folder": one.labels.folder, "annotator": one.labels.author.username,
            "images": one.splits.total(), "objects": one.of_class.total(),
        }
        for one in datasets if one.labels.author is not None
    ]  # fmt: skip
    return {"annotators": found} if found else {}


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
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="export-", dir=SCRATCH) as folder:
        path, content = Path(folder) / "export.zip", Path(folder) / "content.gz"
        written = write_zip(export.project, format, options, path, _Progress(export), content)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        done: dict[str, Any] = {"done": written, "total": written, "sha256": digest, "finished_at": timezone.now()}
        try:
            _store(export, "content", content)
            _store(export, "file", path)
            done["delivered"] = _deliver(export, path)
            work.settle(export, state=State.READY, reason="", **done)
        except BaseException:
            _discard(export)
            raise


def _deliver(export: Export, path: Path) -> str:
    """Put the zip into the export's bucket, if any; returns where. Raises: ExportProblem, LeaseLost, Stopping."""
    if export.sink is None:
        return ""

    def tell(done: int, total: int) -> None:
        if leases.stopping():
            raise Stopping
        if not jobs.mine(export).exists():
            raise LeaseLost

    return sinks.deliver(path, sinks.Sink(**export.sink), tell)


def _store(export: Export, column: str, path: Path) -> None:
    """Store a file of the export. The row knows its name before the storage does: whoever takes over from a killed
    worker finds it. Raises: LeaseLost."""
    field: FieldFile = getattr(export, column)
    name = field.field.generate_filename(export, f"{export.format}-{export.pk}-{secrets.token_hex(8)}{path.suffix}")
    if not jobs.mine(export).update(**{column: name}):
        raise LeaseLost
    field.name = name
    with path.open("rb") as file:
        field.storage.save(name, File(file))


def delete_files(export: Export) -> None:
    """Delete what is stored of an export."""
    for field in (export.file, export.content):
        if field:
            field.storage.delete(str(field.name))


def _discard(export: Export) -> None:
    """Delete what was not finished, and forget its names."""
    delete_files(export)
    export.file.name = export.content.name = ""
    jobs.mine(export).update(file="", content="")


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
    old = Export.objects.filter(state=State.READY, name="", finished_at__lt=over)
    for export in old.select_related("project"):
        with transaction.atomic():
            if not old.select_for_update(of=("self",)).filter(pk=export.pk).exists():
                continue  # it was frozen since we looked
            delete_files(export)
            Export.objects.filter(pk=export.pk).update(state=State.EXPIRED, file="", content="")
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
    emptied={"file": "", "content": ""},
    told=publish,
)
