"""What the API, the pages and the command share: sending a dataset, having it checked, and carrying the plan out."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.template.defaultfilters import filesizeformat

from labeling.accounts.models import User
from labeling.exchange import importing, mapping_files
from labeling.exchange.models import Import
from labeling.exchange.registry import readable_formats, reader_named
from labeling.exchange.schemas import FormatData
from labeling.images import ingest, resumable, zips
from labeling.images.models import PartialFile
from labeling.projects.models import Project
from labeling.server import wake_up
from labeling.web.api import ApiError

SHOWN = 20
State, Step = Import.State, Import.Step


def start(project: Project, user: User, name: str, file: IO[bytes] | File[Any], *, format: str, options: Any) -> Import:
    """Store a dataset (a zip, or a single file with labels) and have it checked by a worker.

    Raises: ApiError 400 for an unknown format or option, 413 for a file that is too large.
    """
    parsed = reader_named(format).parse_reading(options)
    content = file if isinstance(file, File) else File(file)
    if content.size > settings.MAX_UPLOAD_BYTES:
        limit = filesizeformat(settings.MAX_UPLOAD_BYTES)
        raise ApiError(413, "too_large", f"The dataset is larger than the {limit} allowed here. Cut it into parts.")
    row = Import(
        project=project, created_by=user, format=format, options=parsed.model_dump(), name=ingest.clean_name(name)
    )
    row.file.save(f"dataset{zips.suffix(name)}", content, save=False)
    row.save()
    nudge(row)
    return row


def start_whole(project: Project, user: User, whole: PartialFile, *, format: str, options: Any) -> Import:
    """As `start`, with a dataset that arrived in parts; a second time it is the same import.

    Raises: ApiError as `start` and `resumable.taken`; 404 for a file of another project, or of an upload.
    """
    if whole.project_id != project.pk:
        raise ApiError(404, "not_found", "The file was sent to another project.")
    with resumable.taken(whole) as file:
        if file is None:
            row = project.imports.filter(pk=resumable.taken_id(whole, "import")).first()
            if row is None:
                raise ApiError(404, "not_found", "The import was deleted meanwhile. Send the dataset again.")
            return row
        row = start(project, user, whole.name, file, format=format, options=options)
        whole.taken_as = f"import {row.pk}"
    return row


def check_path(project: Project, user: User, path: Path, *, format: str, options: Any) -> Import:
    """Check a dataset that lies on the server, in this process. Raises: ApiError as `start`."""
    parsed = reader_named(format).parse_reading(options)
    row = Import.objects.create(
        project=project, created_by=user, format=format, options=parsed.model_dump(), name=path.name, folder=str(path)
    )
    return work_here(row)


def check_again(row: Import, options: Any) -> None:
    """Check with other options, for instance after classes were mapped.

    Raises: ApiError 400; 409 `not_checked` while a worker has it, and for one that is done.
    """
    parsed = reader_named(row.format).parse_reading(options)
    waiting = Import.objects.filter(pk=row.pk, step=Step.CHECK, state__in=(State.CHECKED, State.FAILED))
    if not importing.jobs.requeue(waiting, options=parsed.model_dump(), reason="", done=0, finished_at=None):
        raise ApiError(409, "not_checked", "This import is being worked on, or done. Reload the page.")
    row.refresh_from_db()
    nudge(row)


def map_images(row: Import, file: IO[bytes]) -> None:
    """Check again with the images that a CSV file maps, beside those that are mapped already.

    Raises: ApiError 400 `bad_mapping`, and as `check_again`.
    """
    mapping = {**row.options.get("mapping", {}), **mapping_files.read(file)}
    check_again(row, {**row.options, "mapping": mapping})


def confirm(row: Import, user: User | None, *, skip_defects: bool = False) -> None:
    """Have the plan carried out, in the name of `user`. skip_defects: also where the check was not told to skip them.

    Raises: ApiError 409 `has_defects` unless defects are to be skipped, `nothing_to_import`, `not_checked`.
    """
    report = row.report
    if row.state == State.CHECKED and not report.get("images"):
        raise ApiError(409, "nothing_to_import", "None of the dataset's images can be imported. See the defects.")
    options = {**row.options, **({"skip_defects": True} if skip_defects else {})}
    if row.state == State.CHECKED and report.get("defects") and not options.get("skip_defects"):
        count = len(report["defects"]) + report["more_defects"]
        defects = "1 defect" if count == 1 else f"{count:,} defects"
        text = f"The dataset has {defects}. Correct it, or choose to import everything else."
        raise ApiError(409, "has_defects", text, defects=count)
    seen = str(row.plan.name or "")  # each check has a plan of its own: not one that was made since the row was read
    checked = Import.objects.filter(pk=row.pk, step=Step.CHECK, state=State.CHECKED, plan=seen)
    if not importing.jobs.requeue(checked, step=Step.APPLY, done=0, applied_by=user, options=options):
        raise ApiError(409, "not_checked", "This import is not checked, or was carried out. Reload the page.")
    row.refresh_from_db()
    nudge(row)


def try_again(row: Import, user: User) -> bool:
    """Queue a failed import once more, where it stopped, in the name of `user`; False when it had not failed."""
    failed = Import.objects.filter(pk=row.pk, state=State.FAILED)
    whose = {"applied_by": user} if row.step == Step.APPLY else {}
    if not importing.jobs.requeue(failed, reason="", finished_at=None, **whose):
        return False
    row.refresh_from_db()
    nudge(row)
    return True


def work_here(row: Import) -> Import:
    """Do an import's next step in this process; a worker that has it already is waited for by the caller's next look.

    Returns: the row as it is then.
    """
    claimed = importing.claim(row.pk)
    if claimed is not None:
        importing.work(claimed)
    row.refresh_from_db()
    return row


def nudge(row: Import) -> None:
    """Have a worker look at the import once the transaction is committed. A lost message is made good by the sweep."""
    if not row.folder:
        wake_up.send("labeling.exchange.tasks.bring_in", row.pk, expires=300)


def recent(project: Project) -> list[Import]:
    """The project's latest imports, the newest first."""
    return list(project.imports.select_related("created_by")[:SHOWN])


def forget(row: Import) -> None:
    """Delete an import. Raises: ApiError 409 while a worker carries it out."""
    with transaction.atomic():
        held = Import.objects.select_for_update().filter(pk=row.pk).first()  # nobody confirms it meanwhile
        if held is None:
            return
        if held.step == Step.APPLY and held.state in (State.QUEUED, State.RUNNING):
            raise ApiError(409, "busy", "This import is being carried out. Wait until it is done.")
        held.delete()


def choices() -> list[FormatData]:
    """The formats that can be imported, for forms and clients."""
    return [
        FormatData(
            name=one.name, title=one.title, description=one.description, options=one.read_options.model_json_schema()
        )
        for one in readable_formats().values()
    ]
