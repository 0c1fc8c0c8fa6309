"""Pictures of a head's worst cases."""

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest
from django.views.decorators.http import require_safe

from labeling.images.views import StoredFileResponse
from labeling.projects.access import object_for
from labeling.suggestions.heads import WORST
from labeling.suggestions.models import HeadVersion


@require_safe
def worst(request: HttpRequest, head_id: int) -> StoredFileResponse:
    """The held-out images that a project's head is worst at: what it suggested, and the truth outlined in white."""
    head = object_for(request, HeadVersion.objects.all(), pk=head_id)
    if not head.figures.get(WORST):
        raise Http404("This model has no such picture.")
    try:
        file = default_storage.open(f"{head.folder}{WORST}", "rb")
    except FileNotFoundError as error:
        raise Http404("The picture is missing. Train the model again.") from error
    response = StoredFileResponse(file, content_type="image/png")
    response["Cache-Control"] = "private, max-age=300"
    response["X-Content-Type-Options"] = "nosniff"
    return response
