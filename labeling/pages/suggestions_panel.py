"""What the suggestions panel of the project page shows. The server draws it; the page asks for it again at news."""

from typing import Any

from django.db.models import Count, Sum

from labeling.projects.access import May, Standing
from labeling.projects.models import Project
from labeling.suggestions import heads, learning, mapping, registry, runs
from labeling.suggestions.models import HeadVersion, Run, SuggestionSettings
from labeling.suggestions.registry import Method
from labeling.suggestions.statistics import share_untouched

SHOWN_HEADS = 6
SHOWN_IMPORTS = 5
CURVE = (100.0, 32.0)
"""Width and height of a loss curve in its own units; the page stretches it."""

_SETTINGS = (
    ("everything_when_ready", "Suggest on new images", "Run Everything on each image when it is prepared."),
    ("learn_at_doublings", "Train automatically", "Train models at 20, 40, 80, … finished images."),
    (
        "least_sure_first",
        "Most uncertain images first",
        "“Start labeling” first opens the images the models are most uncertain about.",
    ),
)


def panel(project: Project, standing: Standing) -> dict[str, Any]:
    """Methods with their latest run, the heads with what they are worth, and what became of suggestions."""
    own, starters = heads.of_project(project), heads.starters()
    settings = SuggestionSettings.of(project.pk)
    usable = [head for head in own if head.state == HeadVersion.State.READY] + starters
    latest = {run.method: run for run in reversed(_latest_runs(project))}
    finished = learning.finished_count(project)
    return {
        "manages": standing.can(May.MANAGE),
        "methods": [_method(method, usable, latest.get(method.name)) for method in registry.for_images()],
        "any": bool(latest),
        "imported": _imported(project),
        "heads": [_head(head) for head in own[:SHOWN_HEADS]],
        "kinds": [_kind(method, own) for method in registry.with_head()],
        "finished": finished,
        "least": learning.LEAST_IMAGES,
        "enough": finished >= learning.LEAST_IMAGES,
        "from": learning.FROM,
        "share": _share(project),
        "settings": [(name, title, text, getattr(settings, name)) for name, title, text in _SETTINGS],
        "mappings": [_mapping(project, head) for head in usable[:2]] if standing.can(May.MANAGE) else [],
    }


def _imported(project: Project) -> list[dict[str, Any]]:
    """The newest imports of predictions: what made them, and how many are suggested on how many images."""
    imported = project.suggestion_runs.filter(method__in=[one.name for one in registry.methods() if one.imported])
    counted = imported.annotate(found=Sum("rows__found"), images=Count("rows"))
    return [
        {"source": run.options.get("source", ""), "found": run.found or 0, "images": run.images, "at": run.created_at}
        for run in counted.order_by("-pk")[:SHOWN_IMPORTS]
    ]


def _latest_runs(project: Project) -> list[Run]:
    """The newest run of each method, newest first; those that somebody started on a single image are not shown."""
    found = []
    for method in registry.for_images():
        for run in project.suggestion_runs.filter(method=method.name).select_related("head")[:5]:
            if run.automatic or run.rows.count() > 1 or run.state == Run.State.RUNNING:
                found.append(run)
                break
    return found


def _method(method: Method, usable: list[HeadVersion], run: Run | None) -> dict[str, Any]:
    head = next((one for one in usable if one.kind == method.name), None)
    found: dict[str, Any] = {"name": method.name, "title": method.title, "about": method.about}
    found |= {
        "can": heads.can_ask(method, head),
        "trained": method.head is not None,
        "head": head.title if head else "",
    }
    if run is not None:
        news = runs.news(run)
        left = news.total - news.done - news.failed
        part = 100 * (news.done + news.failed) / news.total if news.total else 100
        found["run"] = {**dict(news), "part": f"{part:.1f}", "left": left, "running": run.state == Run.State.RUNNING}
        found["failures"] = (runs.describe(run, True).failures or [])[:5] if news.failed else []
    return found


def _kind(method: Method, own: list[HeadVersion]) -> dict[str, Any]:
    learns = any(head.kind == method.name and head.state in learning.UNFINISHED for head in own)
    return {"name": method.name, "title": method.title, "learns": learns}


def _head(head: HeadVersion) -> dict[str, Any]:
    part = 100 * head.step / head.steps if head.steps else 0
    return {
        "id": head.pk,
        "title": head.title,
        "state": str(head.state),
        "learns": head.state in learning.UNFINISHED,
        "part": f"{part:.1f}",
        "left": _minutes(head.left),
        "seconds": _minutes(head.seconds),
        "images": len(head.images),
        "reason": head.reason,
        "can_retry": head.state in (HeadVersion.State.FAILED, HeadVersion.State.CANCELLED),
        "curve": curve(head.curve),
        "figure": _figure(head),
        "by_category": _by_category(head),
        "worst": bool(head.figures.get(heads.WORST)),
    }


def curve(points: list[list[float]]) -> str:
    """The loss curve as an SVG polyline's points, falling from the upper left; "" for less than two."""
    if len(points) < 2:
        return ""
    width, height = CURVE
    first, last = points[0][0], points[-1][0]
    losses = [loss for _, loss in points]
    low, high = min(losses), max(losses)
    scale = (height - 2) / (high - low) if high > low else 0.0
    across = width / (last - first) if last > first else 0.0
    return " ".join(f"{(step - first) * across:.1f},{1 + (high - loss) * scale:.1f}" for step, loss in points)


def _figure(head: HeadVersion) -> str:
    """The one number that says most, in words."""
    figures = head.figures
    if figures.get("ap") is not None:
        return f"AP {100 * figures['ap']:.0f}, AP50 {100 * (figures.get('ap50') or 0):.0f}"
    return f"PQ {100 * figures['pq']:.0f}" if figures.get("pq") is not None else ""


def _by_category(head: HeadVersion) -> list[tuple[str, str, int]]:
    """Name, figure and number of held-out objects of each class, the worst first."""
    found = head.figures.get("by_category", {})
    rows = [(name, one["figure"] or 0.0, one["objects"]) for name, one in found.items()]
    return [(name, f"{100 * figure:.0f}", objects) for name, figure, objects in sorted(rows, key=lambda row: row[1])]


def _minutes(seconds: float | None) -> str:
    if not seconds:
        return ""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _share(project: Project) -> dict[str, Any]:
    found = share_untouched(project)
    decided = found.accepted + found.edited + found.rejected
    percent = "" if found.untouched is None else f"{100 * found.untouched:.0f} %"
    return {**dict(found), "decided": decided, "kept": found.accepted + found.edited, "percent": percent}


def _mapping(project: Project, head: HeadVersion) -> dict[str, Any]:
    rows = mapping.payload(project, head)
    rows.sort(key=lambda row: (row.category is None, row.word))
    mapped = sum(row.category is not None for row in rows)
    return {"id": head.pk, "title": head.title, "rows": rows, "mapped": mapped, "of": len(rows)}
