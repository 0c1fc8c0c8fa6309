"""Downloading an export."""

from django.http import Http404, HttpRequest
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.exchange import build
from labeling.exchange.models import Export
from labeling.images.views import StoredFileResponse
from labeling.projects.access import May, object_for


@require_safe
def download(request: HttpRequest, export_id: int) -> StoredFileResponse:
    """The zip of an export that is ready."""
    export = object_for(request, Export.objects.select_related("project"), May.EXPORT, pk=export_id)
    if export.state == Export.State.EXPIRED:
        raise Http404(build.EXPIRED)
    if export.state != Export.State.READY:
        raise Http404("This export is not ready. See its progress on the project page.")
    try:
        file = export.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("The file of this export is missing. Create the export again.") from error
    if request.method == "GET":
        record(Action.EXPORT_DOWNLOADED, about=export, project=export.project)
    name = f"{slugify(export.project.name) or 'project'}-{export.format}-{export.pk}.zip"
    response = StoredFileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response
