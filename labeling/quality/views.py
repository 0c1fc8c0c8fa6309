"""Pictures of disagreements."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from labeling.images.pictures import ViewUnreadable
from labeling.projects.access import May, object_for
from labeling.quality import pictures
from labeling.quality.models import PairScore


@require_safe
def pair_picture(request: HttpRequest, pair_id: int) -> HttpResponse:
    """Two people's outlines where they differ. Managers only: opinions are made without sight of each other."""
    pair = object_for(request, PairScore.objects.select_related("image", "first", "second"), May.FIGURES, pk=pair_id)
    etag = quote_etag(f"{pair.pk}-{pair.first.version}-{pair.second.version}")
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    try:
        content = pictures.draw(pair.image, pair.first, pair.second)
    except ViewUnreadable as error:
        raise Http404("The picture of this image can't be read. Restore the media folder.") from error
    headers = {"Cache-Control": "private, no-cache", "ETag": etag, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/webp", headers=headers)
