"""Exports over JSON, for managers and reviewers; imports, for managers."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Status

from labeling.accounts.services import user_of
from labeling.exchange import comparing, imports, services
from labeling.exchange.models import Export, Import
from labeling.exchange.schemas import DifferenceData, ExportData, ExportList, ImportData, ImportList, LossesData
from labeling.exchange.specs import Applied, Frozen, ImportOptions, NewExport
from labeling.images.api import partial_file
from labeling.projects.access import May, object_for, project_for
from labeling.projects.schemas import Deleted
from labeling.web.api import ApiError, Body, parse_json
from labeling.web.routes import FILE, Asked, Router, Sent, multipart, takes

router = Router(tags=["exchange"])


@router.get("projects/{id:project_id}/exports")
def exports(request: HttpRequest, project_id: int) -> ExportList:
    """The latest exports of a project, and the formats there are."""
    project = project_for(request, project_id, May.EXPORT)
    user = user_of(request)
    return ExportList(
        results=services.recent(project, user), versions=services.versions_of(project, user),
        formats=services.choices(), sinks=settings.EXPORT_BUCKETS,
    )  # fmt: skip


@router.post("projects/{id:project_id}/exports", response={202: ExportData})
def start(request: HttpRequest, project_id: int, sent: Sent[NewExport]) -> Status[ExportData]:
    """Ask for an export; a worker makes it."""
    project = project_for(request, project_id, May.EXPORT)
    spec = sent.read()
    user = user_of(request)
    export = services.start(
        project, user, format=spec.format, options=spec.options, freeze=spec.freeze, sink=spec.sink
    )  # fmt: skip
    return Status(202, services.describe(export, user))


@router.post("projects/{id:project_id}/exports/losses")
def what_is_lost(request: HttpRequest, project_id: int, sent: Sent[NewExport]) -> LossesData:
    """What an export with these choices would have, and what its format would lose of it. Nothing is exported."""
    project = project_for(request, project_id, May.EXPORT)
    spec = sent.read()
    return services.what_is_lost(project, user_of(request), format=spec.format, options=spec.options)


def _export(request: HttpRequest, export_id: int, what: May = May.EXPORT) -> Export:
    exports = Export.objects.select_related("created_by", "frozen_by", "project")
    return object_for(request, exports, what, pk=export_id)


@router.get("exports/{id:export_id}")
def export(request: HttpRequest, export_id: int) -> ExportData:
    """How far an export is, and where its zip is once it is ready."""
    return services.describe(_export(request, export_id), user_of(request))


@router.post("exports/{id:export_id}/freeze")
def freeze(request: HttpRequest, export_id: int, sent: Sent[Frozen]) -> ExportData:
    """Make a finished export a named version of the dataset: it never expires. Managers only."""
    found = _export(request, export_id, May.MANAGE)
    services.freeze(found, user_of(request), sent.read().name)
    return services.describe(found, user_of(request))


@router.delete("exports/{id:export_id}")
def delete_export(request: HttpRequest, export_id: int) -> Deleted:
    """Delete an export. Managers only; a frozen version is deleted by owners only."""
    services.delete(_export(request, export_id), user_of(request))
    return Deleted(deleted=export_id)


@router.get("exports/{id:export_id}/difference")
def difference(request: HttpRequest, export_id: int, before: int | None = None) -> DifferenceData:
    """How an export differs from another one; without `before` from the frozen version before it."""
    found = _export(request, export_id)
    old = comparing.pair(found, before)
    services.require_labels(user_of(request), found, old)
    return comparing.describe(old, found)


_DATASET = multipart(
    ["format"],
    file=FILE,
    resumable={"type": "integer"},
    format={"type": "string"},
    options={"type": "string", "description": "JSON; see the formats' `options`."},
)


def _manages(request: HttpRequest, project_id: int) -> Any:
    return project_for(request, project_id, May.MANAGE)


def _import(request: HttpRequest, import_id: int) -> Import:
    found = Import.objects.select_related("created_by", "project")
    return object_for(request, found, May.MANAGE, pk=import_id)


@router.get("projects/{id:project_id}/imports")
def import_list(request: HttpRequest, project_id: int) -> ImportList:
    """The latest imports of a project, without their reports, and the formats that can be imported. Managers only."""
    project = _manages(request, project_id)
    return ImportList(
        results=[ImportData.of(one, report=False) for one in imports.recent(project)], formats=imports.choices()
    )


@router.post("projects/{id:project_id}/imports", response={202: ImportData}, openapi_extra=_DATASET)
@takes(Body.UPLOAD, before=_manages)
def start_import(request: HttpRequest, project_id: int) -> Status[ImportData]:
    """Send a dataset: a zip, or a single file with labels. A worker checks it, which changes nothing in the project.

    In place of `file` may stand `resumable`: the number in the `Location` of a file that arrived in parts.
    """
    project = _manages(request, project_id)
    user, file, number = user_of(request), request.FILES.get("file"), request.POST.get("resumable", "")
    options = parse_json((request.POST.get("options") or "{}").encode())
    format = request.POST.get("format", "")
    if number:
        row = imports.start_whole(project, user, partial_file(request, number), format=format, options=options)
    elif file is not None:
        row = imports.start(project, user, file.name or "dataset", file, format=format, options=options)
    else:
        raise ApiError(400, "no_file", "Send the dataset as multipart/form-data in the field “file”.")
    return Status(202, ImportData.of(row))


@router.get("imports/{id:import_id}")
def get_import(request: HttpRequest, import_id: int) -> ImportData:
    """How far an import is, and what its check found."""
    return ImportData.of(_import(request, import_id))


@router.post("imports/{id:import_id}/check", response={202: ImportData})
def check_again(request: HttpRequest, import_id: int, sent: Sent[ImportOptions]) -> Status[ImportData]:
    """Check again with other options: classes that are mapped, or defects that are skipped."""
    row = _import(request, import_id)
    imports.check_again(row, sent.read().options)
    return Status(202, ImportData.of(row))


def _manages_import(request: HttpRequest, import_id: int) -> Any:
    return _import(request, import_id)


@router.post("imports/{id:import_id}/mapping", response={202: ImportData}, openapi_extra=multipart(["file"], file=FILE))
@takes(Body.UPLOAD, before=_manages_import)
def map_images(request: HttpRequest, import_id: int) -> Status[ImportData]:
    """Check again with a CSV file that says which images are meant: the dataset's name, then the project's."""
    row = _import(request, import_id)
    file = request.FILES.get("file")
    if file is None:
        raise ApiError(400, "no_file", "Send the mapping as multipart/form-data in the field “file”.")
    imports.map_images(row, file)
    return Status(202, ImportData.of(row))


@router.post("imports/{id:import_id}/apply", response={202: ImportData})
def apply_import(request: HttpRequest, import_id: int, asked: Asked[Applied]) -> Status[ImportData]:
    """Carry a checked import out: exactly what its report says."""
    row = _import(request, import_id)
    imports.confirm(row, user_of(request), skip_defects=asked.read().skip_defects)
    return Status(202, ImportData.of(row))


@router.post("imports/{id:import_id}/retry", response={202: ImportData})
def retry_import(request: HttpRequest, import_id: int) -> Status[ImportData]:
    """Try a failed import again; it goes on where it stopped."""
    row = _import(request, import_id)
    if not imports.try_again(row, user_of(request)):
        raise ApiError(409, "not_failed", "This import did not fail. Reload the page.")
    return Status(202, ImportData.of(row))


@router.delete("imports/{id:import_id}")
def delete_import(request: HttpRequest, import_id: int) -> Deleted:
    """Forget an import and its files. What it brought into the project stays."""
    row = _import(request, import_id)
    imports.forget(row)
    return Deleted(deleted=import_id)
