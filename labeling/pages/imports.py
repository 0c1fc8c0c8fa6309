"""Bringing labels in: sending a dataset, and what its check found."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from labeling.exchange import imports as services
from labeling.exchange.models import Import
from labeling.exchange.registry import readable_formats
from labeling.exchange.schemas import ImportData, ReportData
from labeling.pages.project_page import reading_choices
from labeling.projects.access import May, object_for, project_for, require

DEFECTS_SHOWN = 500


@require_safe
@ensure_csrf_cookie
def imports(request: HttpRequest, project_id: int) -> HttpResponse:
    """A form for a dataset, and the imports there were."""
    project, standing = project_for(request, project_id, May.MANAGE), require(request.user, project_id)
    context = {
        "tab": "exports",
        "project": project,
        "formats": reading_choices(),
        "imports": services.recent(project),
        **standing.abilities(),
    }
    return render(request, "pages/imports.html", context)


@require_safe
@ensure_csrf_cookie
def import_page(request: HttpRequest, import_id: int) -> HttpResponse:
    """How far an import is; once it is checked, what it would do, what is wrong, and the way on."""
    row = object_for(
        request, Import.objects.select_related("project", "created_by"), May.MANAGE, pk=import_id
    )  # fmt: skip
    data = ImportData.of(row)
    report = data.report
    standing = require(request.user, row.project_id)
    known = readable_formats().get(row.format)
    context = {
        "tab": "exports",
        "project": row.project,
        "row": row,
        "import": data,
        "report": report,
        "defects": report.defects[:DEFECTS_SHOWN] if report else [],
        "defect_count": len(report.defects) + report.more_defects if report else 0,
        "notes": report.notes[:DEFECTS_SHOWN] if report else [],
        "note_count": len(report.notes) + report.more_notes if report else 0,
        "unmatched": _with_choices(report, row.options.get("mapping") or {}) if report else [],
        "refused": report.refused[:DEFECTS_SHOWN] if report else [],
        "busy": row.state in (Import.State.QUEUED, Import.State.RUNNING),
        "what": "suggestion" if known and known.suggests else "object",
        "checked": row.state == Import.State.CHECKED,
        "categories": list(row.project.categories.all()),
        "shown": DEFECTS_SHOWN,
        **standing.abilities(),
    }
    return render(request, "pages/import.html", context)


def _with_choices(report: ReportData, mapping: Mapping[str, str]) -> list[dict[str, Any]]:
    """Images that were not found, each with what was chosen for it in vain, so that it can be corrected."""
    return [
        {"name": one.name, "fits": one.fits, "chosen": mapping.get(one.name, "")}
        for one in report.unmatched[:DEFECTS_SHOWN]
    ]
