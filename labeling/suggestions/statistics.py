"""How good suggestions are, said by what people do with them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count

from labeling.projects.models import Project
from labeling.suggestions.models import Suggestion
from labeling.suggestions.schemas import Share, Statistics

DECIDED = (Suggestion.State.ACCEPTED, Suggestion.State.EDITED, Suggestion.State.REJECTED)


def share_untouched(project: Project) -> Statistics:
    """Of all decided suggestions of a project, and by method, head and class: what became of them."""
    rows = Suggestion.objects.filter(image__project=project, state__in=DECIDED).order_by()
    grouped = rows.values("method", "head", "category__number", "state").annotate(count=Count("pk"))
    counted = [dict(row) for row in grouped]
    return Statistics(
        **dict(_sum(counted)),
        by_method=_grouped(counted, "method"),
        by_head=_grouped(counted, "head"),
        by_category=_grouped(counted, "category__number"),
    )


def _grouped(counted: list[dict[str, Any]], by: str) -> dict[str, Share]:
    keys = sorted({row[by] for row in counted if row[by] is not None})
    return {str(key): _sum(row for row in counted if row[by] == key) for key in keys}


def _sum(counted: Iterable[dict[str, Any]]) -> Share:
    found = {state.value: 0 for state in DECIDED}
    for row in counted:
        found[row["state"]] += row["count"]
    kept = found["accepted"] + found["edited"]
    return Share(**found, untouched=round(found["accepted"] / kept, 4) if kept else None)
