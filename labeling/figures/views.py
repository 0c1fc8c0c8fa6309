"""The figures page, and each of its figures as CSV."""

from datetime import tzinfo
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from labeling.accounts.services import user_of
from labeling.figures import page as pages
from labeling.figures.counts import PERIODS, Scope
from labeling.projects.access import May, project_for, require
from labeling.web.csv_lines import line

ZONE_COOKIE = "time-zone"
"""The name of the browser's time zone (`Europe/Berlin`), set by the pages' script."""


@require_safe
def page(request: HttpRequest, project_id: int) -> HttpResponse:
    """Progress, one's own work, objects, suggestions; for managers the team's work and review, too."""
    scope = scope_of(request, project_id)
    context = {"project": scope.project, "tab": "figures", "scope": scope, "periods": PERIODS, **pages.page(scope)}
    return render(request, "figures/page.html", context)


@require_safe
def as_csv(request: HttpRequest, project_id: int, table: str) -> StreamingHttpResponse:
    """A figure as CSV. Other people's are for managers only."""
    scope = scope_of(request, project_id)
    build = pages.TABLES.get(table)
    if build is None:
        raise Http404("There is no such figure. The figures page links to those there are.")
    if table in pages.FOR_MANAGERS and not scope.manages:
        require(request.user, project_id, May.FIGURES)
    lines = (line(cells) for cells in build(scope).lines())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"{slugify(scope.project.name) or 'project'}-{table}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def scope_of(request: HttpRequest, project_id: int) -> Scope:
    """Whose figures are asked for, of how many days."""
    project, standing = project_for(request, project_id), require(request.user, project_id)
    given = request.GET.get("days", "")
    days = int(given) if given in {str(one) for one in PERIODS} else PERIODS[0]
    return Scope(project, user_of(request), standing, days, zone_of(request))


def zone_of(request: HttpRequest) -> tzinfo:
    """The browser's time zone; the site's where the script has not told it, or told something else."""
    name = unquote(request.COOKIES.get(ZONE_COOKIE, ""))
    return ZoneInfo(name) if name in available_timezones() else timezone.get_default_timezone()
