"""Downloading an export."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from labeling.accounts.services import user_of
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.exchange import build, comparing, services
from labeling.exchange.models import Export
from labeling.images.views import StoredFileResponse, download_url
from labeling.projects.access import May, named, object_for, who_may
from labeling.web.api import ApiError


def _export(request: HttpRequest, export_id: int) -> Export:
    """Raises: Http404, PermissionDenied."""
    export = object_for(request, Export.objects.select_related("project"), May.EXPORT, pk=export_id)
    if not services.may_have(user_of(request), export):
        raise PermissionDenied(f"Only {named(who_may(May.FIGURES))} may have labels of single annotators.")
    return export


@require_safe
def difference(request: HttpRequest, export_id: int, before: int) -> StreamingHttpResponse:
    """All of what differs between two exports, as JSON."""
    new = _export(request, export_id)
    try:
        old = comparing.pair(new, before)
    except ApiError as error:
        raise Http404(error.message) from error
    if not services.may_have(user_of(request), old):
        raise PermissionDenied
    response = StreamingHttpResponse(comparing.as_json(old, new), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="difference-{old.pk}-{new.pk}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def download(request: HttpRequest, export_id: int) -> StoredFileResponse | HttpResponseRedirect:
    """The zip of an export that is ready."""
    export = _export(request, export_id)
    if export.state == Export.State.EXPIRED:
        raise Http404(build.EXPIRED)
    if export.state != Export.State.READY:
        raise Http404("This export is not ready. See its progress on the project page.")
    name = f"{slugify(export.project.name) or 'project'}-{export.format}-{slugify(export.name) or export.pk}.zip"
    elsewhere = download_url(export.file, name, "application/zip")
    if elsewhere is not None:
        if request.method == "GET":
            record(Action.EXPORT_DOWNLOADED, about=export, project=export.project)
        return HttpResponseRedirect(elsewhere, headers={"Cache-Control": "private, no-store"})
    try:
        file = export.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("The file of this export is missing. Create the export again.") from error
    if request.method == "GET":
        record(Action.EXPORT_DOWNLOADED, about=export, project=export.project)
    response = StoredFileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response
