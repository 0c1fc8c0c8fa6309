"""Exports over JSON. Managers and reviewers only."""

from django.http import HttpRequest
from ninja import Status

from labeling.accounts.services import user_of
from labeling.exchange import services
from labeling.exchange.models import Export
from labeling.exchange.schemas import ExportData, ExportList
from labeling.exchange.specs import NewExport
from labeling.projects.access import May, object_for, project_for
from labeling.web.routes import Router, Sent

router = Router(tags=["exchange"])


@router.get("projects/{id:project_id}/exports")
def exports(request: HttpRequest, project_id: int) -> ExportList:
    """The latest exports of a project, and the formats there are."""
    project = project_for(request, project_id, May.EXPORT)
    return ExportList(results=services.recent(project), formats=services.choices())


@router.post("projects/{id:project_id}/exports", response={202: ExportData})
def start(request: HttpRequest, project_id: int, sent: Sent[NewExport]) -> Status[ExportData]:
    """Ask for an export; a worker makes it."""
    project = project_for(request, project_id, May.EXPORT)
    spec = sent.read()
    export = services.start(project, user_of(request), format=spec.format, options=spec.options)
    return Status(202, services.describe(export))


@router.get("exports/{id:export_id}")
def export(request: HttpRequest, export_id: int) -> ExportData:
    """How far an export is, and where its zip is once it is ready."""
    exports = Export.objects.select_related("created_by")
    return services.describe(object_for(request, exports, May.EXPORT, pk=export_id))
