"""The audit log for administrators: a page with filters, and the same as CSV."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.audit.forms import Filter
from labeling.audit.models import AuditEvent
from labeling.audit.services import events
from labeling.web.csv_lines import line
from labeling.web.signed_in import require_administrator

PER_PAGE = 50
MOST_CSV_ROWS = 100_000
COLUMNS = (
    "at", "user_id", "name", "action", "kind", "object_id", "object_name", "project_id", "project_name", "address",
    "details",
)  # fmt: skip
LARGEST_ID = 2**63 - 1


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """The newest events that match the filter; `before` is the last id of the page before."""
    require_administrator(request)
    form = Filter(request.GET)
    found = _found(form)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 20:
        found = found.filter(pk__lt=min(int(before), LARGEST_ID))
    shown = list(found[: PER_PAGE + 1])
    asked = {name: value for name, value in request.GET.items() if value and name in form.fields}
    context = {
        "form": form,
        "events": shown[:PER_PAGE],
        "is_filtered": bool(asked),
        "query": urlencode(asked),
        "older": shown[PER_PAGE - 1].pk if len(shown) > PER_PAGE else None,
        "is_later_page": bool(before),
    }
    return render(request, "audit/log.html", context)


@require_safe
def as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The events that match the filter as CSV, the newest `MOST_CSV_ROWS`."""
    require_administrator(request)
    response = StreamingHttpResponse(_lines(_found(Filter(request.GET))), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def _found(form: Filter) -> QuerySet[AuditEvent]:
    """What matches the filter; nothing where the filter makes no sense, as the page says why."""
    return events(**form.cleaned_data) if form.is_valid() else AuditEvent.objects.none()


def _lines(found: QuerySet[AuditEvent]) -> Iterator[str]:
    yield line(COLUMNS)
    for event in found[:MOST_CSV_ROWS].iterator(2000):
        values = [getattr(event, column) for column in COLUMNS[1:-1]]
        yield line([event.at.isoformat(), *values, json.dumps(event.details, sort_keys=True)])
