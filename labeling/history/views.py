"""The history of an image and the activity of a project, as pages."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import quote_etag
from django.views.decorators.http import require_http_methods, require_safe

from labeling.accounts.services import user_of
from labeling.annotations import sets
from labeling.history import pictures, services
from labeling.history.models import Activity
from labeling.history.showing import shown
from labeling.images.models import Image
from labeling.images.pictures import ViewUnreadable
from labeling.projects.access import May, object_for, project_for, require
from labeling.web.api import ApiError

LARGEST_ID = 2**63 - 1
LARGEST_VERSION = 2**31 - 1


def _number(request: HttpRequest, name: str) -> int | None:
    """A number of the query, unless something else was typed there."""
    given = request.GET.get(name, "")
    return min(int(given), LARGEST_ID) if given.isdecimal() and len(given) < 20 else None


@require_http_methods(["GET", "HEAD", "POST"])
def image_history(request: HttpRequest, image_id: int) -> HttpResponse:
    """What happened to an image. A POST with `to` and `version` goes back to an earlier version."""
    what = May.LABEL if request.method == "POST" else May.VIEW
    image = object_for(request, Image.objects.select_related("project"), what, pk=image_id)
    if request.method == "POST":
        _restore(request, image)
        return redirect("history:image", image.pk)
    standing, user = require(request.user, image.project_id), user_of(request)
    page = services.of_image(image, user, standing, _number(request, "before"))
    kept = sets.working_set(image, user)
    context = {
        "image": image,
        "project": image.project,
        "kept": kept,
        "entries": shown(page.activities, user, services.hides_authors(image.project_id, standing)),
        "older": page.before,
        "later_page": "before" in request.GET,
        "can_restore": standing.can(May.LABEL) and kept is not None and kept.status != "accepted",
        **standing.abilities(),
    }
    return render(request, "history/image.html", context)


def _restore(request: HttpRequest, image: Image) -> None:
    given = [request.POST.get(name, "") for name in ("version", "to")]
    if not all(one.isdecimal() and len(one) < 11 and int(one) <= LARGEST_VERSION for one in given):
        messages.error(request, "Choose a version of the list to go back to.")
        return
    version, to = map(int, given)
    try:
        _, objects = services.restore(image, user_of(request), version=version, to=to)
    except ApiError as error:
        messages.error(request, error.message)
        return
    if objects:
        text = f"The objects are those of version {to} again; {objects} changed. What was there since is in the list."
        messages.success(request, text)
    else:
        messages.info(request, f"The objects are those of version {to} already.")


@require_safe
def picture(request: HttpRequest, image_id: int, first: int, last: int) -> HttpResponse:
    """What versions `first` to `last` of an image changed: dashed before, a line after."""
    image = object_for(request, Image.objects.all(), pk=image_id)
    kept = services.visible_set(image, user_of(request))
    if not 1 <= first <= last <= kept.version:
        raise Http404(f"The image has the versions 1 to {kept.version}.")
    etag = quote_etag(f"{kept.pk}-{first}-{last}")  # versions do not change
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    try:
        content = pictures.draw(image, kept, first, last)
    except ViewUnreadable as error:
        raise Http404("The picture of this image can't be read. Restore the media folder.") from error
    if content is None:
        raise Http404("These versions changed no object.")
    headers = {"Cache-Control": "private, no-cache", "ETag": etag, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/webp", headers=headers)


@require_safe
def project_activity(request: HttpRequest, project_id: int) -> HttpResponse:
    """What happened in a project, with filters by person and kind."""
    project, standing = project_for(request, project_id), require(request.user, project_id)
    user, person, kind = user_of(request), _number(request, "person"), request.GET.get("kind", "")
    kind = kind if kind in Activity.Kind.values else ""
    before = _number(request, "before")
    page = services.of_project(project_id, user, standing, person=person, kind=kind, before=before)
    asked = {name: value for name, value in (("person", person), ("kind", kind)) if value}
    context = {
        "tab": "activity",
        "project": project,
        "entries": shown(page.activities, user, services.hides_authors(project_id, standing)),
        "people": services.people_of(project_id),
        "kinds": Activity.Kind.choices,
        "person": person,
        "kind": kind,
        "query": urlencode(asked),
        "older": page.before,
        "later_page": before is not None,
        "socket": f"/ws/projects/{project.pk}/",
    }
    return render(request, "history/activity.html", context)
