"""The quality page: a manager sees the project's figures, everybody else their own."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from labeling.accounts.models import User
from labeling.annotations import golden
from labeling.images.models import Image
from labeling.pages import quality_page
from labeling.projects.access import May, object_for, project_for, require
from labeling.projects.models import Project
from labeling.quality import consensus, services
from labeling.web.api import ApiError
from labeling.web.csv_lines import line

MOST_AT_ONCE = 200


@require_safe
@ensure_csrf_cookie
def quality(request: HttpRequest, project_id: int) -> HttpResponse:
    """Agreement between annotators and with golden images."""
    project = project_for(request, project_id)
    standing = require(request.user, project_id)
    context = {"tab": "quality", "project": project, "role": standing.role, **standing.abilities()}
    if standing.can(May.FIGURES):
        return render(request, "pages/quality.html", {**context, **quality_page.managers_page(project)})
    own = quality_page.own_page(project, cast(User, request.user))
    return render(request, "pages/quality_own.html", {**context, **own})


@require_safe
def quality_csv(request: HttpRequest, project_id: int, side: str, table: str) -> StreamingHttpResponse:
    """A table of the page as CSV. `own` is what the person who asks may know of themselves."""
    what = May.VIEW if (side, table) == ("own", "figures") else May.FIGURES
    project = project_for(request, project_id, what)
    lines: Iterable[list[object]] | None
    if what == May.VIEW:
        lines = quality_page.own_csv(project, cast(User, request.user))
    elif (side, table) == ("all", "pairs"):
        lines = quality_page.pair_rows(project)
    else:
        lines = quality_page.csv_rows(project, side, table) if side in quality_page.SIDES else None
    if lines is None:
        raise Http404("There is no such table. The quality page links to those there are.")
    response = StreamingHttpResponse((line(one) for one in lines), content_type="text/csv; charset=utf-8")
    name = f"{slugify(project.name) or 'project'}-{side}-{table}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
def draw_golden(request: HttpRequest, project_id: int) -> HttpResponse:
    """Mark some finished images as golden, drawn at random."""
    project = project_for(request, project_id, May.MANAGE)
    count = _number(request, "count", 1, MOST_AT_ONCE)
    if count is None:
        return _back(project, request, f"Give a number of images from 1 to {MOST_AT_ONCE}. Nothing was marked.")
    return _done(project, request, partial(_draw, project, count, cast(User, request.user)))


def _draw(project: Project, count: int, user: User) -> str:
    marked = services.mark_some(project, count, user).marked
    return f"{marked} image{'' if marked == 1 else 's'} marked as golden."


@require_POST
def mark_golden(request: HttpRequest, image_id: int) -> HttpResponse:
    """Mark an image as golden, or (`remove`) make it one like any other again."""
    image = object_for(request, Image.objects.select_related("project"), May.MANAGE, pk=image_id)

    def change() -> str:
        if request.POST.get("remove"):
            golden.unmark(image, cast(User, request.user))
            return f"“{image.name}” is not golden any more."
        golden.mark(image, cast(User, request.user))
        return f"“{image.name}” is golden."

    return _done(image.project, request, change)


@require_POST
def take_consensus(request: HttpRequest, image_id: int) -> HttpResponse:
    """Make what an image's opinions agree on its labels, and finish it. `version` is that of the labels as shown."""
    image = object_for(request, Image.objects.select_related("project"), May.MANAGE, pk=image_id)
    version = _number(request, "version", 0, 10**9)

    def change() -> str:
        consensus.take(image, cast(User, request.user), version=-1 if version is None else version)
        return f"“{image.name}” has the labels that its opinions agree on."

    return _done(image.project, request, change)


@require_POST
def set_rates(request: HttpRequest, project_id: int) -> HttpResponse:
    """How often golden images come, for each lot."""
    project = project_for(request, project_id, May.MANAGE)
    rates = {
        lot: _number(request, f"lot-{lot}", 0, services.MOST_EVERY) for lot in project.lots.values_list("pk", flat=True)
    }
    if None in rates.values():
        text = f"Give each lot a number from 0 (none) to {services.MOST_EVERY}. Nothing was saved."
        return _back(project, request, text)
    services.set_rates(project, cast(dict[int, int], rates))
    return _done(project, request, lambda: "Saved how often golden images come.")


@require_POST
def set_consensus(request: HttpRequest, project_id: int) -> HttpResponse:
    """When opinions become an image's labels by themselves. A class without a threshold has that of all."""
    project = project_for(request, project_id, May.MANAGE)
    least, by_class = _share(request, "least"), {}
    for number in map(str, project.categories.values_list("number", flat=True)):
        if request.POST.get(f"class-{number}", "").strip():
            by_class[number] = _share(request, f"class-{number}")
    if least is None or None in by_class.values():
        return _back(project, request, "Give the threshold as a number from 0 to 1, such as 0.8. Nothing was saved.")
    automatic, known = request.POST.get("automatic") == "on", cast(dict[str, float], by_class)
    services.set_consensus_rules(project, automatic=automatic, least=least, by_class=known)
    return _done(project, request, lambda: "Saved when opinions become labels.")


def _share(request: HttpRequest, name: str) -> float | None:
    """A field that is a number from 0 to 1; None for anything else."""
    try:
        value = float(request.POST.get(name, "").replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _number(request: HttpRequest, name: str, least: int, most: int) -> int | None:
    """A field that is a whole number within limits; None for anything else."""
    text = request.POST.get(name, "").strip()
    if not text.isdecimal() or len(text) > 9:
        return None
    return int(text) if least <= int(text) <= most else None


def _done(project: Project, request: HttpRequest, change: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, change())
    except ApiError as error:
        messages.error(request, error.message)
    return redirect("pages:quality", project.pk)


def _back(project: Project, request: HttpRequest, text: str) -> HttpResponse:
    messages.error(request, text)
    return redirect("pages:quality", project.pk)
