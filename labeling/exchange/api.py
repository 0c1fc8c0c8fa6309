"""Exports over JSON."""

from typing import Any, cast

from django.http import HttpRequest

from labeling.accounts.models import User
from labeling.common.api import api, body
from labeling.exchange import services
from labeling.exchange.models import Export
from labeling.exchange.specs import NewExport
from labeling.projects.access import object_for, project_for


@api("GET", "POST")
def exports(request: HttpRequest, project_id: int) -> dict[str, Any] | tuple[int, dict[str, Any]]:
    """`/api/projects/<id>/exports`: the latest ones and the formats there are, or ask for another one."""
    project = project_for(request, project_id, services.EXPORTERS)
    if request.method == "GET":
        return {"results": services.recent(project), "formats": services.choices()}
    spec = body(request, NewExport)
    export = services.start(project, cast(User, request.user), format=spec.format, options=spec.options)
    return 202, services.describe(export)


@api("GET")
def export(request: HttpRequest, export_id: int) -> dict[str, Any]:
    """`/api/exports/<id>`: how far an export is, and where its zip is once it is ready."""
    exports = Export.objects.select_related("created_by")
    return services.describe(object_for(request, exports, services.EXPORTERS, pk=export_id))
